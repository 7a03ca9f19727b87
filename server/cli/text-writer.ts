import type { Output, StreamOutput } from "../jupyter/nbformat.ts";
import { initialAnsiState, parseAnsi, spansToAnsi, type AnsiState } from "../render/ansi.ts";
import { plainText, type Span } from "../render/span.ts";
import { cutLine } from "../render/width.ts";
import type { OutputText } from "./output-text.ts";
import type { OutputPlace, OutputWriter } from "./output-pump.ts";
import type { Sink } from "./sink.ts";

/** How much text is turned into spans at once: enough to be quick, little enough to keep memory flat. */
const chunkLength = 64 * 1024;

/**
 * Outputs as a person reads them in a terminal or a pipe. On a terminal a line that is still being written shows at once and
 * is rewritten in place; a pipe gets each line when it is complete. Everything passes the renderer: no control character of a
 * kernel's reaches the screen.
 */
export class TextWriter implements OutputWriter {
  readonly #sink: Sink;
  readonly #outputText: OutputText;
  readonly #color: boolean;
  readonly #beforeText: () => void;
  /** The open line as it stands on the terminal. */
  #shown = "";
  /** The open line as a whole: a pipe gets it when it is complete, a terminal may show only what fits. */
  #open: Span[] = [];
  #place = "";
  #ansi: AnsiState = initialAnsiState;

  /** `beforeText` is called before anything is written: to take away what else stands on the screen's last line. */
  constructor(sink: Sink, outputText: OutputText, color: boolean, beforeText: () => void) {
    this.#sink = sink;
    this.#outputText = outputText;
    this.#color = color;
    this.#beforeText = beforeText;
  }

  /** Whether the cursor stands in a line that is not complete. */
  get isInLine(): boolean {
    return this.#shown !== "";
  }

  async stream(place: OutputPlace, _name: StreamOutput["name"], lines: string, open: string): Promise<void> {
    const id = `${place.executionId} ${place.index}`;
    if (id !== this.#place) {
      await this.endLine();
      this.#place = id;
      this.#ansi = initialAnsiState;
    }
    for (let from = 0; from < lines.length;) {
      const to = from + chunkLength >= lines.length ? lines.length : lines.indexOf("\n", from + chunkLength) + 1;
      const { lines: parsed, state } = parseAnsi(lines.slice(from, to), this.#ansi);
      this.#ansi = state;
      parsed.pop();
      await this.#writeLines(parsed);
      from = to;
    }
    // The state moves on only with complete lines: the open one is parsed again as it grows.
    await this.#openLine(parseAnsi(open, this.#ansi).lines.at(-1) ?? []);
  }

  async whole(_place: OutputPlace, output: Output): Promise<void> {
    await this.endLine();
    await this.#write((await this.#outputText.text([output], Infinity)).text);
  }

  async endLine(): Promise<void> {
    const text = this.#text([this.#open]);
    const shown = this.#shown;
    this.#open = [];
    this.#shown = "";
    if (shown === "" && text === "") return;
    if (shown === text) await this.#write("\n");
    else await this.#write(`${shown === "" ? "" : eraseLine}${text}\n`);
  }

  async cleared(): Promise<void> {
    await this.endLine();
    this.#place = "";
  }

  async #writeLines(lines: readonly Span[][]): Promise<void> {
    if (lines.length === 0) return;
    const text = `${this.#text(lines)}\n`;
    this.#open = [];
    const continued = this.#shown !== "" && text.startsWith(this.#shown);
    const rewritten = this.#shown !== "" && !continued ? eraseLine : "";
    const shown = this.#shown;
    this.#shown = "";
    await this.#write(rewritten + (continued ? text.slice(shown.length) : text));
  }

  async #openLine(line: Span[]): Promise<void> {
    this.#open = line;
    if (!this.#sink.isTerminal) return;
    // A line that wraps cannot be rewritten in place.
    const text = this.#text([cutLine(line, Math.max(1, this.#sink.columns - 1))]);
    if (text === this.#shown) return;
    const before = this.#shown;
    this.#shown = text;
    await this.#write(text.startsWith(before) ? text.slice(before.length) : eraseLine + text);
  }

  #text(lines: readonly (readonly Span[])[]): string {
    return this.#color ? spansToAnsi(lines) : plainText(lines);
  }

  async #write(text: string): Promise<void> {
    if (text === "") return;
    this.#beforeText();
    await this.#sink.write(text);
  }
}

/** To the first column, and erases to the line's end. */
export const eraseLine = "\r\u001b[K";
