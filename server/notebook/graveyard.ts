import type { MatchableCell } from "./match.ts";

/** Removed cells of this session, so that an undo or a paste brings their ids back. Keyed by exact source; the oldest are forgotten. */
export class Graveyard {
  readonly #cellsMax: number;
  /** Ids in the order of burial, the last one first to come back. */
  readonly #idsOf = new Map<string, string[]>();
  /** Id → key, in the order of burial. */
  readonly #keyOf = new Map<string, string>();

  constructor(cellsMax: number) {
    this.#cellsMax = cellsMax;
  }

  /** Buries cells that were removed together, in document order: so they come back in document order. */
  bury(cells: readonly (MatchableCell & { readonly id: string })[]): void {
    for (const cell of cells.toReversed()) {
      // Blank cells are all alike.
      if (cell.source.trim() === "") continue;
      this.#forget(cell.id);
      const key = keyOf(cell);
      this.#keyOf.set(cell.id, key);
      const ids = this.#idsOf.get(key);
      if (ids === undefined) this.#idsOf.set(key, [cell.id]);
      else ids.push(cell.id);
    }
    for (const id of this.#keyOf.keys()) {
      if (this.#keyOf.size <= this.#cellsMax) break;
      this.#forget(id);
    }
  }

  /** The id of a removed cell with exactly this source, which then is no longer here. */
  take(cell: MatchableCell): string | undefined {
    const id = this.#idsOf.get(keyOf(cell))?.at(-1);
    if (id !== undefined) this.#forget(id);
    return id;
  }

  has(cell: MatchableCell): boolean {
    return this.#idsOf.has(keyOf(cell));
  }

  #forget(id: string): void {
    const key = this.#keyOf.get(id);
    if (key === undefined) return;
    this.#keyOf.delete(id);
    const ids = this.#idsOf.get(key)?.filter((other) => other !== id) ?? [];
    if (ids.length === 0) this.#idsOf.delete(key);
    else this.#idsOf.set(key, ids);
  }
}

function keyOf(cell: MatchableCell): string {
  return `${cell.kind}\n${cell.source}`;
}
