import { createInterface, type Interface } from "node:readline";
import { Writable } from "node:stream";
import { deferred } from "../base/deferred.ts";
import { sanitize } from "../render/ansi.ts";
import type { Input, Output } from "./context.ts";

/**
 * Answers `input()` of a kernel: from the terminal, without echo for a password, or line by line from a pipe.
 * Nothing is read before the first question, so that a pipe that is meant for somebody else stays untouched.
 */
export class LineInput {
  readonly #input: Input;
  readonly #output: Output;
  readonly #interrupt: () => void;
  #piped: AsyncIterator<string> | undefined;
  /** The line that a question waits for; one that was withdrawn leaves it to the next. */
  #pipedNext: Promise<IteratorResult<string>> | undefined;
  #pipe: Interface | undefined;
  #withdraw: () => void = () => {};

  /** `interrupt` is called for ^C, which the terminal hands to us while we read from it. */
  constructor(input: Input, output: Output, interrupt: () => void) {
    this.#input = input;
    this.#output = output;
    this.#interrupt = interrupt;
  }

  /** The next line without its ending; `undefined` at the end of the input, `null` if the question was withdrawn. */
  async ask(prompt: string, password: boolean): Promise<string | null | undefined> {
    const text = sanitize(prompt);
    const withdrawn = deferred<null>();
    this.#withdraw = () => withdrawn.resolve(null);
    if (this.#input.isTTY === true) return await this.#askTerminal(text, password, withdrawn.promise);
    this.#output.write(text);
    this.#pipe ??= createInterface({ input: this.#input, crlfDelay: Infinity });
    this.#piped ??= this.#pipe[Symbol.asyncIterator]();
    this.#pipedNext ??= this.#piped.next();
    const next = await Promise.race([this.#pipedNext, withdrawn.promise]);
    this.#output.write("\n");
    if (next === null) return null;
    this.#pipedNext = undefined;
    return next.done === true ? undefined : next.value;
  }

  /** The question is no longer asked: `ask` answers `null`. */
  withdraw(): void {
    this.#withdraw();
  }

  close(): void {
    this.#withdraw();
    this.#pipe?.close();
    // A terminal or pipe that is still being read would keep the process alive.
    this.#input.pause();
  }

  async #askTerminal(prompt: string, password: boolean, withdrawn: Promise<null>): Promise<string | null | undefined> {
    const answer = deferred<string | undefined>();
    // Readline echoes what is typed into its output: for a password that goes nowhere.
    const silence = new Writable({ write: (_chunk, _encoding, done) => done() });
    const question = createInterface({
      input: this.#input,
      output: password ? silence : this.#output,
      terminal: true,
      historySize: 0,
    });
    // Only now does the terminal echo nothing: who sees the prompt may type.
    if (password) this.#output.write(prompt);
    question.once("SIGINT", this.#interrupt);
    question.once("close", () => answer.resolve(undefined));
    question.question(password ? "" : prompt, answer.resolve);
    const line = await Promise.race([answer.promise, withdrawn]);
    question.close();
    if (password || typeof line !== "string") this.#output.write("\n");
    return line;
  }
}
