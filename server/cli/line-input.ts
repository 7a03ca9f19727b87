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
  #pipe: Interface | undefined;
  #question: Interface | undefined;

  /** `interrupt` is called for ^C, which the terminal hands to us while we read from it. */
  constructor(input: Input, output: Output, interrupt: () => void) {
    this.#input = input;
    this.#output = output;
    this.#interrupt = interrupt;
  }

  /** The next line without its ending; `null` at the end of the input. */
  async ask(prompt: string, password: boolean): Promise<string | null> {
    const text = sanitize(prompt);
    if (this.#input.isTTY === true) return await this.#askTerminal(text, password);
    this.#output.write(text);
    this.#pipe ??= createInterface({ input: this.#input, crlfDelay: Infinity });
    this.#piped ??= this.#pipe[Symbol.asyncIterator]();
    const next = await this.#piped.next();
    this.#output.write("\n");
    return next.done === true ? null : next.value;
  }

  /** The question is no longer asked: `ask` answers `null`. */
  withdraw(): void {
    this.#question?.close();
  }

  close(): void {
    this.#question?.close();
    this.#pipe?.close();
    // A terminal or pipe that is still being read would keep the process alive.
    this.#input.pause();
  }

  async #askTerminal(prompt: string, password: boolean): Promise<string | null> {
    const answer = deferred<string | null>();
    this.#output.write(password ? prompt : "");
    const silence = new Writable({ write: (_chunk, _encoding, done) => done() });
    const question = createInterface({
      input: this.#input,
      output: password ? silence : this.#output,
      terminal: true,
      historySize: 0,
    });
    this.#question = question;
    question.once("SIGINT", () => {
      question.close();
      this.#interrupt();
    });
    question.once("close", () => answer.resolve(null));
    question.question(password ? "" : prompt, (line) => answer.resolve(line));
    const line = await answer.promise;
    question.close();
    this.#question = undefined;
    if (password || line === null) this.#output.write("\n");
    return line;
  }
}
