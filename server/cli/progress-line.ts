import { sanitize } from "../render/ansi.ts";
import { plainText } from "../render/span.ts";
import { cutLine } from "../render/width.ts";
import type { CliContext, Output } from "./context.ts";
import { isScreen } from "./sink.ts";
import { eraseLine } from "./text-writer.ts";

const redrawMs = 200;

/** One line on the terminal that says how far a run is. Where stderr is no terminal, or one of unknown width, it says nothing. */
export class ProgressLine {
  readonly #stream: Output;
  readonly #isScreen: boolean;
  /** Whether something else is being written on the same line of the screen. */
  readonly #isBlocked: () => boolean;
  #label = "";
  #startedAt = 0;
  #drawn = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: Output, env: CliContext["env"], isBlocked: () => boolean) {
    this.#stream = stream;
    this.#isScreen = isScreen(stream, env);
    this.#isBlocked = isBlocked;
  }

  /** Shows `label` with the time since now. */
  start(label: string): void {
    // A terminal that was never told its size has 0 columns: a line that wraps could not be taken away.
    if (!this.#isScreen || this.#stream.columns === 0) return;
    this.#label = sanitize(label).replaceAll("\n", " ");
    this.#startedAt = performance.now();
    this.#timer ??= setInterval(() => this.#draw(), redrawMs).unref();
    this.#draw();
  }

  /** Takes the line away for as long as something is written; it comes back by itself. */
  hide(): void {
    if (this.#drawn) this.#stream.write(eraseLine);
    this.#drawn = false;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.hide();
  }

  #draw(): void {
    if (this.#isBlocked()) return;
    const seconds = (performance.now() - this.#startedAt) / 1_000;
    const text = `${this.#label}  ${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
    this.#stream.write(eraseLine + plainText([cutLine([{ text }], (this.#stream.columns ?? 80) - 1)]));
    this.#drawn = true;
  }
}
