import type { Position } from "../base/text.ts";
import type { CellSpan } from "../notebook/model.ts";
import { NblsError } from "../protocol/errors.ts";
import type { ExecuteTarget } from "../protocol/execution.ts";

/** A cell to run: the whole of it, or the lines `[first, last]` of the document that it holds. */
export interface TargetCell {
  readonly index: number;
  readonly lines?: readonly [number, number];
}

/** The index of the cell that holds `line`; text before the first cell belongs to none. */
export function cellIndexAt(cells: readonly CellSpan[], line: number): number | undefined {
  let low = 0;
  let high = cells.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cells[middle]?.start ?? 0) <= line) low = middle + 1;
    else high = middle;
  }
  const cell = cells[low - 1];
  if (cell === undefined) return undefined;
  // The last line of a text has no line after it, but a cursor may stand there: it belongs to the last cell.
  return line < cell.start + cell.lineCount || low === cells.length ? low - 1 : undefined;
}

/** The code cells that a target names, in document order. Throws `no_cell` when none is left. */
export function resolveTarget(
  cells: readonly CellSpan[],
  ids: readonly string[],
  target: ExecuteTarget,
  isStale: (index: number) => boolean,
): readonly TargetCell[] {
  const found = select(cells, ids, target, isStale).filter(({ index }) => cells[index]?.kind === "code");
  if (found.length === 0) throw new NblsError("no_cell", "no code cell there");
  return found;
}

function select(
  cells: readonly CellSpan[],
  ids: readonly string[],
  target: ExecuteTarget,
  isStale: (index: number) => boolean,
): readonly TargetCell[] {
  const span = (start: number, end: number) =>
    Array.from({ length: Math.max(0, end - start) }, (_, offset) => ({ index: start + offset }));
  if ("cellIds" in target) {
    const wanted = target.cellIds.map((id) => indexOf(ids, id));
    return [...new Set(wanted)].sort((a, b) => a - b).map((index) => ({ index }));
  }
  if ("scope" in target) {
    if (target.scope === "all") return span(0, cells.length);
    if (target.scope === "stale") return span(0, cells.length).filter(({ index }) => isStale(index));
    const index = "cellId" in target ? indexOf(ids, target.cellId) : at(cells, target.position);
    return target.scope === "above" ? span(0, index) : span(index, cells.length);
  }
  if ("position" in target) return [{ index: at(cells, target.position) }];
  if ("range" in target) {
    const { start, end } = target.range;
    const last = end.character === 0 && end.line > start.line ? end.line - 1 : end.line;
    return touched(cells, start.line, last);
  }
  const [first, last] = target.lines;
  return touched(cells, first, last).flatMap(({ index }) => {
    const cell = cells[index];
    if (cell === undefined) return [];
    const from = Math.max(first, cell.start + cell.bodyOffset);
    const to = Math.min(last, cell.start + cell.bodyOffset + cell.bodyLineCount - 1);
    return from <= to ? [{ index, lines: [from, to] as const }] : [];
  });
}

function touched(cells: readonly CellSpan[], first: number, last: number): readonly TargetCell[] {
  return cells.flatMap((cell, index) => (cell.start <= last && cell.start + cell.lineCount > first ? [{ index }] : []));
}

function at(cells: readonly CellSpan[], position: Position): number {
  const index = cellIndexAt(cells, position.line);
  if (index === undefined) throw new NblsError("no_cell", `no cell at line ${position.line + 1}`);
  return index;
}

function indexOf(ids: readonly string[], id: string): number {
  const index = ids.indexOf(id);
  if (index < 0) throw new NblsError("no_cell", `no cell with the id ${id}`);
  return index;
}
