import { applySgr, resetStyle, type Pen } from "./sgr.ts";

const part = /\u001b\[([0-9;:]*)m|[\s\S]/gu;

/**
 * A line that was changed behind its start: its places, which are code points, each in its style, so that a change costs
 * what is written and not what the line is long.
 */
export class EditedLine {
  readonly #characters: string[] = [];
  readonly #pens: Pen[] = [];
  #printed: string | undefined;

  /** `line` begins and ends in the default style; it has no escapes but those of `applySgr`. */
  constructor(line: string) {
    let pen = "";
    for (const [character, parameters] of line.matchAll(part)) {
      if (parameters === undefined) this.#put(this.length, character, pen);
      else pen = applySgr(pen, parameters);
    }
  }

  /** How many places there are. */
  get length(): number {
    return this.#characters.length;
  }

  /** `text` without escapes, written over what stands from `column` on. Returns the column behind it. */
  write(column: number, text: string, pen: Pen): number {
    while (this.length < column) this.#put(this.length, " ", "");
    let at = column;
    for (const character of text) this.#put(at++, character, pen);
    return at;
  }

  /** "Erase in line" (ECMA-48 8.3.41): from `column` on; with mode 1 up to it and with it; with mode 2 all. */
  erase(column: number, mode: string): void {
    if (mode === "2" || (mode === "1" && column + 1 >= this.length)) this.#cut(0);
    else if (mode === "1") this.write(0, " ".repeat(column + 1), "");
    else this.#cut(column);
  }

  /** The line with its styles; it begins and ends in the default one. */
  toString(): string {
    this.#printed ??= this.#print();
    return this.#printed;
  }

  #put(column: number, character: string, pen: Pen): void {
    this.#characters[column] = character;
    this.#pens[column] = pen;
    this.#printed = undefined;
  }

  #cut(length: number): void {
    this.#characters.length = Math.min(this.length, length);
    this.#pens.length = this.length;
    this.#printed = undefined;
  }

  #print(): string {
    let line = "";
    let pen = "";
    for (const [column, character] of this.#characters.entries()) {
      const own = this.#pens[column] ?? "";
      if (own !== pen) line += (pen === "" ? "" : resetStyle) + own;
      pen = own;
      line += character;
    }
    return pen === "" ? line : line + resetStyle;
  }
}

/**
 * What is left of a text without escapes in which each `\r` goes back to its start, and the column behind what was
 * written last; `undefined` if that is the end. Costs what the text is long: most states of a progress bar are overwritten
 * in the chunk in which they come.
 */
export function overprint(text: string): { readonly line: string; readonly column: number | undefined } {
  const parts = text.split("\r");
  const prints = hasPairs(text) ? parts.map((part) => [...part]) : parts;
  // Those that show behind all later ones: each is longer than the next.
  const showing: (typeof prints)[number][] = [];
  for (const print of prints) {
    while ((showing.at(-1)?.length ?? Infinity) <= print.length) showing.pop();
    showing.push(print);
  }
  let [line, width] = ["", 0];
  for (const print of showing.toReversed()) {
    const rest = print.slice(width);
    line += typeof rest === "string" ? rest : rest.join("");
    width = print.length;
  }
  const column = prints.at(-1)?.length ?? 0;
  return { line, column: column < width ? column : undefined };
}

/** Whether places are UTF-16 units: there are neither styles nor pairs of surrogates. */
export function isSimple(line: string): boolean {
  return !line.includes("\u001b") && !hasPairs(line);
}

/** V8 answers at once for texts that are held in one byte a character. */
export function hasPairs(text: string): boolean {
  return /[\ud800-\udfff]/.test(text);
}
