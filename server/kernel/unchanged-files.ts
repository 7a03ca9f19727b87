import { createHash } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeDirectory } from "./make-directory.ts";
import type { Log } from "../base/log.ts";
import { Survivor } from "./survivor.ts";

// `cmp` is what it needs beside the shell.
const script = `
while IFS=' ' read -r sign key path; do
  case $sign in
    +) keys="$keys $key"; eval "path_$key=\\$path" ;;
    -) left=; for other in $keys; do [ "$other" = "$key" ] || left="$left $other"; done; keys=$left ;;
  esac
done
for key in $keys; do
  eval "path=\\$path_$key"; path=\${path%.}
  cmp -s "$1/$key" "$path" && rm -f "$path"
done
rm -rf "$1"
`;

/**
 * Files that are to go with us if nobody has changed them: also when our process is killed, as editors do to their servers
 * when they quit.
 */
export class UnchangedFiles {
  readonly #directory: string;
  readonly #survivor: Survivor;

  /** `directory` is ours alone, and is not there yet. */
  constructor(log: Log, directory: string, searchPath: string) {
    this.#directory = directory;
    this.#survivor = new Survivor(script, [directory], searchPath, (error) =>
      log.warn(`Files of text may stay behind if this process is killed: ${error.message}`),
    );
  }

  /** The file at `path`, absolute, is to go if it has this text then. */
  add(path: string, text: string): void {
    // A line break would be read as a line of its own.
    if (path.includes("\n")) return;
    makeDirectory(this.#directory);
    writeFileSync(join(this.#directory, keyOf(path)), text, { mode: 0o600 });
    // A blank at its end would be lost without something behind it.
    this.#survivor.add(keyOf(path), `${path}.`);
  }

  remove(path: string): void {
    rmSync(join(this.#directory, keyOf(path)), { force: true });
    this.#survivor.remove(keyOf(path));
  }
}

function keyOf(path: string): string {
  return createHash("sha256").update(path).digest("hex").slice(0, 16);
}
