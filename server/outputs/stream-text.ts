import { applySgr, resetStyle, type Pen } from "./sgr.ts";
import { EditedLine, hasPairs, isSimple, overprint } from "./styled-line.ts";
import { countLines, skipLines, TextLog, type TextStore } from "./text-log.ts";

/** How far up an escape sequence can reach: more lines than terminals have. */
const liveLinesMax = 100;
/** An escape sequence that has not ended after this many characters is none. */
const escapeLengthMax = 4_096;
/** Columns and rows that a sequence may name: a few bytes must not become megabytes. */
const movementMax = 1_000;

/** CSI with parameters and final byte; strings (OSC, DCS, PM, APC, SOS) up to their end; other sequences (ECMA-48 5.3, 5.4). */
const sequence = /\u001b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)|[ -/]*[0-OQ-WYZ\\`-~])/y;

/**
 * The text of one stream as a terminal of unlimited width would show it: `\r`, `\b`, and the sequences for moving,
 * erasing and colours are obeyed, all others are dropped. No line is ever lost: those that scroll out of reach are settled.
 * Every line stands for itself: it begins and ends in the default style. A chunk costs what it is long.
 */
export class StreamText {
  readonly #settled: TextLog;
  /** Lines that can still change; the last one is open. */
  #live: (string | EditedLine)[] = [""];
  #row = 0;
  /** `undefined`: at the end of the row. */
  #column: number | undefined;
  #pen: Pen = "";
  /** The style in which the raw text of the row ends. */
  #rowEndPen: Pen = "";
  /** The end of a chunk that may be half of something. */
  #held = "";
  readonly #pens = new Map<string, Pen>();

  /** `store` takes what is too much for memory. */
  constructor(store?: TextStore) {
    this.#settled = new TextLog(store);
  }

  /** UTF-16 units that are kept: of lines that can still change, only the open one counts. */
  get length(): number {
    return this.#settled.length + (this.#live[this.#row]?.length ?? 0);
  }

  /** Lines that a reader sees: an open one counts when it holds anything. */
  get lineCount(): number {
    return this.#settled.lineCount + this.#live.length - (this.#live.at(-1) === "" ? 1 : 0);
  }

  /** Lines before this one never change again. */
  get settledLineCount(): number {
    return this.#settled.lineCount;
  }

  append(chunk: string): void {
    let text = this.#held + chunk;
    this.#held = "";
    // One half of a character is none yet.
    const half = isHighSurrogate(text.charCodeAt(text.length - 1)) ? text.slice(-1) : "";
    if (half !== "") text = text.slice(0, -1);
    this.#interpret(text);
    this.#held += half;
    this.#settle();
  }

  /** Lines from `line` on, every one but the last with its `\n`: all, or whole ones until they reach `lengthMax` UTF-16 units. */
  textFrom(line = 0, lengthMax = Infinity): string {
    const settled = this.#settled.textFrom(line, lengthMax);
    if (settled.length >= lengthMax) return settled;
    // Not `#closeRow`, since more may come in the same style.
    const end = this.#rowEndPen === "" ? "" : resetStyle;
    const live = this.#live.map((each, row) => (row === this.#row ? each.toString() + end : each)).join("\n");
    return line <= this.#settled.lineCount ? settled + live : skipLines(live, line - this.#settled.lineCount);
  }

  #appendPlain(text: string): void {
    const lineCount = countLines(text);
    if (lineCount <= liveLinesMax) {
      const lines = (this.#rowText() + text).split("\n");
      this.#live.splice(this.#row, 1, ...lines);
    } else {
      // What scrolls out of reach at once is settled in one piece.
      let cut = text.length;
      for (let kept = 0; kept <= liveLinesMax; kept += 1) cut = text.lastIndexOf("\n", cut - 1);
      const live = this.#live.join("\n");
      this.#settled.append(live + text.slice(0, cut + 1), this.#live.length + lineCount - liveLinesMax - 1);
      this.#live = text.slice(cut + 1).split("\n");
    }
    this.#row = this.#live.length - 1;
  }

  #interpret(text: string): void {
    let from = 0;
    // Two searches and not a pattern for both: most text has neither, and the search for one character is far faster.
    let escapeAt = indexOf(text, "\u001b", 0);
    let backspaceAt = indexOf(text, "\b", 0);
    for (let at = Math.min(escapeAt, backspaceAt); at < text.length; at = Math.min(escapeAt, backspaceAt)) {
      if (at > from) this.#print(text.slice(from, at));
      from = at + 1;
      if (at === backspaceAt) this.#column = Math.max(0, this.#currentColumn() - 1);
      else {
        sequence.lastIndex = at;
        // `test` and not `exec`, which would make an object for each colour.
        if (sequence.test(text)) {
          from = sequence.lastIndex;
          if (text[at + 1] === "[") this.#escape(text.slice(at + 2, from - 1), text[from - 1]);
        } else if (text.length - at < escapeLengthMax && couldGoOn(text, at)) {
          this.#held = text.slice(at);
          return;
        }
      }
      if (escapeAt < from) escapeAt = indexOf(text, "\u001b", from);
      if (backspaceAt < from) backspaceAt = indexOf(text, "\b", from);
    }
    if (from < text.length) this.#print(text.slice(from));
  }

  /** `text` has no other control characters than `\n` and `\r`. */
  #print(text: string): void {
    if (text.includes("\r\n")) text = text.replaceAll("\r\n", "\n");
    const isAtEnd = this.#column === undefined && this.#row === this.#live.length - 1;
    if (isAtEnd && this.#pen === "" && this.#rowEndPen === "" && !text.includes("\r")) {
      this.#appendPlain(text);
      return;
    }
    let from = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", from)) {
      if (end > from) this.#writeOver(text.slice(from, end));
      this.#newLine();
      from = end + 1;
    }
    if (from < text.length) this.#writeOver(text.slice(from));
  }

  /** `text` has no other control characters than `\r`. */
  #writeOver(text: string): void {
    const first = text.indexOf("\r");
    if (first !== 0) this.#write(first < 0 ? text : text.slice(0, first));
    if (first < 0) return;
    const { line, column } = overprint(text.slice(first + 1));
    this.#column = 0;
    if (line !== "") this.#write(line);
    if (column !== undefined) this.#column = column;
  }

  #write(text: string): void {
    const line = this.#live[this.#row] ?? "";
    if (typeof line === "string" && (this.#column === undefined || (this.#column === 0 && line === ""))) {
      const style = this.#rowEndPen === this.#pen ? "" : (this.#rowEndPen === "" ? "" : resetStyle) + this.#pen;
      this.#live[this.#row] = line + style + text;
      this.#rowEndPen = this.#pen;
      this.#column = undefined;
    } else if (this.#column === 0 && this.#pen === "" && text.length >= line.length && !hasPairs(text)) {
      // As long as what was there, with all its styles: nothing is left of it.
      this.#live[this.#row] = text;
      this.#rowEndPen = "";
      this.#column = undefined;
    } else this.#column = this.#edited().write(this.#column ?? line.length, text, this.#pen);
  }

  #newLine(): void {
    this.#closeRow();
    this.#row += 1;
    if (this.#row === this.#live.length) {
      this.#live.push("");
      this.#column = undefined;
      if (this.#live.length > 4 * liveLinesMax) this.#settle();
    } else this.#column = 0;
  }

  /** The row ends in the default style, whatever is written elsewhere. */
  #closeRow(): void {
    if (this.#rowEndPen !== "") this.#live[this.#row] = this.#rowText() + resetStyle;
    this.#rowEndPen = "";
  }

  #rowText(): string {
    return (this.#live[this.#row] ?? "").toString();
  }

  /** The row, as it has to be where more is done than appending. */
  #edited(): EditedLine {
    this.#closeRow();
    const line = this.#live[this.#row] ?? "";
    if (typeof line !== "string") return line;
    const edited = new EditedLine(line);
    this.#live[this.#row] = edited;
    return edited;
  }

  #escape(parameters: string, final: string | undefined): void {
    // Private markers and intermediate bytes give the final byte another meaning (ECMA-48 5.4).
    if (parameters.charCodeAt(0) >= 0x3c || parameters.charCodeAt(parameters.length - 1) <= 0x2f) return;
    if (final === "m") {
      this.#pen = this.#penAfter(parameters);
      return;
    }
    const count = Math.min(movementMax, Math.max(1, Number.parseInt(parameters, 10) || 1));
    switch (final) {
      case "A":
      case "F":
        this.#moveRow(-count, final === "F");
        break;
      case "B":
      case "E":
        this.#moveRow(count, final === "E");
        break;
      case "C":
        this.#column = this.#currentColumn() + count;
        break;
      case "D":
        this.#column = Math.max(0, this.#currentColumn() - count);
        break;
      case "G":
        this.#column = count - 1;
        break;
      case "K":
        this.#eraseLine(parameters);
        break;
      case "J":
        this.#eraseBelow(parameters);
        break;
      default:
      // Whatever else it does on a terminal, it prints nothing.
    }
  }

  #penAfter(parameters: string): Pen {
    if (parameters === "" || parameters === "0") return "";
    const key = `${this.#pen}|${parameters}`;
    let pen = this.#pens.get(key);
    if (pen === undefined) {
      pen = applySgr(this.#pen, parameters);
      if (this.#pens.size < 1_000) this.#pens.set(key, pen);
    }
    return pen;
  }

  #moveRow(rows: number, toStart: boolean): void {
    const column = toStart ? 0 : this.#currentColumn();
    this.#closeRow();
    const last = this.#live.length - 1;
    // Lines are settled in portions; how far up one can go must not depend on how the text came in.
    this.#row = Math.max(0, last - liveLinesMax, Math.min(last, this.#row + rows));
    this.#column = column;
  }

  #eraseLine(mode: string): void {
    // Behind the end of the line there is nothing.
    if (this.#column === undefined && mode !== "1" && mode !== "2") return;
    const column = this.#currentColumn();
    const line = this.#edited();
    line.erase(column, mode);
    if (line.length === 0) this.#live[this.#row] = "";
    this.#column = column === 0 && line.length === 0 ? undefined : column;
  }

  /** "Erase in page" from here on; erasing all of it would take away what cannot be printed again, so it is not obeyed. */
  #eraseBelow(mode: string): void {
    if (mode !== "" && mode !== "0") return;
    this.#eraseLine("");
    this.#live.length = this.#row + 1;
  }

  #currentColumn(): number {
    if (this.#column !== undefined) return this.#column;
    const line = this.#live[this.#row] ?? "";
    return typeof line === "string" && isSimple(line) ? line.length : this.#edited().length;
  }

  #settle(): void {
    const excess = Math.min(this.#live.length - 1 - liveLinesMax, this.#row);
    // In portions, so that a line costs its own length and not that of those around it.
    if (excess < liveLinesMax) return;
    const lines = this.#live.splice(0, excess);
    this.#settled.append(`${lines.join("\n")}\n`, excess);
    this.#row -= excess;
  }
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

/** Where `character` is next; the text's length where it is not. */
function indexOf(text: string, character: string, from: number): number {
  const at = text.indexOf(character, from);
  return at < 0 ? text.length : at;
}

/** Whether what begins with the escape at `at` may become a sequence when more of it comes. */
function couldGoOn(text: string, at: number): boolean {
  const rest = text.slice(at + 1);
  // eslint-disable-next-line no-control-regex -- that is what is looked for
  return /^(?:\[[0-?]*[ -/]*|[\]PX^_][^\u0007\u001b]*\u001b?|[ -/]*)$/.test(rest);
}
