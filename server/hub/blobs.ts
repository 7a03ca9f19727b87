import { createHash, randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
  type Stats,
} from "node:fs";
import { join } from "node:path";
import { makeDirectory } from "../kernel/make-directory.ts";
import type { DiskSync } from "./disk-sync.ts";
import { noFollow } from "./frames.ts";

/** A blob's id is its file's name: the SHA-256 of its bytes, and `.png` where they are one, for readers that go by it. */
const blobIdPattern = /^[0-9a-f]{64}(?:\.png)?$/;
/** Nothing else in the directory is ours to remove. */
const ownNamePattern = /^(?:[0-9a-f]{64}(?:\.png)?|\d+-[0-9a-f]{8}\.tmp)(?:\.leaving)?$/;
const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** What is being removed waits under this ending for the time of one look. */
const leaving = ".leaving";

/** How long a blob that nothing refers to is kept after it was last wanted. */
export const blobGraceMs = 24 * 60 * 60 * 1_000;

/**
 * Data on disk under names that are made of the data itself, in a directory that several processes share and only this user
 * can open. What an id names is checked when it is read: no id, however it came here, leads to another file.
 */
export class BlobStore {
  readonly #directory: string;
  readonly #sync: DiskSync;

  constructor(stateDirectory: string, sync: DiskSync) {
    this.#directory = join(stateDirectory, "blobs");
    this.#sync = sync;
  }

  /** Stores the bytes if they are not there; either way they are kept for a while from now on. Throws where it cannot. */
  put(bytes: Uint8Array): string {
    const isPng = pngSignature.equals(bytes.subarray(0, pngSignature.length));
    const id = createHash("sha256").update(bytes).digest("hex") + (isPng ? ".png" : "");
    if (!this.#touch(id, bytes.length)) this.#write(id, bytes);
    return id;
  }

  /** Keeps the blob for a while from now on. `false`: it is not there. */
  want(id: string): boolean {
    return blobIdPattern.test(id) && this.#touch(id);
  }

  /** The bytes; `undefined` where there is no such blob, or what lies in its place is another thing. */
  read(id: string): Buffer | undefined {
    if (!blobIdPattern.test(id)) return undefined;
    const path = this.path(id);
    // It may be moved aside, and back, while it is looked for.
    const bytes = readRegularFile(path) ?? readRegularFile(path + leaving) ?? readRegularFile(path);
    return bytes !== undefined && createHash("sha256").update(bytes).digest("hex") === id.slice(0, 64) ? bytes : undefined;
  }

  /** Where the blob lies, for programs that read it by themselves. */
  path(id: string): string {
    if (!blobIdPattern.test(id)) throw new Error(`${id} is no blob`);
    return join(this.#directory, id);
  }

  /**
   * Removes blobs that are not `used` and that nobody has put for `graceMs`. Returns how many. A process that puts one just
   * now keeps it: the file is moved aside, looked at again, and put back.
   */
  collect(used: ReadonlySet<string>, graceMs: number = blobGraceMs): number {
    let count = 0;
    for (const name of namesIn(this.#directory)) {
      if (!ownNamePattern.test(name)) continue;
      const path = join(this.#directory, name);
      const id = name.endsWith(leaving) ? name.slice(0, -leaving.length) : name;
      const isUsed = used.has(id);
      // A collection that was killed left it aside.
      if (id !== name && isUsed && statOf(this.path(id)) === undefined) attempt(() => renameSync(path, this.path(id)));
      else if (!isUsed && isOlder(path, graceMs) && this.#remove(path, graceMs)) count += 1;
    }
    return count;
  }

  #remove(path: string, graceMs: number): boolean {
    return attempt(() => {
      const aside = path.endsWith(leaving) ? path : path + leaving;
      if (aside !== path) renameSync(path, aside);
      if (isOlder(aside, graceMs)) rmSync(aside, { force: true });
      else renameSync(aside, path);
    });
  }

  #touch(id: string, byteCount?: number): boolean {
    const path = this.path(id);
    const info = statOf(path);
    if (info?.isFile() !== true || (byteCount !== undefined && info.size !== byteCount)) return false;
    const now = new Date();
    return attempt(() => utimesSync(path, now, now));
  }

  #write(id: string, bytes: Uint8Array): void {
    makeDirectory(this.#directory);
    if (!lstatSync(this.#directory).isDirectory()) throw new Error(`${this.#directory} is no directory`);
    const temporary = join(this.#directory, `${process.pid}-${randomBytes(4).toString("hex")}.tmp`);
    try {
      writeFileSync(temporary, bytes, { flag: "wx", mode: 0o600 });
      // Takes the place of whatever lies there: a link is replaced, not followed.
      renameSync(temporary, this.path(id));
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
    this.#sync.written(this.path(id));
  }
}

function readRegularFile(path: string): Buffer | undefined {
  let file: number;
  try {
    // Not waiting for a writer, should it be a pipe.
    file = openSync(path, constants.O_RDONLY | noFollow | (constants.O_NONBLOCK ?? 0));
  } catch {
    return undefined;
  }
  try {
    return fstatSync(file).isFile() ? readFileSync(file) : undefined;
  } catch {
    return undefined;
  } finally {
    closeSync(file);
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function statOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

function isOlder(path: string, ageMs: number): boolean {
  const info = statOf(path);
  return info !== undefined && Date.now() - info.mtimeMs >= ageMs;
}

/** `false`: it failed, most likely because another process was faster. */
function attempt(action: () => void): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}
