import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { makeDirectory } from "../kernel/make-directory.ts";
import { checkOwn } from "./directories.ts";
import type { DiskSync } from "./disk-sync.ts";
import { ScratchSpace, utf8 } from "./scratch-space.ts";

/** A link that somebody planted leads nowhere. Not known on Windows. */
export const noFollow = constants.O_NOFOLLOW ?? 0;

/** Bytes that are read at once; longer records are read whole. */
const readAheadBytes = 65_536;
const headBytesMax = 12;
const tailBytes = 10;
/** UTF-16 units that are encoded at once. */
const partLength = 262_144;

/**
 * A file of records that is only appended to. A record is `byteCount payload checksum\n`, so that a torn one is known as such.
 * The file is made with the first record, for this user alone.
 */
export class FrameFile {
  readonly #path: string;
  readonly #sync: DiskSync;
  #file: number | undefined;

  constructor(path: string, sync: DiskSync) {
    this.#path = path;
    this.#sync = sync;
  }

  /** Written when this returns: it survives our death at any moment. Throws if it is not: the file keeps what it had. */
  append(payload: string): void {
    const file = (this.#file ??= openToAppend(this.#path));
    const end = fstatSync(file).size;
    try {
      for (const bytes of frame(payload)) writeAll(file, bytes);
    } catch (error) {
      // Half a record would hide those behind it.
      ftruncateSync(file, end);
      throw error;
    }
    this.#sync.written(this.#path);
  }

  /** What was written counts no more. */
  restart(): void {
    if (this.#file === undefined) rmSync(this.#path, { force: true });
    else ftruncateSync(this.#file, 0);
  }

  /** Gives the file back; more may be appended all the same. */
  release(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

function openToAppend(path: string): number {
  makeDirectory(dirname(path));
  checkOwn(dirname(path));
  return openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | noFollow, 0o600);
}

function writeAll(file: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
}

/** One record as it stands in a file, in parts: a long text is not copied as a whole. Each is good until the next is asked for. */
function* frame(payload: string): Generator<Buffer> {
  const head = `${Buffer.byteLength(payload)} `;
  if (payload.length <= partLength) {
    const bytes = Buffer.from(payload);
    yield Buffer.concat([Buffer.from(head), bytes, Buffer.from(tail(crc32(bytes)))]);
    return;
  }
  yield Buffer.from(head);
  let checksum = 0;
  for (let from = 0; from < payload.length;) {
    const isInCharacter = (payload.charCodeAt(from + partLength - 1) & 0xfc00) === 0xd800;
    const to = from + partLength - (isInCharacter ? 1 : 0);
    const bytes = utf8(payload.slice(from, to));
    checksum = crc32(bytes, checksum);
    yield bytes;
    from = to;
  }
  yield Buffer.from(tail(checksum));
}

function tail(checksum: number): string {
  return ` ${checksum.toString(16).padStart(8, "0")}\n`;
}

/**
 * The records of a file, up to the first one that is torn or damaged; none if the file cannot be read. In memory lies one
 * record at a time: each is good until the next is asked for. Those whose first byte `wants` refuses are passed over unread.
 */
export function* readFrames(path: string, wants: (firstByte: number) => boolean = () => true): Generator<Buffer> {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | noFollow);
  } catch {
    return;
  }
  try {
    yield* framesOf(file, wants);
  } finally {
    closeSync(file);
  }
}

function* framesOf(file: number, wants: (firstByte: number) => boolean): Generator<Buffer> {
  const { size } = fstatSync(file);
  const space = new ScratchSpace();
  let buffer = space.take(0);
  let bufferStart = 0;
  const bytesAt = (at: number, count: number): Buffer => {
    if (at < bufferStart || at + count > bufferStart + buffer.length) {
      buffer = space.take(Math.min(size - at, Math.max(count, readAheadBytes)));
      bufferStart = at;
      let read = 0;
      for (let got = -1; got !== 0 && read < buffer.length; read += got)
        got = readSync(file, buffer, read, buffer.length - read, at + read);
      buffer = buffer.subarray(0, read);
    }
    return buffer.subarray(at - bufferStart, at - bufferStart + count);
  };
  for (let offset = 0; offset < size;) {
    const head = bytesAt(offset, Math.min(headBytesMax, size - offset)).toString("latin1");
    const length = /^(\d{1,10}) /.exec(head)?.[1];
    if (length === undefined) return;
    const start = offset + length.length + 1;
    const end = start + Number(length);
    if (end + tailBytes > size) return;
    offset = end + tailBytes;
    if (!wants(bytesAt(start, 1)[0] ?? 0)) continue;
    const record = bytesAt(start, offset - start);
    const payload = record.subarray(0, end - start);
    if (record.toString("latin1", end - start) !== tail(crc32(payload))) return;
    yield payload;
  }
}
