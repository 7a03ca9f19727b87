import { closeSync, openSync, readSync, unlinkSync, writeSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { TextStore } from "../outputs/text-log.ts";

/**
 * Text that is too much for memory, in a file without a name: the system takes it back when it is closed, or we are gone.
 * Nothing is lost then: the journal has the same text.
 */
export class SpillFile implements TextStore {
  readonly #directory: string;
  readonly #places: { readonly at: number; readonly byteCount: number }[] = [];
  #file: number | undefined;
  #end = 0;

  /** `directory` is private and on disk. No file is made before the first text. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  append(text: string): number {
    const bytes = Buffer.from(text);
    const file = this.#open();
    for (let written = 0; written < bytes.length;)
      written += writeSync(file, bytes, written, bytes.length - written, this.#end + written);
    this.#places.push({ at: this.#end, byteCount: bytes.length });
    this.#end += bytes.length;
    return this.#places.length - 1;
  }

  read(handle: number): string {
    const place = this.#places[handle];
    if (place === undefined || this.#file === undefined) return "";
    const bytes = Buffer.alloc(place.byteCount);
    let read = 0;
    while (read < bytes.length) {
      const count = readSync(this.#file, bytes, read, bytes.length - read, place.at + read);
      if (count === 0) break;
      read += count;
    }
    return bytes.toString("utf8", 0, read);
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #open(): number {
    if (this.#file === undefined) {
      const path = join(this.#directory, `spill-${randomBytes(8).toString("hex")}`);
      this.#file = openSync(path, "wx+", 0o600);
      unlinkSync(path);
    }
    return this.#file;
  }
}
