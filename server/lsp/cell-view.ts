import type { Position, Range } from "../base/text.ts";
import { sanitize } from "../render/ansi.ts";
import { lineText, type Span } from "../render/span.ts";
import type { MirrorCell, MirrorDocument } from "./mirror.ts";
import { boundedMessage, textLines, withoutLines, type ShownOutput } from "./shown-output.ts";
import { statusText } from "./status.ts";

const resultCharactersMax = 80;
const questionCharactersMax = 60;

/** An error as it is told in the text. */
export interface ViewedError {
  readonly message: string;
  readonly range: Range;
  readonly related: readonly { readonly range: Range; readonly message: string }[];
}

/**
 * All that is shown of one cell, whichever way its client sees it: diagnostics, hints, hover, lenses and
 * `nbls/didChangeOutputs` only put this into their forms. Nothing is worked out before it is asked for.
 */
export class CellView {
  readonly cell: MirrorCell;
  readonly #document: MirrorDocument;
  readonly #whole: ShownOutput | undefined;

  constructor(document: MirrorDocument, cell: MirrorCell) {
    this.#document = document;
    this.cell = cell;
    this.#whole = document.shown.get(cell.id);
  }

  /** `[3] ✓ 0.42 s`; empty where there is nothing to say. */
  get status(): string {
    const question = this.#document.questions.get(this.cell.id);
    const status = statusText(this.cell);
    return question === undefined ? status : `${status}, asks: ${sanitize(question).slice(0, questionCharactersMax).trim()}`;
  }

  /** The first line of the cell, which is its marker where it has one. */
  get markerLine(): Range {
    const line = this.cell.startLine;
    return { start: { line, character: 0 }, end: { line, character: this.#document.text.line(line).length } };
  }

  /** The end of the line that the output belongs under. */
  get anchor(): Position {
    return this.#document.anchor(this.cell);
  }

  /** The output, or how long it is where the user hid it. */
  get output(): ShownOutput | undefined {
    const isHidden = this.#document.hiddenOutputs.has(this.cell.id);
    return isHidden && this.#whole !== undefined ? withoutLines(this.#whole) : this.#whole;
  }

  /** The output also where the user hid it. */
  get wholeOutput(): ShownOutput | undefined {
    return this.#whole;
  }

  /** The last line that was printed, or the error, in one line; `isAll` where the output is nothing else. */
  get result(): { readonly text: string; readonly isAll: boolean } | undefined {
    const shown = this.#whole;
    if (shown === undefined) return undefined;
    const lines = textLines(shown);
    const result = shown.error ?? lines.map(lineText).findLast(isFilled);
    if (result === undefined) return undefined;
    const text = (result.split("\n")[0] ?? "").trim();
    const isCut = text.length > resultCharactersMax;
    const isAll = !isCut && shown.error === undefined && shown.hiddenLineCount === 0 && countFilled(lines) === 1;
    return { text: isCut ? `${text.slice(0, resultCharactersMax)}…` : text, isAll };
  }

  /** At what failed; at the end of the cell where that is not known. */
  get error(): ViewedError | undefined {
    const { error = this.#untoldError, errorPlace } = this.#whole ?? {};
    if (error === undefined) return undefined;
    const { hint, related = [] } = errorPlace?.place ?? {};
    const message = hint === undefined ? error : `${error}\n${boundedMessage(hint)}`;
    return {
      message,
      range: this.#errorRange(),
      related: related.map((each) => ({ range: each.range, message: boundedMessage(each.message) })),
    };
  }

  /** An error that the kernel told, but not as an output: Deno's, where it cannot parse the cell. */
  get #untoldError(): string | undefined {
    const { state, reason, message } = this.cell.execution ?? {};
    return state === "failed" && reason === undefined && message !== undefined ? boundedMessage(message) : undefined;
  }

  #errorRange(): Range {
    const known = this.#whole?.errorPlace;
    if (known?.place.range !== undefined) {
      const { start, end } = known.place.range;
      const moved = (position: Position) =>
        this.#document.text.clamp({ ...position, line: position.line + this.cell.startLine - known.cellLine });
      return { start: moved(start), end: moved(end) };
    }
    const { line } = this.anchor;
    const text = this.#document.text.line(line);
    return { start: { line, character: text.search(/\S|$/) }, end: { line, character: text.length } };
  }
}

function isFilled(line: string): boolean {
  return line.trim() !== "";
}

function countFilled(lines: readonly (readonly Span[])[]): number {
  return lines.filter((line) => isFilled(lineText(line))).length;
}
