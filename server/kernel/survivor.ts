import { spawn } from "node:child_process";
import { Socket } from "node:net";

/** More deaths of the shell than this are no accident. */
const startsMax = 5;

/**
 * A small shell in a session of its own, which acts when we are gone, however we went: kill -9 and crashes included. It reads
 * what to do from a pipe, in lines `+ KEY REST` and `- KEY`; the pipe's end is our end.
 * It is no process until there is something to do, and none again after the last of it.
 */
export class Survivor {
  readonly #script: string;
  readonly #args: readonly string[];
  readonly #searchPath: string;
  readonly #failed: (error: Error) => void;
  readonly #entries = new Map<string, string>();
  #pipe: Socket | undefined;
  #starts = 0;

  /** `script` needs no more than POSIX and prints nothing; `args` are its `$1` and so on. */
  constructor(script: string, args: readonly string[], searchPath: string, failed: (error: Error) => void) {
    this.#script = script;
    this.#args = args;
    this.#searchPath = searchPath;
    this.#failed = failed;
  }

  /** `key` is a word, `rest` a line. */
  add(key: string, rest: string): void {
    this.#entries.set(key, rest);
    if (this.#pipe === undefined) this.#start();
    else this.#pipe.write(`+ ${key} ${rest}\n`);
  }

  remove(key: string): void {
    if (!this.#entries.delete(key) || this.#pipe === undefined) return;
    this.#pipe.write(`- ${key}\n`);
    if (this.#entries.size > 0) return;
    this.#pipe.end();
    this.#pipe = undefined;
    this.#starts = 0;
  }

  #start(): void {
    this.#starts += 1;
    const child = spawn("/bin/sh", ["-c", this.#script, "nbls-watchdog", ...this.#args], {
      cwd: "/",
      env: { PATH: this.#searchPath },
      // A session of its own: neither ^C nor a closed terminal ends it before us.
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
    });
    child.unref();
    const { stdin } = child;
    if (!(stdin instanceof Socket)) return;
    stdin.unref();
    stdin.on("error", () => {});
    child.on("error", this.#failed);
    child.on("exit", () => {
      if (this.#pipe !== stdin) return;
      this.#pipe = undefined;
      if (this.#entries.size > 0 && this.#starts < startsMax) this.#start();
    });
    this.#pipe = stdin;
    for (const [key, rest] of this.#entries) stdin.write(`+ ${key} ${rest}\n`);
  }
}
