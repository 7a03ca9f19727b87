import { deferred } from "../base/deferred.ts";
import type { Output } from "./context.ts";

/**
 * Writes at the reader's pace: a slow reader makes `write` wait, one that went away makes it do nothing.
 * (A pipe's reader may stop reading for hours, as `less` does; nothing may pile up here meanwhile.)
 */
export class Sink {
  readonly #stream: Output;
  readonly #closed = deferred<void>();
  #open = true;

  constructor(stream: Output) {
    this.#stream = stream;
    const close = () => {
      this.#open = false;
      this.#closed.resolve();
    };
    stream.once("error", close);
    stream.once("close", close);
  }

  /** Settles when the reader has gone away. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  /** The terminal's width, as it is now. */
  get columns(): number {
    return this.#stream.columns ?? 80;
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
}
