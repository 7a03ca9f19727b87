import { splice } from "../base/splice.ts";
import type { CellSpan, CellsChange } from "./model.ts";
import { sameJson } from "./same-json.ts";

/**
 * Puts `read` in place of `cells[first, last)` and shifts the cells behind by `shift` lines. Cells that stayed as they were
 * keep their objects and count as unchanged. `undefined` where nothing changed, not even the lines that cells stand on.
 */
export function replaceCells(
  cells: CellSpan[],
  first: number,
  last: number,
  read: readonly CellSpan[],
  shift: number,
): CellsChange | undefined {
  let head = 0;
  while (first + head < last && head < read.length && sameSpan(cells[first + head], read[head], 0)) head += 1;
  let tail = 0;
  while (
    first + head < last - tail &&
    head < read.length - tail &&
    sameSpan(cells[last - tail - 1], read[read.length - tail - 1], shift)
  ) {
    tail += 1;
  }
  const start = first + head;
  const fresh = read.slice(head, read.length - tail);
  const deleted = splice(cells, start, last - tail - start, fresh);
  if (shift !== 0) {
    for (let index = start + fresh.length; index < cells.length; index += 1) {
      const cell = cells[index];
      if (cell !== undefined) cell.start += shift;
    }
  }
  const hasMoved = shift !== 0 && start < cells.length;
  return deleted.length === 0 && fresh.length === 0 && !hasMoved ? undefined : { start, deleted, insertCount: fresh.length };
}

function sameSpan(old: CellSpan | undefined, read: CellSpan | undefined, shift: number): boolean {
  return (
    old !== undefined &&
    read !== undefined &&
    old.start + shift === read.start &&
    old.lineCount === read.lineCount &&
    old.bodyOffset === read.bodyOffset &&
    old.bodyLineCount === read.bodyLineCount &&
    old.kind === read.kind &&
    old.language === read.language &&
    old.title === read.title &&
    old.id === read.id &&
    old.hasMarker === read.hasMarker &&
    sameJson(old.metadata, read.metadata)
  );
}
