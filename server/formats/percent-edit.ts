import { replaceLines } from "../base/line-edit.ts";
import { TextLines, type TextChange } from "../base/text.ts";
import {
  editCells,
  keptCell,
  type CellEdit,
  type EditableCell,
  type EditedCell,
  type Refusal,
  type SourcePart,
} from "../notebook/cell-edit.ts";
import type { CellSpan } from "../notebook/model.ts";
import type { CellTextEdit, FormatContext, Scanner } from "./format.ts";
import { type ScriptLanguage, scriptLanguage } from "./languages.ts";
import { markerReader, printMarker } from "./marker.ts";
import { quotesAround } from "./percent-body.ts";
import { printCell } from "./percent-print.ts";
import { PercentScanner } from "./percent-scanner.ts";

/** A script whose cells are edited. */
interface Script {
  readonly text: TextLines;
  readonly scanner: Scanner;
  readonly context: FormatContext;
  readonly language: ScriptLanguage;
}

/** Old cells `[first, end)` are written anew as `cells`: those of the edit, and their neighbours where they are touched. */
interface Stretch {
  readonly first: number;
  readonly end: number;
  readonly cells: readonly EditedCell[];
}

interface Spelled {
  readonly marker: string;
  readonly body: readonly string[];
}

type Spelling = (script: Script, cell: EditedCell) => Spelled;

/**
 * An edit of the list of cells as a change of the script. Lines that stay in their cell stay as they are written; where that
 * would not be read as the cells it should be (a split inside of quotes), the changed cells are printed anew.
 */
export function editPercent(
  text: TextLines,
  scanner: Scanner,
  context: FormatContext,
  index: number,
  request: CellEdit,
): CellTextEdit | Refusal {
  const script: Script = { text, scanner, context, language: scriptLanguage(context.path, context.languageId) };
  const sources = scanner.cells.map((cell) => ({ kind: cell.kind, source: scanner.source(cell) }));
  const edit = editCells(sources, index, request, script.language.comment);
  if ("refused" in edit) return edit;
  const headerCount = headerCellCount(scanner);
  if (edit.first < headerCount) return { refused: "the notebook's header is no cell to edit" };
  const stretch = stretchOf(script, sources, edit.first, edit.deleteCount, edit.cells, headerCount);
  for (const spell of [asWritten, printed] satisfies Spelling[]) {
    const { start, end, lines, bodies } = write(script, stretch, spell);
    const change = replaceLines(text, start, end, lines);
    if (!isReadAs(script, change, sources.toSpliced(edit.first, edit.deleteCount, ...edit.cells))) continue;
    return { change, list: edit, cursor: { line: bodies[edit.focus - stretch.first] ?? start, character: 0 } };
  }
  return { refused: "the text would not be read as these cells: a string or a comment would run from one into another" };
}

/** The header's own cell, which no marker begins. */
function headerCellCount({ cells: [first] }: Scanner): number {
  return first?.kind === "raw" && !first.hasMarker ? 1 : 0;
}

function stretchOf(
  { scanner }: Script,
  sources: readonly EditableCell[],
  editFirst: number,
  deleteCount: number,
  edited: readonly EditedCell[],
  headerCount: number,
): Stretch {
  const cells = [...edited];
  let first = editFirst;
  let end = editFirst + deleteCount;
  // Blank lines part the cell before from what follows it, or end the text.
  if (first > headerCount) {
    first -= 1;
    cells.unshift(keptCell(sources, first));
  }
  // Text without a marker needs one where a cell comes above it.
  if (scanner.cells[end]?.hasMarker === false && edited.length > 0) {
    cells.push(keptCell(sources, end));
    end += 1;
  }
  return { first, end, cells };
}

interface Written {
  /** Lines `[start, end)` of the old text. */
  readonly start: number;
  readonly end: number;
  readonly lines: readonly string[];
  /** The line of the new text where the body of each cell begins. */
  readonly bodies: readonly number[];
}

function write(script: Script, { first, end, cells }: Stretch, spell: Spelling): Written {
  const { text, scanner } = script;
  const endsInLineEnd = text.lineCount > 1 && text.line(text.lineCount - 1) === "";
  const textEnd = endsInLineEnd || text.toString() === "" ? text.lineCount - 1 : text.lineCount;
  const start = scanner.cells[first]?.start ?? textEnd;
  const old = scanner.cells.slice(first, end);
  const stop = Math.min(
    old.reduce((_, cell) => cell.start + cell.lineCount, start),
    textEnd,
  );
  const isAtEnd = stop === textEnd;

  // Blank lines belong to their place between cells, not to the cells.
  const blanks = old.map((cell) => bodyOf(script, cell).blankCount);
  const lastBlank = blanks.pop() ?? (isAtEnd ? 0 : 1);
  const lines: string[] = [];
  const bodies: number[] = [];
  for (const [index, cell] of cells.entries()) {
    const span = cell.from === undefined ? undefined : scanner.cells[cell.from];
    const isTop = first + index === headerCellCount(scanner);
    const { marker, body } = isWhole(cell, span) ? asWritten(script, cell) : spell(script, cell);
    if (!isTop || span?.hasMarker !== false) lines.push(marker);
    bodies.push(start + lines.length);
    lines.push(...body);
    const isEmpty = cell.from === undefined && body.length === 0;
    const ownBlank = index === cells.length - 1 ? lastBlank : (blanks[index] ?? (isAtEnd ? 1 : lastBlank));
    // Behind blank lines that are part of the source exactly one more parts it from the next.
    const blankCount = body.at(-1) === "" ? 1 : ownBlank;
    // A new cell has a line to type in, besides the one that parts it from the next.
    lines.push(...Array.from({ length: isEmpty ? Math.min(blankCount, 1) + 1 : blankCount }, () => ""));
  }
  bodies.push(start + lines.length + 1);
  if (!isAtEnd) return { start, end: stop, lines, bodies };
  return { start, end: text.lineCount, lines: endsInLineEnd ? [...lines, ""] : lines, bodies };
}

/** Whether the cell is one of the old ones, unchanged. */
function isWhole({ kind, parts }: EditedCell, span: CellSpan | undefined): boolean {
  const [part, other] = parts;
  return part !== undefined && other === undefined && part.start === 0 && part.end === Infinity && kind === span?.kind;
}

/** The cell's own lines; the parts that it consists of take theirs along. */
function asWritten(script: Script, cell: EditedCell): Spelled {
  const { text, scanner, language } = script;
  const span = cell.from === undefined ? undefined : scanner.cells[cell.from];
  // Code becomes prose by being commented, not by its marker alone.
  const isCode = (index: number) => scanner.cells[index]?.kind === "code";
  const isMixed = cell.kind !== "code" && cell.parts.some((part) => isCode(part.cell));
  if (isMixed || (span !== undefined && span.kind !== cell.kind)) return printed(script, cell);
  const marker = span?.hasMarker === true ? text.line(span.start) : printMarker(language.comment, cell.kind, {});
  const body: string[] = [];
  for (const part of cell.parts) {
    const lines = linesOf(script, part);
    if (cell.kind !== "code" && body.length > 0 && lines.length > 0) body.push(language.comment);
    body.push(...lines);
  }
  return { marker, body };
}

function printed({ text, scanner, language }: Script, { from, kind, source }: EditedCell): Spelled {
  const span = from === undefined ? undefined : scanner.cells[from];
  const quotes = span === undefined ? undefined : quotesAround(text, span);
  const metadata = { ...span?.metadata, ...(quotes === undefined ? {} : { cell_marker: quotes }) };
  const cell = { id: undefined, kind, language: language.id, source, metadata, executionCount: null, outputs: [] };
  const markers = markerReader(language.comment, "jupytext");
  const [marker = "", ...body] = printCell(cell, { language, markers, magics: "certain" });
  return { marker, body: source === "" ? [] : body };
}

/** The document's lines of a part of a source. */
function linesOf(script: Script, { cell, start, end }: SourcePart): readonly string[] {
  const span = script.scanner.cells[cell];
  if (span === undefined) return [];
  const { lines } = bodyOf(script, span);
  if (end === Infinity) return lines;
  const bodyStart = span.start + span.bodyOffset;
  const at = (line: number) => (script.scanner.toDocument(span, line, 0)?.line ?? bodyStart) - bodyStart;
  return end <= start ? [] : lines.slice(start === 0 ? 0 : at(start), at(end - 1) + 1);
}

/** The lines of a cell's body, and the blank ones behind them that are no part of its source (jupytext's rule). */
function bodyOf({ text }: Script, cell: CellSpan): { readonly lines: readonly string[]; readonly blankCount: number } {
  let end = cell.start + cell.lineCount;
  if (end === text.lineCount && end > cell.start + 1 && text.line(end - 1) === "") end -= 1;
  const bodyStart = cell.start + cell.bodyOffset;
  let blankCount = 0;
  while (end - blankCount > bodyStart && text.line(end - blankCount - 1) === "") blankCount += 1;
  // Of three and more only one parts the cells.
  if (blankCount > 2) blankCount = 1;
  const lines: string[] = [];
  for (let line = bodyStart; line < end - blankCount; line += 1) lines.push(text.line(line));
  return { lines, blankCount };
}

/**
 * Whether the new text is read as the cells that it should have. All of it is read: a quote in one cell may change what
 * another is.
 */
function isReadAs({ text, context }: Script, change: TextChange | undefined, cells: readonly EditableCell[]): boolean {
  const after = new TextLines(text.toString());
  if (change !== undefined) after.apply(change);
  const read = new PercentScanner(after, context);
  return (
    read.cells.length === cells.length &&
    read.cells.every((cell, index) => cell.kind === cells[index]?.kind && read.source(cell) === cells[index].source)
  );
}
