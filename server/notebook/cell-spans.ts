import type { CellSpan, CellsChange } from "./model.ts";
import { sameJson } from "./same-json.ts";

/**
 * Puts `read` in place of `cells[first, last)` and shifts the cells behind by `shift` lines. Cells that stayed as they were
 * keep their objects and count as unchanged. `undefined` where nothing changed.
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
  return deleted.length === 0 && fresh.length === 0 ? undefined : { start, deleted, insertCount: fresh.length };
}

/** `Array.splice` for any number of items: spread arguments lie on the stack, which is small. */
function splice(cells: CellSpan[], start: number, deleteCount: number, items: readonly CellSpan[]): CellSpan[] {
  if (items.length < 1_000) return cells.splice(start, deleteCount, ...items);
  const rest = cells.splice(start);
  for (const item of items) cells.push(item);
  for (const item of rest.slice(deleteCount)) cells.push(item);
  return rest.slice(0, deleteCount);
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
