import { splice } from "../base/splice.ts";
import { TextLines, type LineChange, type TextChange } from "../base/text.ts";
import { Graveyard } from "./graveyard.ts";
import { type KnownCell, type MatchableCell, matchCells } from "./match.ts";
import type { CellSpan, CellsChange } from "./model.ts";

/** What identity asks of a scanner: its cells, and their sources. */
export interface TrackedCells {
  readonly cells: readonly CellSpan[];
  update(change: LineChange): CellsChange | undefined;
  source(cell: CellSpan): string;
}

/** Cells that were replaced, and the ids among the new ones that no replaced one had: of cells that are new or came back. */
export interface IdentityChange extends CellsChange {
  readonly appeared: readonly string[];
}

/** A new cell id: eight hexadecimal digits of a random UUID, as nbformat makes them. */
export function newCellId(): string {
  return crypto.randomUUID().slice(0, 8);
}

/** A cell whose marker line lies in the lines that a change touches: its source cannot be read any more afterwards. */
interface TouchedCell extends KnownCell {
  readonly span: CellSpan;
}

/** What is known before a change is applied. */
interface Before {
  /** The first cell that is kept here, and the ones behind it. */
  readonly first: number;
  readonly touched: readonly TouchedCell[];
  /** Cells whose marker line survives the change though it is touched: old line → new line, given the lines inserted. */
  readonly survivor: (oldLine: number, change: LineChange) => number | undefined;
  /** Lines `[start, end)` that the change touches, in the old text. */
  readonly start: number;
  readonly end: number;
}

/**
 * Ids of cells through edits. A marker line that survives keeps its id, a split leaves it with the first part, a merge with
 * the earlier cell; removed cells wait for an equal source to come back. Ids that the file gives win.
 */
export class CellIdentity {
  readonly #scanner: TrackedCells;
  readonly #graveyard: Graveyard;
  readonly #ids: string[] = [];
  readonly #living = new Set<string>();

  constructor(scanner: TrackedCells, graveyardCellsMax: number) {
    this.#scanner = scanner;
    this.#graveyard = new Graveyard(graveyardCellsMax);
    for (const cell of scanner.cells) this.#ids.push(this.#claim(cell.id));
  }

  /** The ids of the scanner's cells, in their order. */
  get ids(): readonly string[] {
    return this.#ids;
  }

  /** Gives cells the ids by which they are known from elsewhere. Ids that the file gives, and those of no counterpart, stay. */
  adopt(ids: readonly (string | undefined)[]): void {
    const { cells } = this.#scanner;
    const kept = this.#ids.map((id, index) => (cells[index]?.id === id || ids[index] === undefined ? id : undefined));
    this.#living.clear();
    for (const id of kept) if (id !== undefined) this.#living.add(id);
    for (const [index, id] of kept.entries()) if (id === undefined) this.#ids[index] = this.#claim(ids[index]);
  }

  /** Applies a change to the text, its cells and their ids. `undefined`: no cell changed but in the characters of its lines. */
  apply(lines: TextLines, scanner: TrackedCells, change: TextChange): IdentityChange | undefined {
    const before = this.#before(lines, scanner, change);
    const applied = lines.apply(change);
    // A full text is read again only where its lines differ.
    const touched =
      change.range === undefined
        ? {
            start: before.start,
            removed: before.end - before.start,
            inserted: applied.inserted - applied.removed + before.end - before.start,
          }
        : applied;
    return this.#after(scanner, before, touched, scanner.update(touched));
  }

  #before(lines: TextLines, scanner: TrackedCells, change: TextChange): Before {
    const { cells } = scanner;
    const isFull = change.range === undefined;
    const changed = isFull ? differingLines(lines, change.text) : rangeLines(lines, change.range);
    const first = firstFrom(cells, changed.start);
    // Where a whole text differs inside of a cell, its marker proves nothing: the cell is matched like those behind it.
    const start = isFull ? Math.min(changed.start, cells[first - 1]?.start ?? changed.start) : changed.start;
    const { end } = changed;
    const touched: TouchedCell[] = [];
    const keep = (index: number) => {
      const cell = cells[index];
      if (cell === undefined) return;
      touched.push({ span: { ...cell }, id: this.#ids[index] ?? "", kind: cell.kind, source: scanner.source(cell) });
    };
    // Text with line breaks may hold whole cells: then the cell it begins in counts by its source, too.
    const replacesLines = end - start > 1 || /\S.*[\r\n]|[\r\n].*\S/s.test(change.text);
    const around = cells[first - 1];
    const mayVanish = around?.hasMarker === false && isBlankOutside(lines, around, start, end);
    const from = first > 0 && (replacesLines || mayVanish) ? first - 1 : first;
    for (let index = from; index < cells.length && (cells[index]?.start ?? 0) < end; index += 1) keep(index);
    return { first: from, touched, survivor: survivorOf(lines, change), start, end };
  }

  #after(
    scanner: TrackedCells,
    before: Before,
    change: LineChange,
    cellsChange: CellsChange | undefined,
  ): IdentityChange | undefined {
    const { cells } = scanner;
    const shift = change.inserted - change.removed;
    const deletedCount = cellsChange?.deleted.length ?? 0;
    const insertCount = cellsChange?.insertCount ?? 0;
    const isInChange = (index: number) =>
      cellsChange !== undefined && index >= cellsChange.start && index < cellsChange.start + deletedCount;
    if (cellsChange === undefined && before.touched.length === 0) return undefined;

    // The cells that are no longer sure of their id: those that the scanner replaced and those that were touched.
    const touchedEnd = before.first + before.touched.length;
    const start = Math.min(cellsChange?.start ?? before.first, before.touched.length > 0 ? before.first : Infinity);
    const oldEnd = Math.max(
      cellsChange === undefined ? 0 : cellsChange.start + deletedCount,
      before.touched.length > 0 ? touchedEnd : 0,
    );
    const newEnd = oldEnd + insertCount - deletedCount;
    const oldSpan = (index: number): CellSpan => {
      const touched = before.touched[index - before.first];
      if (touched !== undefined) return touched.span;
      if (cellsChange !== undefined && isInChange(index)) return cellsChange.deleted[index - cellsChange.start] as CellSpan;
      const now = cells[index < (cellsChange?.start ?? oldEnd) ? index : index + insertCount - deletedCount] as CellSpan;
      return { ...now, start: now.start >= change.start + change.inserted ? now.start - shift : now.start };
    };
    const sourceOf = (index: number): string => {
      const touched = before.touched[index - before.first];
      if (touched !== undefined) return touched.source;
      const span = oldSpan(index);
      // Its marker was not touched, so that its lines still stand where the change moved them.
      return scanner.source(span.start >= before.end ? { ...span, start: span.start + shift } : span);
    };

    const oldIds = this.#ids.slice(start, oldEnd);
    const fresh = cells.slice(start, newEnd);
    const ids = Array.from<string | undefined>({ length: fresh.length });
    const isTaken = Array.from({ length: oldIds.length }, () => false);
    const take = (old: number, index: number) => {
      ids[index] = oldIds[old];
      isTaken[old] = true;
    };
    const indexAt = new Map(fresh.map((cell, index) => [cell.start, index]));
    for (const [old] of oldIds.entries()) {
      const line = oldSpan(start + old).start;
      const moved = line < before.start ? line : line >= before.end ? line + shift : before.survivor(line, change);
      const index = moved === undefined ? undefined : indexAt.get(moved);
      if (index !== undefined && ids[index] === undefined) take(old, index);
    }
    // Text above the first marker that gets a marker of its own is still the same cell.
    if (oldIds.length > 0 && isTaken[0] === false && ids.length > 0 && ids[0] === undefined) {
      const [top] = fresh;
      const old = oldSpan(start);
      if (
        !old.hasMarker &&
        top !== undefined &&
        top.start < old.start + old.lineCount + shift &&
        before.touched[0]?.id !== oldIds[0]
      )
        take(0, 0);
    }
    this.#followSources(fresh, before.touched, scanner, ids, oldIds, isTaken, start - before.first);
    this.#matchRest(fresh, scanner, ids, oldIds, isTaken, (old) => ({
      id: oldIds[old] ?? "",
      kind: oldSpan(start + old).kind,
      source: sourceOf(start + old),
    }));
    for (const id of oldIds) this.#living.delete(id);
    for (const id of ids) if (id !== undefined) this.#living.add(id);
    const settled = ids.map((id, index) => this.#settle(id, fresh[index]?.id));
    const isSame = settled.length === oldIds.length && settled.every((id, index) => id === oldIds[index]);
    const deleted = isSame ? [] : oldIds.map((_, old) => oldSpan(start + old));
    splice(this.#ids, start, oldIds.length, settled);
    if (isSame) return cellsChange && { ...cellsChange, appeared: [] };
    const known = new Set(oldIds);
    return { start, deleted, insertCount: fresh.length, appeared: settled.filter((id) => !known.has(id)) };
  }

  /**
   * Whole cells that were inserted or removed above a cell may be told as a change that begins inside of it. So if one change
   * gave a surviving marker another, not blank source, its id goes where its source went; if it now has exactly the source of
   * a cell that lost its marker, it is that cell.
   */
  #followSources(
    fresh: readonly CellSpan[],
    touched: readonly TouchedCell[],
    scanner: TrackedCells,
    ids: (string | undefined)[],
    oldIds: readonly string[],
    isTaken: boolean[],
    offset: number,
  ): void {
    for (const [at, survivor] of touched.entries()) {
      const old = at - offset;
      if (isTaken[old] !== true) continue;
      const index = ids.indexOf(oldIds[old]);
      const now = fresh[index];
      if (survivor.source.trim() === "" || index < 0 || now === undefined) continue;
      const source = scanner.source(now);
      if (source === survivor.source || source.trim() === "") continue;
      const elsewhere = fresh.findIndex(
        (cell, other) => ids[other] === undefined && cell.kind === survivor.kind && scanner.source(cell) === survivor.source,
      );
      if (elsewhere >= 0) {
        ids[elsewhere] = ids[index];
        ids[index] = undefined;
        continue;
      }
      const back = touched.findIndex(
        (cell, other) => isTaken[other - offset] === false && cell.kind === now.kind && cell.source === source,
      );
      if (back < 0) continue;
      ids[index] = oldIds[back - offset];
      isTaken[back - offset] = true;
      isTaken[old] = false;
    }
  }

  /** Cells whose markers were replaced: matched with those that stand there now, the graveyard, or nothing. */
  #matchRest(
    fresh: readonly CellSpan[],
    scanner: TrackedCells,
    ids: (string | undefined)[],
    oldIds: readonly string[],
    isTaken: readonly boolean[],
    known: (old: number) => KnownCell,
  ): void {
    const lost = oldIds.flatMap((_, old) => (isTaken[old] === true ? [] : [known(old)]));
    const open = fresh.flatMap((cell, index) => {
      return ids[index] === undefined ? [{ index, kind: cell.kind, source: scanner.source(cell), explicitId: cell.id }] : [];
    });
    const sources = new Map(lost.map((cell) => [cell.id, cell]));
    for (const [at, id] of matchCells(lost, open).entries()) {
      const cell = open[at];
      if (cell === undefined || id === undefined) continue;
      // A removed cell with exactly this source knows better than one that merely stood here.
      if (sources.get(id)?.source !== cell.source && cell.explicitId === undefined && this.#graveyard.has(cell)) continue;
      ids[cell.index] = id;
      sources.delete(id);
    }
    for (const cell of open) ids[cell.index] ??= this.#revive(cell);
    this.#graveyard.bury([...sources.values()]);
  }

  #revive(cell: MatchableCell): string | undefined {
    for (let id = this.#graveyard.take(cell); id !== undefined; id = this.#graveyard.take(cell)) {
      if (!this.#living.has(id)) return id;
    }
    return undefined;
  }

  /** The id that the file gives, unless another cell has it; else the one tracked; else a new one. */
  #settle(tracked: string | undefined, explicit: string | undefined): string {
    if (tracked !== undefined && (explicit === undefined || explicit === tracked || this.#living.has(explicit))) return tracked;
    if (tracked !== undefined) this.#living.delete(tracked);
    return this.#claim(explicit);
  }

  /** `wanted` if no living cell has it, else a new id. */
  #claim(wanted: string | undefined): string {
    let id = wanted ?? newCellId();
    while (this.#living.has(id)) id = newCellId();
    this.#living.add(id);
    return id;
  }
}

/** Whether a cell has nothing but blank lines outside of lines `[start, end)`. */
function isBlankOutside(lines: TextLines, cell: CellSpan, start: number, end: number): boolean {
  const last = cell.start + cell.bodyOffset + cell.bodyLineCount;
  for (let line = cell.start; line < last; line += 1) {
    if (line === start) line = end;
    if (line < last && lines.line(line).trim() !== "") return false;
  }
  return true;
}

/** The first cell that begins at `line` or behind it. */
function firstFrom(cells: readonly CellSpan[], line: number): number {
  let low = 0;
  let high = cells.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cells[middle]?.start ?? 0) < line) low = middle + 1;
    else high = middle;
  }
  return low;
}

function rangeLines(lines: TextLines, range: NonNullable<TextChange["range"]>): { start: number; end: number } {
  const a = lines.clamp(range.start).line;
  const b = lines.clamp(range.end).line;
  return { start: Math.min(a, b), end: Math.max(a, b) + 1 };
}

/** The lines of the old text that a whole new text does not begin or end with. */
function differingLines(lines: TextLines, text: string): { start: number; end: number } {
  const old = lines.lines;
  const fresh = new TextLines(text).lines;
  const countMin = Math.min(old.length, fresh.length);
  let start = 0;
  while (start < countMin && old[start] === fresh[start]) start += 1;
  let tail = 0;
  while (tail < countMin - start && old[old.length - 1 - tail] === fresh[fresh.length - 1 - tail]) tail += 1;
  return { start, end: old.length - tail };
}

/** Where a line that a change touches stands afterwards: what was before the change on its line stays, and so does a line that text was put above. */
function survivorOf(lines: TextLines, { range, text }: TextChange): Before["survivor"] {
  if (range === undefined) return () => undefined;
  const start = lines.clamp(range.start);
  const end = lines.clamp(range.end);
  const isPutAbove = end.character === 0 && (/[\r\n]$/.test(text) || (text === "" && start.character === 0));
  return (line, change) => {
    if (line === end.line && isPutAbove) return end.line + change.inserted - change.removed;
    if (line === start.line && (start.character > 0 || (start.line === end.line && !/[\r\n]/.test(text)))) return start.line;
    return undefined;
  };
}
