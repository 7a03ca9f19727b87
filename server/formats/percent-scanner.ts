import type { LineChange, TextLines } from "../base/text.ts";
import type { JsonObject } from "../jupyter/message.ts";
import type { CellSpan, CellsChange, Problem } from "../notebook/model.ts";
import { replaceCells } from "../notebook/cell-spans.ts";
import { isActive } from "./active.ts";
import type { FormatContext, Scanner } from "./format.ts";
import { type Header, readHeader } from "./header.ts";
import { type ScriptLanguage, scriptLanguage } from "./languages.ts";
import { MarkerLines } from "./marker-lines.ts";
import { type Marker, type MarkerReader, markerReader } from "./marker.ts";
import { type SourceLine, readBody } from "./percent-body.ts";

const implicit: Marker = { kind: "code", title: undefined, tags: [], metadata: {} };

/** The cells of a script whose markers are comments (`# %%`), kept up to date as it is edited. */
export class PercentScanner implements Scanner {
  readonly cells: CellSpan[] = [];
  readonly language: string;
  readonly #text: TextLines;
  readonly #script: ScriptLanguage;
  readonly #markers: MarkerReader;
  readonly #lines: MarkerLines;
  #header: Header;

  constructor(text: TextLines, context: FormatContext) {
    const style = context.percentMarker ?? "jupytext";
    this.#text = text;
    this.#script = scriptLanguage(context.path, context.languageId);
    this.language = this.#script.id;
    this.#markers = markerReader(this.#script.comment, style);
    // VS Code knows no strings.
    this.#lines = new MarkerLines(text, this.#script, this.#markers, style === "jupytext");
    this.#header = this.#readHeader();
    this.cells.push(...this.#readCells(0, text.lineCount, 0, text.lineCount));
  }

  get metadata(): JsonObject {
    return this.#header.metadata;
  }

  get problems(): readonly Problem[] {
    return this.#header.problems;
  }

  update(change: LineChange): CellsChange | undefined {
    const shift = change.inserted - change.removed;
    const dirty = this.#lines.update(change);
    const { cells } = this;

    // The cell that the first dirty line lies in, or the one before if that line may no longer begin a cell.
    let first = lastStartingBefore(cells, dirty.start);
    let from = cells[first]?.start ?? 0;
    let dirtyStart = dirty.start;
    if (first <= 0 || cells[first]?.hasMarker === false) {
      first = 0;
      from = 0;
      dirtyStart = 0;
      this.#header = this.#readHeader();
    }
    const oldEnd = Math.max(dirty.end - shift, change.start + change.removed);
    let last = lastStartingBefore(cells, oldEnd) + 1;
    while (last < cells.length && from === 0 && cells[last]?.hasMarker === false) last += 1;
    last = Math.max(last, first);
    const next = cells[last];
    const to = next === undefined ? this.#text.lineCount : next.start + shift;
    return replaceCells(cells, first, last, this.#readCells(from, to, dirtyStart, dirty.end), shift);
  }

  source(cell: CellSpan): string {
    if (this.#isHeaderCell(cell)) return this.#header.rawSource;
    return this.#body(cell)
      .map((line) => line.text)
      .join("\n");
  }

  toDocument(cell: CellSpan, line: number, character: number): { line: number; character: number } | undefined {
    const found = this.#body(cell)[line];
    if (found?.line === undefined) return undefined;
    return { line: found.line, character: character < found.at ? character : character + found.length };
  }

  toSource(cell: CellSpan, line: number, character: number): { line: number; character: number } | undefined {
    const body = this.#body(cell);
    const index = body.findIndex((candidate) => candidate.line === line);
    const found = body[index];
    if (found === undefined) return undefined;
    return { line: index, character: character < found.at ? character : Math.max(found.at, character - found.length) };
  }

  #body(cell: CellSpan): SourceLine[] {
    if (this.#isHeaderCell(cell)) return [];
    // What jupytext wrote is read as it means it; in other scripts `# ls` is a comment.
    const jupytext = this.#header.metadata["jupytext"];
    const isJupytext = typeof jupytext === "object" && jupytext !== null && "text_representation" in jupytext;
    const magics = isJupytext ? "all" : "certain";
    return readBody(this.#text, cell, { language: this.#script, markers: this.#markers, magics });
  }

  #isHeaderCell(cell: CellSpan): boolean {
    return !cell.hasMarker && cell.kind === "raw";
  }

  #readHeader(): Header {
    return readHeader(this.#text, this.#script.comment, this.#markers);
  }

  /** The cells of lines `[from, to)`: `from` begins a cell or the text, and only dirty lines may hold markers besides. */
  #readCells(from: number, to: number, dirtyStart: number, dirtyEnd: number): CellSpan[] {
    const starts: number[] = [];
    if (this.#lines.isMarker(from) && from < to) starts.push(from);
    for (let line = Math.max(from + 1, dirtyStart); line < Math.min(to, dirtyEnd); line += 1) {
      if (this.#lines.isMarker(line)) starts.push(line);
    }
    const cells: CellSpan[] = [];
    if (from === 0) this.#readTop(starts[0] ?? to, cells);
    for (const [index, start] of starts.entries()) {
      const marker = this.#markers.read(this.#text.line(start));
      cells.push(this.#span(start, (starts[index + 1] ?? to) - start, 1, marker));
    }
    return cells;
  }

  /** What stands above the first marker: the header, and text that is a cell unless it is blank. */
  #readTop(end: number, cells: CellSpan[]): void {
    const { rawStart, lineCount } = this.#header;
    const headerEnd = Math.min(lineCount, end);
    let textStart = headerEnd;
    while (textStart < end && this.#text.line(textStart).trim() === "") textStart += 1;
    const hasText = textStart < end;
    if (rawStart !== undefined) {
      const raw = this.#span(rawStart, (hasText ? headerEnd : end) - rawStart, 0, { ...implicit, kind: "raw" });
      cells.push({ ...raw, hasMarker: false });
    }
    if (hasText) cells.push({ ...this.#span(headerEnd, end - headerEnd, 0, implicit), hasMarker: false });
  }

  #span(start: number, lineCount: number, bodyOffset: number, marker: Marker): CellSpan {
    let bodyEnd = start + lineCount;
    while (bodyEnd > start + bodyOffset && this.#text.line(bodyEnd - 1).trim() === "") bodyEnd -= 1;
    // A code cell that takes no part in notebooks is a raw cell there.
    const kind = marker.kind === "code" && !isActive("ipynb", marker.metadata) ? "raw" : marker.kind;
    return {
      start,
      lineCount,
      bodyOffset,
      bodyLineCount: bodyEnd - start - bodyOffset,
      kind,
      language: kind === "code" ? this.language : kind === "markdown" ? "markdown" : "plaintext",
      title: marker.title,
      tags: marker.tags,
      metadata: marker.metadata,
      id: undefined,
      hasMarker: true,
    };
  }
}

/** The index of the last cell that begins before line `line`; -1 where there is none. */
function lastStartingBefore(cells: readonly CellSpan[], line: number): number {
  let low = 0;
  let high = cells.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cells[middle]?.start ?? 0) < line) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
