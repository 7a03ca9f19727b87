import { splice } from "./splice.ts";

/** 0-based line and character; `character` counts UTF-16 units. The same shape as LSP's. */
export interface Position {
  readonly line: number;
  readonly character: number;
}

/** End-exclusive, 0-based, UTF-16: the same shape as LSP's. */
export interface Range {
  readonly start: Position;
  readonly end: Position;
}

/** One entry of LSP's `contentChanges`: without a range it replaces the whole text. */
export interface TextChange {
  readonly range?: Range;
  readonly text: string;
}

/** Lines `[start, start + removed)` became `inserted` lines. What an incremental reader must look at again. */
export interface LineChange {
  readonly start: number;
  readonly removed: number;
  readonly inserted: number;
}

/** LSP ends lines at `\n`, `\r\n` and `\r`, and at nothing else. */
const lineEnd = /\r\n|\n|\r/;

/**
 * A text as an array of lines, so that an edit costs what it touches and not the text's length.
 * Each line keeps its own ending: `toString()` gives back every byte that came in.
 */
export class TextLines {
  /** Lines without their endings; never empty (an empty text has one empty line). */
  readonly lines: string[] = [""];
  /** The ending of each line: `""` only for the last one. */
  readonly #endings: string[] = [""];

  constructor(text = "") {
    this.#set(text);
  }

  get lineCount(): number {
    return this.lines.length;
  }

  /** The line at `index`, without its ending; `""` outside of the text. */
  line(index: number): string {
    return this.lines[index] ?? "";
  }

  /** Lines `[start, end)` joined as they stand in the text, the last one without its ending. */
  slice(start: number, end: number): string {
    let text = "";
    const stop = Math.min(end, this.lines.length);
    for (let index = start; index < stop; index += 1) {
      text += this.lines[index] ?? "";
      if (index + 1 < stop) text += this.#endings[index] ?? "";
    }
    return text;
  }

  toString(): string {
    let text = "";
    for (let index = 0; index < this.lines.length; index += 1) text += (this.lines[index] ?? "") + (this.#endings[index] ?? "");
    return text;
  }

  /** The last position of the text. */
  end(): Position {
    const line = this.lines.length - 1;
    return { line, character: this.line(line).length };
  }

  /** The nearest position that exists, as LSP demands of a position past the end of a line or text. */
  clamp(position: Position): Position {
    if (position.line < 0) return { line: 0, character: 0 };
    if (position.line >= this.lines.length) return this.end();
    return { line: position.line, character: Math.max(0, Math.min(position.character, this.line(position.line).length)) };
  }

  /** Applies one change and says which lines it touched. */
  apply(change: TextChange): LineChange {
    if (change.range === undefined) {
      const removed = this.lines.length;
      this.#set(change.text);
      return { start: 0, removed, inserted: this.lines.length };
    }
    let start = this.clamp(change.range.start);
    let end = this.clamp(change.range.end);
    // LSP forbids a start after the end; swapping loses nothing and never throws.
    if (end.line < start.line || (end.line === start.line && end.character < start.character)) [start, end] = [end, start];
    const after = this.line(end.line).slice(end.character) + (this.#endings[end.line] ?? "");
    let before = this.line(start.line).slice(0, start.character);
    // `\r` and a `\n` that comes to stand behind it are one line end, so that the line above is touched as well.
    if (this.#endings[start.line - 1] === "\r" && (before + change.text + after).startsWith("\n")) {
      start = { line: start.line - 1, character: 0 };
      before = `${this.line(start.line)}\r`;
    }
    const { lines, endings } = split(before + change.text + after);
    // A change that does not end the text leaves one more (empty) line than it touches: the one that follows it.
    if (end.line < this.lines.length - 1) {
      lines.pop();
      endings.pop();
    }
    const removed = end.line - start.line + 1;
    splice(this.lines, start.line, removed, lines);
    splice(this.#endings, start.line, removed, endings);
    return { start: start.line, removed, inserted: lines.length };
  }

  #set(text: string): void {
    const { lines, endings } = split(text);
    this.lines.length = 0;
    this.#endings.length = 0;
    for (const line of lines) this.lines.push(line);
    for (const ending of endings) this.#endings.push(ending);
  }
}

function split(text: string): { lines: string[]; endings: string[] } {
  const lines: string[] = [];
  const endings: string[] = [];
  const pattern = new RegExp(lineEnd, "g");
  let from = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    lines.push(text.slice(from, match.index));
    endings.push(match[0]);
    from = pattern.lastIndex;
  }
  lines.push(text.slice(from));
  endings.push("");
  return { lines, endings };
}

/** Whether `position` lies in `range`, its end included. */
export function contains(range: Range, position: Position): boolean {
  return !isBefore(position, range.start) && !isBefore(range.end, position);
}

export function isBefore(a: Position, b: Position): boolean {
  return a.line < b.line || (a.line === b.line && a.character < b.character);
}
