import { sanitize } from "./ansi.ts";
import type { Span, Style } from "./span.ts";

export interface JsonRoom {
  /** Objects and arrays that fit stay on one line. */
  readonly width: number;
  /** Lines, more or less: longer values are folded. `Infinity` shows everything. */
  readonly height: number;
}

const keyStyle: Style = { fg: 4 };
const stringStyle: Style = { fg: 2 };
const numberStyle: Style = { fg: 3 };
const wordStyle: Style = { fg: 5 };
const foldStyle: Style = { dim: true };

/** Deeper values are folded even where all is wanted: nobody reads them, and the stack is finite. */
const depthMax = 200;
const inlineWidthMax = 100;

/**
 * A JSON value as coloured lines. What does not fit is folded from the inside out, and each fold says how much it holds:
 * `{… 3 keys}`, `… 990 more`.
 */
export function jsonLines(value: unknown, room: JsonRoom): Span[][] {
  const fold = Number.isFinite(room.height)
    ? { entriesMax: Math.max(5, Math.floor(room.height / 2)), depth: 4, textMax: 2_000 }
    : { entriesMax: Infinity, depth: depthMax, textMax: Infinity };
  for (let depth = fold.depth; depth > 1; depth -= 1) {
    const lines = new JsonWriter(room.width, fold.entriesMax, depth, fold.textMax).lines(value, room.height);
    if (lines.length <= room.height) return lines;
  }
  return new JsonWriter(room.width, fold.entriesMax, 1, fold.textMax).lines(value, Infinity);
}

class JsonWriter {
  readonly #width: number;
  readonly #entriesMax: number;
  readonly #depthMax: number;
  readonly #textMax: number;
  #lines: Span[][] = [];
  #line: Span[] = [];

  constructor(width: number, entriesMax: number, depthMaxOfThis: number, textMax: number) {
    this.#width = Math.min(width, inlineWidthMax);
    this.#entriesMax = entriesMax;
    this.#depthMax = depthMaxOfThis;
    this.#textMax = textMax;
  }

  /** May stop after `linesMax`: the caller folds more then. */
  lines(value: unknown, linesMax: number): Span[][] {
    this.#lines = [];
    this.#line = [];
    this.#value(value, 0, linesMax);
    this.#endLine();
    return this.#lines;
  }

  #value(value: unknown, depth: number, linesMax: number): void {
    if (this.#lines.length > linesMax) return;
    if (typeof value !== "object" || value === null) {
      this.#line.push(this.#scalar(value));
      return;
    }
    const isArray = Array.isArray(value);
    const entries: readonly (readonly [string, unknown])[] = isArray
      ? value.slice(0, this.#entriesMax).map((entry) => ["", entry])
      : Object.entries(value).slice(0, this.#entriesMax);
    const count = isArray ? value.length : Object.keys(value).length;
    const [open, close] = isArray ? ["[", "]"] : ["{", "}"];
    if (count === 0) this.#line.push({ text: open + close });
    else if (depth >= this.#depthMax) {
      this.#line.push({ text: `${open}… ${counted(count, isArray ? "item" : "key")}${close}`, ...foldStyle });
    } else {
      const inline = count === entries.length ? this.#inline(entries, isArray, depth) : undefined;
      if (inline !== undefined) this.#line.push(...inline);
      else this.#block(entries, count, [open, close], depth, linesMax);
    }
  }

  #block(
    entries: readonly (readonly [string, unknown])[],
    count: number,
    [open, close]: readonly [string, string],
    depth: number,
    linesMax: number,
  ): void {
    this.#line.push({ text: open });
    for (const [index, [key, entry]] of entries.entries()) {
      this.#endLine();
      this.#line.push({ text: "  ".repeat(depth + 1) });
      if (open === "{") this.#line.push(this.#key(key), { text: ": " });
      this.#value(entry, depth + 1, linesMax);
      if (index + 1 < count) this.#line.push({ text: "," });
    }
    if (entries.length < count) {
      this.#endLine();
      this.#line.push({
        text: `${"  ".repeat(depth + 1)}… ${(count - entries.length).toLocaleString("en")} more`,
        ...foldStyle,
      });
    }
    this.#endLine();
    this.#line.push({ text: "  ".repeat(depth) + close });
  }

  /** Scalars side by side, if they fit. */
  #inline(entries: readonly (readonly [string, unknown])[], isArray: boolean, depth: number): Span[] | undefined {
    const spans: Span[] = [{ text: isArray ? "[" : "{ " }];
    let width = depth * 2;
    for (const [key, entry] of entries) {
      if (typeof entry === "object" && entry !== null) return undefined;
      if (spans.length > 1) spans.push({ text: ", " });
      const before = spans.length;
      if (!isArray) spans.push(this.#key(key), { text: ": " });
      spans.push(this.#scalar(entry));
      for (const span of spans.slice(before)) width += span.text.length;
      width += 2;
      if (width > this.#width) return undefined;
    }
    spans.push({ text: isArray ? "]" : " }" });
    return spans;
  }

  #scalar(value: unknown): Span {
    if (typeof value === "string") return { text: this.#quoted(value), ...stringStyle };
    if (typeof value === "number") return { text: String(value), ...numberStyle };
    return { text: String(value), ...wordStyle };
  }

  #key(key: string): Span {
    return { text: this.#quoted(key), ...keyStyle };
  }

  #quoted(text: string): string {
    if (text.length <= this.#textMax) return sanitize(JSON.stringify(text));
    const more = (text.length - this.#textMax).toLocaleString("en");
    return `${sanitize(JSON.stringify(text.slice(0, this.#textMax)))}… ${more} more characters`;
  }

  #endLine(): void {
    this.#lines.push(this.#line);
    this.#line = [];
  }
}

function counted(count: number, what: string): string {
  return `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;
}
