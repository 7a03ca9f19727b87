import { closeSync, openSync, readSync, unlinkSync, writeSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { TextStore } from "../outputs/text-log.ts";
import { reasonOf } from "./files.ts";
import { ScratchSpace, utf8 } from "./scratch-space.ts";

/**
 * Folded text that is too much for memory, in a file without a name: the system takes it back when it is closed, or we are
 * gone. Nothing is lost then: the log of the execution's outputs has what it was folded from.
 */
export class SpillFile implements TextStore {
  readonly #directory: string;
  readonly #problem: (sentence: string) => void;
  /** A text where there was no room on disk. */
  readonly #places: ({ readonly at: number; readonly byteCount: number } | string)[] = [];
  #file: number | undefined;
  #end = 0;
  readonly #space = new ScratchSpace();

  /** `directory` is private and on disk. No file is made before the first text. */
  constructor(directory: string, problem: (sentence: string) => void) {
    this.#directory = directory;
    this.#problem = problem;
  }

  append(text: string): number {
    try {
      this.#places.push(this.#write(utf8(text)));
    } catch (error) {
      this.#problem(`long output stays in memory: ${reasonOf(error)}`);
      this.#places.push(text);
    }
    return this.#places.length - 1;
  }

  read(handle: number): string {
    const place = this.#places[handle];
    if (typeof place === "string") return place;
    if (place === undefined || this.#file === undefined) return "";
    const bytes = this.#space.take(place.byteCount);
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

  #write(bytes: Buffer): { readonly at: number; readonly byteCount: number } {
    const file = this.#open();
    const at = this.#end;
    for (let written = 0; written < bytes.length;)
      written += writeSync(file, bytes, written, bytes.length - written, at + written);
    this.#end += bytes.length;
    return { at, byteCount: bytes.length };
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
