import { applySgr, resetStyle, type Pen } from "./sgr.ts";

/** One place of a line: a code point in its style. */
interface Place {
  readonly pen: Pen;
  readonly character: string;
}

const blank: Place = { pen: "", character: " " };
const part = /\u001b\[([0-9;:]*)m|[\s\S]/gu;

/** How many places a line has: its code points, styles apart. */
export function lineWidth(line: string): number {
  return isSimple(line) ? line.length : placesOf(line).length;
}

export interface Overwritten {
  readonly line: string;
  /** The column behind what was written; `undefined` if that is the line's end. */
  readonly column: number | undefined;
  /** The style in which the line ends: not the default only where the text in it may go on. */
  readonly endPen: Pen;
}

/** `text`, which has no escapes, in `pen` written over `line`, which begins and ends in the default style, from `column` on. */
export function overwrite(line: string, column: number, text: string, pen: Pen): Overwritten {
  if (pen === "" && !hasPairs(text)) {
    // A longer text at the start leaves nothing of the line, whatever styles it had.
    if (column === 0 && text.length >= line.length) return { line: text, column: undefined, endPen: "" };
    if (isSimple(line)) {
      const before = column < line.length ? line.slice(0, column) : line.padEnd(column);
      const end = column + text.length;
      return { line: before + text + line.slice(end), column: end < line.length ? end : undefined, endPen: "" };
    }
  }
  const places = placesOf(line);
  while (places.length < column) places.push(blank);
  let at = column;
  for (const character of text) {
    places[at] = { pen, character };
    at += 1;
  }
  const written = printPlaces(places);
  if (at < places.length || pen === "") return { line: written, column: at < places.length ? at : undefined, endPen: "" };
  return { line: written.slice(0, -resetStyle.length), column: undefined, endPen: pen };
}

/**
 * What is left of a text without escapes in which each `\r` goes back to its start, and how many places were written
 * last. Costs what the text is long: most states of a progress bar are overwritten in the chunk in which they come.
 */
export function overprint(text: string): { readonly line: string; readonly width: number } {
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
  return { line, width: prints.at(-1)?.length ?? 0 };
}

/** The part of a line that an "erase in line" leaves (ECMA-48 8.3.41). */
export function eraseInLine(line: string, column: number, mode: string): string {
  if (mode === "2") return "";
  const places = placesOf(line);
  if (mode === "1") {
    const erased = Math.min(column + 1, places.length);
    return printPlaces([...Array.from({ length: erased }, () => blank), ...places.slice(erased)]).replace(/ +$/, "");
  }
  return printPlaces(places.slice(0, column));
}

/** No styles and no pairs of surrogates: places are UTF-16 units. */
function isSimple(line: string): boolean {
  return !line.includes("\u001b") && !hasPairs(line);
}

/** V8 answers at once for texts that are held in one byte a character. */
function hasPairs(text: string): boolean {
  return /[\ud800-\udfff]/.test(text);
}

function placesOf(line: string): Place[] {
  const places: Place[] = [];
  let pen = "";
  for (const match of line.matchAll(part)) {
    if (match[1] === undefined) places.push({ pen, character: match[0] });
    else pen = applySgr(pen, match[1]);
  }
  return places;
}

function printPlaces(places: readonly Place[]): string {
  let line = "";
  let pen = "";
  for (const place of places) {
    if (place.pen !== pen) line += (pen === "" ? "" : resetStyle) + place.pen;
    pen = place.pen;
    line += place.character;
  }
  return pen === "" ? line : line + resetStyle;
}
