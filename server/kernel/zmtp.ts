/**
 * The bytes of ZMTP 3.0 (RFC 23/ZMTP) for a client without encryption: greeting, handshake with the NULL mechanism, frames.
 * Every libzmq since 4.0 speaks it, and so do JeroMQ and zeromq.rs.
 */

const signatureEnd = 10;
export const greetingBytes = 64;
const mechanism = "NULL";

const moreFlag = 1;
const longFlag = 2;
const commandFlag = 4;

/** Nobody means to send as much in one frame; a length beyond it is not one. */
const frameBytesMax = 2 ** 30;

export interface Frame {
  readonly isCommand: boolean;
  /** Another frame of the same message follows. */
  readonly hasMore: boolean;
  readonly body: Buffer;
}

/** What a client says first. */
export function greeting(): Buffer {
  const bytes = Buffer.alloc(greetingBytes);
  bytes[0] = 0xff;
  bytes[9] = 0x7f;
  bytes[signatureEnd] = 3;
  bytes.write(mechanism, signatureEnd + 2, "latin1");
  return bytes;
}

/** Why the peer's greeting, of `greetingBytes`, cannot be answered; `undefined` if it can. */
export function greetingProblem(bytes: Buffer): string | undefined {
  if (bytes[0] !== 0xff || ((bytes[9] ?? 0) & 1) === 0) return "it does not speak ZMTP";
  const major = bytes[signatureEnd] ?? 0;
  if (major < 3) return `it speaks ZMTP ${major}, and at least 3 is needed`;
  const named = bytes.toString("latin1", signatureEnd + 2, signatureEnd + 22).replace(/\0.*$/s, "");
  return named === mechanism ? undefined : `it asks for the security mechanism ${JSON.stringify(named)}`;
}

/** The command that ends the handshake. */
export function readyCommand(socketType: string, routingId: string): Buffer {
  const body = Buffer.concat([name("READY"), ...property("Socket-Type", socketType), ...property("Identity", routingId)]);
  return Buffer.concat([Buffer.from([commandFlag, body.length]), body]);
}

/** The name of a command, and what follows it. */
export function readCommand(body: Buffer): { readonly name: string; readonly rest: Buffer } {
  const end = 1 + (body[0] ?? 0);
  return { name: body.toString("latin1", 1, end), rest: body.subarray(end) };
}

function name(text: string): Buffer {
  return Buffer.from(String.fromCharCode(text.length) + text, "latin1");
}

function property(key: string, value: string): Buffer[] {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return [name(key), length, bytes];
}

/** A message of several frames, as it goes out. */
export function encodeMessage(frames: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [];
  for (const [index, frame] of frames.entries()) {
    const more = index < frames.length - 1 ? moreFlag : 0;
    if (frame.length < 256) parts.push(Buffer.from([more, frame.length]), frame);
    else {
      const header = Buffer.alloc(9);
      header[0] = more | longFlag;
      header.writeBigUInt64BE(BigInt(frame.length), 1);
      parts.push(header, frame);
    }
  }
  return Buffer.concat(parts);
}

/** Cuts what arrives, in pieces of any length, into frames. A large frame is put together once, when all of it is there. */
export class FrameReader {
  readonly #chunks: Buffer[] = [];
  #length = 0;
  /** Less than this is not worth looking at. */
  #wanted = 0;

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** The next `count` bytes, if they are there. */
  bytes(count: number): Buffer | undefined {
    this.#wanted = count;
    if (this.#length < count) return undefined;
    const bytes = this.#whole();
    this.#drop(bytes, count);
    return bytes.subarray(0, count);
  }

  /** Throws for a length that cannot be meant. */
  next(): Frame | undefined {
    if (this.#length < Math.max(2, this.#wanted)) return undefined;
    const bytes = this.#whole();
    const flags = bytes[0] ?? 0;
    const isLong = (flags & longFlag) !== 0;
    const start = isLong ? 9 : 2;
    if (bytes.length < start) return undefined;
    const length = isLong ? Number(bytes.readBigUInt64BE(1)) : (bytes[1] ?? 0);
    if (length > frameBytesMax) throw new Error(`a frame of ${length} bytes was announced`);
    const end = start + length;
    this.#wanted = end;
    if (bytes.length < end) return undefined;
    this.#drop(bytes, end);
    return { isCommand: (flags & commandFlag) !== 0, hasMore: (flags & moreFlag) !== 0, body: bytes.subarray(start, end) };
  }

  #whole(): Buffer {
    const [first] = this.#chunks;
    const bytes = this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks);
    this.#chunks.splice(0, this.#chunks.length, bytes);
    return bytes;
  }

  #drop(bytes: Buffer, count: number): void {
    this.#chunks.splice(0, this.#chunks.length, ...(bytes.length > count ? [bytes.subarray(count)] : []));
    this.#length -= count;
    this.#wanted = 0;
  }
}
