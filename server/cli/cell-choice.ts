import type { Cell } from "../protocol/cells.ts";
import { UsageError } from "./verb.ts";

/**
 * The cells that a word on the command line means: an id, a 1-based number or a range of them (`2-4`), a tag, or a title.
 * In this order, so that a word that could be several things means the most exact one. Throws `UsageError` for none.
 */
export function cellsNamed(word: string, cells: readonly Cell[]): readonly Cell[] {
  const byId = cells.filter((cell) => cell.id === word);
  if (byId.length > 0) return byId;
  const [, first, last = first] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(word) ?? [];
  if (first !== undefined) {
    if (Number(first) < 1 || Number(last) > cells.length || Number(last) < Number(first))
      throw new UsageError(`no cell ${word}: cells are numbered 1 to ${cells.length}`);
    return cells.slice(Number(first) - 1, Number(last));
  }
  const byTag = cells.filter((cell) => cell.tags.includes(word));
  if (byTag.length > 0) return byTag;
  const byTitle = cells.filter((cell) => cell.title === word);
  if (byTitle.length > 0) return byTitle;
  throw new UsageError(`no cell has the id, number, tag or title "${word}"; nbls cells FILE lists them`);
}

/** The one cell that a word means. */
export function cellNamed(word: string, cells: readonly Cell[]): Cell {
  const [cell, ...others] = cellsNamed(word, cells);
  if (cell === undefined || others.length > 0)
    throw new UsageError(
      `"${word}" means ${others.length + 1} cells; name one by its id: ${[cell, ...others].map((one) => one?.id).join(", ")}`,
    );
  return cell;
}

export interface CellChoice {
  /** Comma-separated words; none: all cells. */
  readonly which: readonly string[];
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** The code cells that were chosen, in document order. */
export function chooseCells({ which, from, to }: CellChoice, cells: readonly Cell[]): readonly Cell[] {
  const words = which
    .flatMap((list) => list.split(","))
    .map((word) => word.trim())
    .filter((word) => word !== "");
  const named = new Set(words.length === 0 && which.length === 0 ? cells : words.flatMap((word) => cellsNamed(word, cells)));
  const first = from === undefined ? 0 : cells.indexOf(cellNamed(from, cells));
  const last = to === undefined ? cells.length - 1 : cells.indexOf(cellNamed(to, cells));
  if (first > last && cells.length > 0) throw new UsageError("--from names a cell behind the one that --to names");
  const chosen = cells.filter((cell, index) => cell.kind === "code" && named.has(cell) && index >= first && index <= last);
  if (chosen.length === 0 && cells.some((cell) => cell.kind === "code"))
    throw new UsageError("no code cell is among those named");
  return chosen;
}
