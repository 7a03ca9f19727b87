import type { TextLines } from "../base/text.ts";
import type { CellSpan } from "../notebook/model.ts";
import { isActive } from "./active.ts";
import { magicLanguages } from "./cell-language.ts";
import type { ScriptLanguage } from "./languages.ts";
import { type CutLine, type MagicReading, uncommentMagics } from "./magics.ts";
import { escapedMarker } from "./marker-escape.ts";
import type { MarkerReader } from "./marker.ts";

/** One line of a cell's source and the line of the document that it comes from; `undefined` where it has none. */
export interface SourceLine extends CutLine {
  readonly line: number | undefined;
}

/** How the cells of one script are read. */
export interface BodyReading {
  readonly language: ScriptLanguage;
  readonly markers: MarkerReader;
  readonly magics: MagicReading;
}

/** The source of a cell, line by line: without comment prefixes, quotes and the blank lines that only part it from the next cell. */
export function readBody(text: TextLines, cell: CellSpan, reading: BodyReading): SourceLine[] {
  const { language } = reading;
  const from = cell.start + cell.bodyOffset;
  const end = bodyEnd(text, cell);
  const lines: string[] = [];
  for (let line = from; line < end; line += 1) lines.push(text.line(line));
  const place = (cuts: readonly CutLine[], first = from): SourceLine[] =>
    cuts.map((cut, index) => ({ ...cut, line: first + index }));
  const cutAll = () => lines.map((line) => cutPrefix(line, reading));
  const isActiveHere = isActive(language.extensions[0]?.slice(1) ?? "", cell.metadata, cell.kind === "code");
  // What does not run in the script may stand between quotes there.
  const quoted = isActiveHere || language.id !== "python" ? undefined : unquote(lines);
  if (quoted !== undefined) return place(quoted.lines, from + quoted.first);
  const magic = cell.kind === "code" && !("active" in cell.metadata) ? magicLine(cell, language) : undefined;
  if (magic !== undefined) return [{ text: magic, at: 0, length: 0, line: undefined }, ...place(cutAll())];
  // Code that takes part in scripts only is raw text in notebooks, but no comment here.
  return place(isActiveHere && cell.kind !== "markdown" ? cutCode(lines, reading) : cutAll());
}

function cutCode(lines: readonly string[], { language, markers, magics }: BodyReading): CutLine[] {
  const escapes = lines.map((line) => escapedMarker(line, language.comment, markers));
  const plain = lines.map((line, index) => escapes[index]?.text ?? line);
  return uncommentMagics(plain, language, magics).map((cut, index) => {
    const escape = escapes[index];
    return escape === undefined ? cut : { text: cut.text, at: escape.at, length: escape.length + cut.length };
  });
}

/** The quotes that prose stands between on lines of their own, as jupytext's `cell_marker` names them. */
export function quotesAround(text: TextLines, cell: CellSpan): string | undefined {
  if (cell.kind === "code" || cell.bodyLineCount < 2) return undefined;
  const first = cell.start + cell.bodyOffset;
  const opening = text.line(first);
  const closing = text.line(first + cell.bodyLineCount - 1);
  return /^[rR]?(?:"""|''')$/.test(opening) && closing === opening.slice(-3) ? opening : undefined;
}

/** jupytext's rule: one blank line before the next cell is no part of the cell, and two are none if they are exactly two. */
function bodyEnd(text: TextLines, cell: CellSpan): number {
  let end = cell.start + cell.lineCount;
  // A text that ends with a line break has an empty last line that nobody wrote.
  if (end === text.lineCount && end > cell.start + 1 && text.line(end - 1) === "") end -= 1;
  const blank = (line: number) => text.line(line).trim() === "";
  if (end - cell.start >= 3 && !blank(end - 3) && blank(end - 2) && blank(end - 1))
    return Math.max(end - 2, cell.start + cell.bodyOffset);
  if (end > cell.start && text.line(end - 1) === "") end -= 1;
  return Math.max(end, cell.start + cell.bodyOffset);
}

function cutPrefix(line: string, reading: BodyReading): CutLine {
  const { comment } = reading.language;
  const escaped = escapedMarker(line, comment, reading.markers);
  const rest = escaped?.text ?? line;
  const extra = escaped?.length ?? 0;
  if (!rest.startsWith(comment)) return { text: line, at: 0, length: 0 };
  const length = comment.length + (rest[comment.length] === " " ? 1 : 0);
  return { text: rest.slice(length), at: 0, length: length + extra };
}

/** The cell magic that a cell in another language begins with: `language="bash" magic_args="-e"` stands for `%%bash -e`. */
function magicLine(cell: CellSpan, language: ScriptLanguage): string | undefined {
  const { language: name, magic_args: args } = cell.metadata;
  if (typeof name !== "string" || name.toLowerCase() === language.jupyterName.toLowerCase() || !magicLanguages.has(name))
    return undefined;
  return typeof args === "string" && args !== "" ? `%%${name} ${args}` : `%%${name}`;
}

/** Text between triple quotes, without the quotes and the line breaks next to them. */
function unquote(lines: readonly string[]): { readonly first: number; readonly lines: CutLine[] } | undefined {
  let first = lines.findIndex((line) => line.trim() !== "");
  let last = lines.findLastIndex((line) => line.trim() !== "");
  if (first < 0) return undefined;
  const opening = /^\s*[rR]?("""|''')/.exec(lines[first] ?? "");
  const quotes = opening?.[1];
  if (opening === null || quotes === undefined || !(lines[last] ?? "").trimEnd().endsWith(quotes)) return undefined;
  let start = opening[0].length;
  let stop = (lines[last] ?? "").trimEnd().length - quotes.length;
  if (first === last && stop < start) return undefined;
  if (first < last && (lines[first] ?? "").length === start) {
    first += 1;
    start = 0;
  }
  if (first < last && stop === 0) {
    last -= 1;
    stop = (lines[last] ?? "").length;
  } else if (first === last && stop === 0 && start === 0) return { first, lines: [] };
  const cuts = lines.slice(first, last + 1).map((line, index) => {
    const from = index === 0 ? start : 0;
    return { text: line.slice(from, index === last - first ? stop : line.length), at: 0, length: from };
  });
  return { first, lines: cuts };
}
