import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { makeDirectory } from "../kernel/make-directory.ts";

/**
 * The folders whose interpreters and kernels the user let run, remembered outside of them (invariant 11).
 * A run that the user asks for is that consent.
 */
export class Trust {
  readonly #file: string;
  #folders: Set<string> | undefined;

  constructor(stateDirectory: string) {
    this.#file = join(stateDirectory, "trusted-folders");
  }

  /** Whether `folder` or one above it is trusted. */
  has(folder: string): boolean {
    return [...this.#read()].some(
      (trusted) => folder === trusted || folder.startsWith(trusted.endsWith(sep) ? trusted : trusted + sep),
    );
  }

  add(folder: string): void {
    if (this.has(folder)) return;
    this.#read().add(folder);
    makeDirectory(dirname(this.#file));
    // Appended, so that two processes that trust at once keep both.
    writeFileSync(this.#file, `${JSON.stringify(folder)}\n`, { flag: "a", mode: 0o600 });
  }

  #read(): Set<string> {
    if (this.#folders !== undefined) return this.#folders;
    let text = "";
    try {
      text = readFileSync(this.#file, "utf8");
    } catch {
      // Nothing is trusted yet.
    }
    const folders = text.split("\n").flatMap((line) => {
      try {
        const value: unknown = JSON.parse(line);
        return typeof value === "string" ? [value] : [];
      } catch {
        return [];
      }
    });
    this.#folders = new Set(folders);
    return this.#folders;
  }
}
