import { fstatSync } from "node:fs";
import { deferred } from "../base/deferred.ts";
import type { CliContext, Output } from "./context.ts";

/**
 * Writes at the reader's pace: a slow reader makes `write` wait, one that went away makes it do nothing, and so does a full
 * disk, which `failure` then names.
 * (A pipe's reader may stop reading for hours, as `less` does; nothing may pile up here meanwhile.)
 */
export class Sink {
  readonly #stream: Output;
  readonly #closed = deferred<void>();
  #open = true;
  #failure: Error | undefined;

  constructor(stream: Output) {
    this.#stream = stream;
    const close = () => {
      this.#open = false;
      this.#closed.resolve();
    };
    // Not only once: each write to a full disk fails, and an error that nobody hears would be taken for a bug.
    stream.on("error", (error) => {
      if (!this.#isGone(error)) this.#failure ??= error;
      close();
    });
    stream.once("close", close);
  }

  /** Settles when nothing more can be written: the reader has gone away, or writing has failed. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** Why writing has failed: a full disk, for example. A reader that went away is no failure. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  /** The terminal's width, as it is now. */
  get columns(): number {
    // A terminal that was never told its size has 0.
    return this.#stream.columns || 80;
  }

  /** The terminal's height, as it is now. */
  get rows(): number {
    return this.#stream.rows || 24;
  }

  /** Resolves when more may be written. */
  async write(text: string): Promise<void> {
    if (!this.#open || text === "") return;
    if (this.#stream.write(text)) return;
    const drained = deferred<void>();
    this.#stream.once("drain", drained.resolve);
    await Promise.race([drained.promise, this.#closed.promise]);
    this.#stream.removeListener("drain", drained.resolve);
  }

  /** Resolves when all that was written has left the process. */
  async flush(): Promise<void> {
    if (!this.#open) return;
    const flushed = deferred<void>();
    this.#stream.write("", () => flushed.resolve());
    await Promise.race([flushed.promise, this.#closed.promise]);
  }

  #isGone(error: Error): boolean {
    const code = "code" in error ? error.code : undefined;
    // A terminal that was closed answers EIO.
    return code === "EPIPE" || code === "ERR_STREAM_DESTROYED" || (code === "EIO" && this.isTerminal);
  }
}

export interface Look {
  readonly isScreen: boolean;
  readonly color: boolean;
}

/** Whether `stream` is a terminal that obeys escape sequences: in Emacs' shell, for one, TERM is "dumb". */
export function isScreen(stream: Output, env: CliContext["env"]): boolean {
  return stream.isTTY === true && env["TERM"] !== "dumb";
}

/** Whether another program reads what is written to `stream`: it may show it on our own terminal, and we do not know when. */
export function isPipe({ fd }: Output): boolean {
  try {
    const info = fd === undefined ? undefined : fstatSync(fd);
    return info !== undefined && (info.isFIFO() || info.isSocket());
  } catch {
    return false;
  }
}

/** How outputs may look on `stream`. */
export function lookOf(stream: Output, env: CliContext["env"]): Look {
  const onScreen = isScreen(stream, env);
  // no-color.org: no colours where it is set and not empty.
  return { isScreen: onScreen, color: onScreen && (env["NO_COLOR"] ?? "") === "" };
}
