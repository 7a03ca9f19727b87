import type { LineChange, TextLines } from "../base/text.ts";
import type { JsonObject } from "../jupyter/message.ts";
import { joinMultiline } from "../jupyter/nbformat.ts";
import { replaceCells } from "../notebook/cell-spans.ts";
import type { CellSpan, CellsChange, Problem } from "../notebook/model.ts";
import type { Scanner } from "./format.ts";
import { type PlacedCell, type ReadNotebook, readNotebook } from "./ipynb-read.ts";
import { decode, elements, type JsonSpan } from "./json-spans.ts";

/**
 * The cells of a notebook's JSON text. Each change reads the whole text again, since any quote may change its meaning;
 * while the JSON is not valid, the cells of before stay, moved with their lines.
 */
export class IpynbScanner implements Scanner {
  readonly cells: CellSpan[] = [];
  readonly #text: TextLines;
  #read: ReadNotebook;
  /** The last text that could be read: sources are read from it while the newest one cannot. */
  #lastGood: ReadNotebook;
  #lineStarts: readonly number[];

  constructor(text: TextLines) {
    this.#text = text;
    this.#read = readNotebook(text.toString());
    this.#lastGood = this.#read;
    this.#lineStarts = lineStartsOf(this.#read.text);
    this.cells.push(...this.#spans());
  }

  get language(): string {
    return this.#lastGood.notebook.language;
  }

  get metadata(): JsonObject {
    return this.#lastGood.notebook.metadata;
  }

  get problems(): readonly Problem[] {
    return this.#read.problems;
  }

  update(change: LineChange): CellsChange | undefined {
    this.#read = readNotebook(this.#text.toString());
    if (this.#read.places === undefined) return this.#moved(change);
    this.#lastGood = this.#read;
    this.#lineStarts = lineStartsOf(this.#read.text);
    return replaceAll(this.cells, this.#spans(), change, change.inserted - change.removed);
  }

  source(cell: CellSpan): string {
    return this.#placed(cell)?.cell.source ?? "";
  }

  toDocument(cell: CellSpan, line: number, character: number): { line: number; character: number } | undefined {
    const item = this.#sourceLines(cell)[line];
    if (item === undefined) return undefined;
    const quoted = JSON.stringify(item.text.slice(0, character)).length - 2;
    const offset = item.offset + quoted;
    const documentLine = this.#lineOf(offset);
    return { line: documentLine, character: offset - (this.#lineStarts[documentLine] ?? 0) };
  }

  toSource(cell: CellSpan, line: number, character: number): { line: number; character: number } | undefined {
    const offset = (this.#lineStarts[line] ?? 0) + character;
    const items = this.#sourceLines(cell);
    const index = items.findLastIndex((item) => this.#lineOf(item.offset) === line && item.offset - 1 <= offset);
    const item = items[index];
    if (item === undefined) return undefined;
    let column = 0;
    while (column < item.text.length && JSON.stringify(item.text.slice(0, column)).length - 2 < offset - item.offset) column += 1;
    return { line: index, character: column };
  }

  /** The lines of a cell's source, and the offset in the text where each begins. */
  #sourceLines(cell: CellSpan): { readonly text: string; readonly offset: number }[] {
    const { text } = this.#lastGood;
    const value = this.#placed(cell)?.members.get("source")?.value;
    if (value === undefined) return [];
    const lines: { text: string; offset: number }[] = [];
    let joins = false;
    for (const span of text[value.start] === "[" ? elements(text, value) : [value]) {
      let offset = span.start + 1;
      for (const part of (joinMultiline(decode(text, span)) ?? "").split(/(?<=\n)/)) {
        const last = lines.at(-1);
        // A list's items are joined as they are: one without a line break goes on in the next.
        if (joins && last !== undefined) last.text += part.replace(/\n$/, "");
        else lines.push({ text: part.replace(/\n$/, ""), offset });
        joins = !part.endsWith("\n");
        offset += JSON.stringify(part).length - 2;
      }
    }
    return lines;
  }

  #placed(cell: CellSpan): PlacedCell | undefined {
    const index = this.cells.indexOf(cell);
    if (index >= 0) return this.#lastGood.places?.cells[index];
    return this.#lastGood.places?.cells.find(({ span }) => this.#lineOf(span.start) === cell.start);
  }

  /** The cells of before, where the lines they stand on are now. */
  #moved(change: LineChange): CellsChange | undefined {
    const shift = change.inserted - change.removed;
    const move = (line: number) => {
      if (line <= change.start) return line;
      return line >= change.start + change.removed ? line + shift : Math.min(line, change.start + change.inserted);
    };
    const fresh = this.cells.map((cell): CellSpan => {
      const start = move(cell.start);
      const lineCount = move(cell.start + cell.lineCount) - start;
      const bodyOffset = Math.min(cell.bodyOffset, lineCount);
      return { ...cell, start, lineCount, bodyOffset, bodyLineCount: Math.min(cell.bodyLineCount, lineCount - bodyOffset) };
    });
    return replaceAll(this.cells, fresh, change, shift);
  }

  #spans(): CellSpan[] {
    const { places } = this.#read;
    if (places === undefined) return [];
    const starts = places.cells.map(({ span }) => this.#lineOf(span.start));
    return places.cells.map((placed, index): CellSpan => {
      const { kind, language, metadata, id } = placed.cell;
      const start = starts[index] ?? 0;
      const next = starts[index + 1] ?? this.#lineOf(placed.span.end - 1) + 1;
      const body = this.#bodyLines(placed, start);
      const { tags } = metadata;
      return {
        start,
        lineCount: next - start,
        bodyOffset: body.start - start,
        bodyLineCount: body.end - body.start,
        kind,
        language,
        title: typeof metadata["title"] === "string" ? metadata["title"] : undefined,
        tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string") : [],
        metadata,
        id,
        hasMarker: true,
      };
    });
  }

  /** The lines that the cell's source stands on. */
  #bodyLines(placed: PlacedCell, otherwise: number): { readonly start: number; readonly end: number } {
    const value = placed.members.get("source")?.value;
    if (value === undefined) return { start: otherwise, end: otherwise };
    const items: readonly JsonSpan[] = this.#read.text[value.start] === "[" ? elements(this.#read.text, value) : [value];
    const first = items[0];
    const last = items.at(-1);
    if (first === undefined || last === undefined) {
      const line = this.#lineOf(value.start);
      return { start: line, end: line };
    }
    return { start: this.#lineOf(first.start), end: this.#lineOf(last.end - 1) + 1 };
  }

  #lineOf(offset: number): number {
    let low = 0;
    let high = this.#lineStarts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** Puts freshly read cells in place of all; those before the change stay as they are, and so do those behind it but for their lines. */
function replaceAll(cells: CellSpan[], fresh: readonly CellSpan[], change: LineChange, shift: number): CellsChange | undefined {
  let head = 0;
  const isBefore = (cell: CellSpan | undefined) => cell !== undefined && cell.start + cell.lineCount <= change.start;
  while (head < cells.length && head < fresh.length && isBefore(cells[head]) && isBefore(fresh[head])) head += 1;
  return replaceCells(cells, head, cells.length, fresh.slice(head), shift);
}

function lineStartsOf(text: string): number[] {
  const starts = [0];
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === 10 || (code === 13 && text.charCodeAt(index + 1) !== 10)) starts.push(index + 1);
  }
  return starts;
}
