import { createHash } from "node:crypto";
import { matchCells } from "../notebook/match.ts";
import type { CellKind } from "../notebook/model.ts";

/** A cell as it is remembered: its source only by its hash, which is enough to find it again. */
export interface StoredCell {
  readonly id: string;
  readonly kind: CellKind;
  readonly hash: string;
  /** Since when the text has it no more, in milliseconds since the epoch: it waits here for its source to come back. */
  readonly goneAt?: number;
}

export function hashOf(source: string): string {
  return createHash("sha256").update(source).digest("hex").slice(0, 32);
}

const blankHash = hashOf("");

export function isStoredCell(value: unknown): value is StoredCell {
  return (
    typeof value === "object" &&
    value !== null &&
    "id" in value &&
    "kind" in value &&
    "hash" in value &&
    typeof value.id === "string" &&
    typeof value.hash === "string"
  );
}

/**
 * The cells of a text, and at their places among them those of `before` that it has no more: at most `goneMax`, those gone
 * for longest are forgotten. Blank ones say nothing about themselves and are not kept.
 */
export function withGone(
  before: readonly StoredCell[],
  cells: readonly StoredCell[],
  goneMax: number,
  now = Date.now(),
): readonly StoredCell[] {
  const living = new Set(cells.map(({ id }) => id));
  const gone = before.filter(({ id, hash }) => !living.has(id) && hash !== blankHash);
  const agedOut = new Set(
    gone
      .toSorted((a, b) => (b.goneAt ?? now) - (a.goneAt ?? now))
      .slice(goneMax)
      .map(({ id }) => id),
  );
  const behind = new Map<string | undefined, StoredCell[]>();
  let neighbour: string | undefined;
  for (const cell of before) {
    if (living.has(cell.id)) neighbour = cell.id;
    else if (cell.hash !== blankHash && !agedOut.has(cell.id)) {
      const list = behind.get(neighbour) ?? [];
      behind.set(neighbour, list);
      list.push({ ...cell, goneAt: cell.goneAt ?? now });
    }
  }
  return [...(behind.get(undefined) ?? []), ...cells.flatMap((cell) => [cell, ...(behind.get(cell.id) ?? [])])];
}

/**
 * Which of the stored cells each one of a text is; `undefined`: a new one. Cells that were there come before those that were
 * gone, so that of equal ones none takes another's place; a cell that was gone comes back by an equal source only.
 */
export function matchStored(
  stored: readonly StoredCell[],
  fresh: readonly (Omit<StoredCell, "id" | "goneAt"> & { readonly explicitId?: string })[],
): (string | undefined)[] {
  const match = (old: readonly StoredCell[], known: readonly (string | undefined)[]) =>
    matchCells(
      old.map(({ id, kind, hash }) => ({ id, kind, source: hash })),
      fresh.map(({ kind, hash, explicitId }, index) => {
        const id = explicitId ?? known[index];
        return { kind, source: hash, ...(id === undefined ? {} : { explicitId: id }) };
      }),
    );
  const living = stored.filter(({ goneAt }) => goneAt === undefined);
  if (living.length === stored.length) return match(stored, []);
  const byId = new Map(stored.map((cell) => [cell.id, cell]));
  const equal = (ids: readonly (string | undefined)[]) =>
    ids.map((id, index) => (id !== undefined && byId.get(id)?.hash === fresh[index]?.hash ? id : undefined));
  const back = equal(match(stored, equal(match(living, []))));
  const taken = new Set(back);
  return match(
    stored.filter(({ id, goneAt }) => goneAt === undefined || taken.has(id)),
    back,
  );
}
