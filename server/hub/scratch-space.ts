/** Bytes beyond this many are not kept for the next use. */
const keptBytesMax = 4 * 1024 * 1024;

/**
 * Memory that is used again and again: a flood passes through it, where new memory for each part would wait for the garbage
 * collector.
 */
export class ScratchSpace {
  #bytes = Buffer.alloc(0);

  /** So many bytes, of any content, until the next call. */
  take(byteCount: number): Buffer {
    if (byteCount > keptBytesMax) return Buffer.allocUnsafeSlow(byteCount);
    if (byteCount > this.#bytes.length) this.#bytes = Buffer.allocUnsafeSlow(Math.min(keptBytesMax, 2 * byteCount));
    return this.#bytes.subarray(0, byteCount);
  }
}

const space = new ScratchSpace();

/** A text in UTF-8, until the next call. */
export function utf8(text: string): Buffer {
  // A UTF-16 unit takes three bytes at most.
  const bytes = space.take(3 * text.length);
  return bytes.subarray(0, bytes.write(text));
}
