import type { Output, StreamOutput } from "../jupyter/nbformat.ts";
import { initialAnsiState, parseAnsi, spansToAnsi } from "../render/ansi.ts";
import { lineText, plainText, type Span } from "../render/span.ts";
import { cutLine, displayWidth } from "../render/width.ts";
import type { OutputText } from "./output-text.ts";
import type { OutputPlace, OutputWriter, StreamPart } from "./output-pump.ts";
import type { Look, Sink } from "./sink.ts";

/** How much text is turned into spans at once: enough to be quick, little enough to keep memory flat. */
const chunkLength = 64 * 1024;
/** How many lines back the heights of lines are known: screens are not higher. */
const heightsMax = 500;

/**
 * Outputs as a person reads them in a terminal or a pipe. On a terminal a line that is still being written shows at once and
 * is rewritten in place, and so are lines above it that change, such as nested progress bars, and outputs that are cleared,
 * as far as the screen reaches; a pipe gets each line when it is complete, and those that changed once more in their last
 * state. Everything passes the renderer: no control character of a kernel's reaches the screen.
 */
export class TextWriter implements OutputWriter {
  readonly #sink: Sink;
  readonly #outputText: () => Promise<OutputText>;
  readonly #look: Look;
  readonly #beforeText: () => void;
  /** The open line as it stands on the terminal. */
  #shown = "";
  /** The open line as it stands above something else that was written. */
  #left = "";
  /** The open line as a whole: a pipe gets it when it is complete, a terminal may show only what fits. */
  #open: Span[] = [];
  #place = "";
  /** How many complete lines of the stream were written. */
  #lineCount = 0;
  /** How many rows of the screen the last of them take. */
  #heights: number[] = [];
  #executionId: string | undefined;
  /** How many rows above the cursor's are outputs of that execution; `Infinity` where something else stands among them. */
  #rows = 0;

  /** `beforeText` is called before anything is written: to take away what else stands on the screen's last line. */
  constructor(sink: Sink, outputText: () => Promise<OutputText>, look: Look, beforeText: () => void) {
    this.#sink = sink;
    this.#outputText = outputText;
    this.#look = look;
    this.#beforeText = beforeText;
  }

  /** Whether the cursor stands in a line that is not complete. */
  get isInLine(): boolean {
    return this.#shown !== "";
  }

  get takesBack(): boolean {
    return this.#look.isScreen;
  }

  /** Something else is written to the screen: what stands there stays. The open line comes again where it goes on. */
  keepLines(): void {
    this.#heights = [];
    this.#rows = Infinity;
    if (this.#shown !== "") this.#left = this.#shown;
    this.#shown = "";
  }

  async stream(place: OutputPlace, _name: StreamOutput["name"], { firstLine, lines, open }: StreamPart): Promise<void> {
    const id = `${place.executionId} ${place.index}`;
    if (id !== this.#place) {
      await this.#begin(place);
      this.#place = id;
      this.#lineCount = firstLine;
    }
    if (firstLine < this.#lineCount) lines = await this.#takeBack(firstLine, lines);
    for (let from = 0; from < lines.length;) {
      const to = from + chunkLength >= lines.length ? lines.length : lines.indexOf("\n", from + chunkLength) + 1;
      // Every line of a stream begins and ends in the default style.
      const { lines: parsed } = parseAnsi(lines.slice(from, to), initialAnsiState);
      parsed.pop();
      await this.#writeLines(parsed);
      from = to;
    }
    await this.#openLine(parseAnsi(open, initialAnsiState).lines.at(-1) ?? []);
  }

  async whole(place: OutputPlace, output: Output): Promise<void> {
    await this.#begin(place);
    const { text } = await (await this.#outputText()).text([output], Infinity);
    if (this.takesBack) for (const line of parseAnsi(text, initialAnsiState).lines.slice(0, -1)) this.#rows += this.#height(line);
    await this.#write(text);
  }

  async endLine(): Promise<void> {
    const open = this.#open;
    const text = this.#text([open]);
    const shown = this.#shown;
    this.#open = [];
    const left = this.#left;
    this.#place = "";
    this.#heights = [];
    this.#shown = "";
    this.#left = "";
    if (shown === "" && (text === "" || text === left)) return;
    this.#rows += this.#height(open);
    if (shown === text) await this.#write("\n");
    else await this.#write(`${shown === "" ? "" : eraseLine}${text}\n`);
  }

  reaches({ executionId }: { readonly executionId?: string | undefined }): boolean {
    return this.takesBack && executionId === this.#executionId && this.#rows > 0 && this.#rows < this.#sink.rows;
  }

  async cleared({ executionId }: Omit<OutputPlace, "index">): Promise<void> {
    await this.endLine();
    if (this.reaches({ executionId })) await this.#write(`\u001b[${this.#rows}A\u001b[J`);
    this.#rows = 0;
  }

  /** An output begins: on a line of its own. */
  async #begin({ executionId }: OutputPlace): Promise<void> {
    await this.endLine();
    if (executionId === this.#executionId) return;
    this.#executionId = executionId;
    this.#rows = 0;
  }

  /**
   * Goes back to line `firstLine` and erases what is there. Returns those of `lines` that can be written in its place: what
   * has scrolled out of the screen stays as it is. A pipe gets all of them.
   */
  async #takeBack(firstLine: number, lines: string): Promise<string> {
    let outOfReach = this.#lineCount - firstLine;
    this.#lineCount = firstLine;
    if (!this.takesBack) return lines;
    let rows = 0;
    while (outOfReach > 0) {
      const height = this.#heights.at(-1);
      if (height === undefined || rows + height >= this.#sink.rows) break;
      rows += height;
      this.#heights.pop();
      outOfReach -= 1;
    }
    let from = 0;
    for (; outOfReach > 0; outOfReach -= 1) {
      from = lines.indexOf("\n", from) + 1;
      this.#lineCount += 1;
      if (from === 0) return "";
    }
    this.#shown = "";
    this.#rows -= rows;
    await this.#write(`${rows > 0 ? `\r\u001b[${rows}A` : "\r"}\u001b[J`);
    return lines.slice(from);
  }

  async #writeLines(lines: readonly Span[][]): Promise<void> {
    if (lines.length === 0) return;
    const text = `${this.#text(lines)}\n`;
    this.#open = [];
    this.#lineCount += lines.length;
    if (this.takesBack) {
      const heights = lines.slice(-heightsMax).map((line) => this.#height(line));
      this.#heights = [...this.#heights, ...heights].slice(-heightsMax);
      this.#rows += lines.length > heightsMax ? Infinity : heights.reduce((sum, height) => sum + height, 0);
    }
    const continued = this.#shown !== "" && text.startsWith(this.#shown);
    const rewritten = this.#shown !== "" && !continued ? eraseLine : "";
    const shown = this.#shown;
    this.#shown = "";
    await this.#write(rewritten + (continued ? text.slice(shown.length) : text));
  }

  async #openLine(line: Span[]): Promise<void> {
    this.#open = line;
    if (!this.takesBack) return;
    // A line that wraps cannot be rewritten in place.
    const text = this.#text([cutLine(line, Math.max(1, this.#sink.columns - 1))]);
    if (text === this.#shown || (this.#shown === "" && text === this.#left)) return;
    const before = this.#shown;
    this.#shown = text;
    await this.#write(text.startsWith(before) ? text.slice(before.length) : eraseLine + text);
  }

  /** Rows of the screen that a line takes. */
  #height(line: readonly Span[]): number {
    return Math.max(1, Math.ceil(displayWidth(lineText(line)) / this.#sink.columns));
  }

  #text(lines: readonly (readonly Span[])[]): string {
    return this.#look.color ? spansToAnsi(lines) : plainText(lines);
  }

  async #write(text: string): Promise<void> {
    if (text === "") return;
    this.#beforeText();
    await this.#sink.write(text);
  }
}

/** To the first column, and erases to the line's end. */
export const eraseLine = "\r\u001b[K";
