import type { CellKind } from "./model.ts";

/** A cell as matching sees it. */
export interface MatchableCell {
  readonly kind: CellKind;
  readonly source: string;
}
export interface KnownCell extends MatchableCell {
  readonly id: string;
}
export interface UnknownCell extends MatchableCell {
  /** An id that the file itself gives. */
  readonly explicitId?: string | undefined;
}

/** Gaps with more pairs than this are matched in their order, without comparing lines. */
const comparedPairsMax = 10_000;

/**
 * Which of the known cells each new one is: for full-text changes, second replicas and reopened files.
 * First by explicit id, then by equal source in order, then equal source anywhere (a moved cell), then what stands between
 * the same neighbours and has the same kind (a changed cell). `undefined`: a cell that is new.
 */
export function matchCells(old: readonly KnownCell[], fresh: readonly UnknownCell[]): (string | undefined)[] {
  const oldOf = Array.from({ length: fresh.length }, () => -1);
  const isTaken = Array.from({ length: old.length }, () => false);
  const take = (oldIndex: number, index: number) => {
    oldOf[index] = oldIndex;
    isTaken[oldIndex] = true;
  };
  matchExplicit(old, fresh, take);
  const oldKeys = keys(old);
  const freshKeys = keys(fresh);
  const anchors = matchInOrder(oldKeys, freshKeys, oldOf, isTaken, take);
  matchMoved(old, fresh, oldKeys, freshKeys, oldOf, isTaken, take);
  for (const gap of gapsBetween(anchors, old.length, fresh.length)) matchChanged(old, fresh, gap, oldOf, isTaken, take);
  return oldOf.map((index) => old[index]?.id);
}

type Take = (oldIndex: number, index: number) => void;

/** Cells `[oldStart, oldEnd)` and `[start, end)` between two pairs that are matched in order. */
interface Gap {
  readonly oldStart: number;
  readonly oldEnd: number;
  readonly start: number;
  readonly end: number;
}

function matchExplicit(old: readonly KnownCell[], fresh: readonly UnknownCell[], take: Take): void {
  if (!fresh.some((cell) => cell.explicitId !== undefined)) return;
  const indexOf = new Map(old.map((cell, index) => [cell.id, index]));
  for (const [index, { explicitId }] of fresh.entries()) {
    const oldIndex = explicitId === undefined ? undefined : indexOf.get(explicitId);
    if (explicitId === undefined || oldIndex === undefined) continue;
    indexOf.delete(explicitId);
    take(oldIndex, index);
  }
}

function keys(cells: readonly MatchableCell[]): string[] {
  return cells.map((cell) => `${cell.kind}\n${cell.source}`);
}

/** Equal head and tail, then the sources that occur once on both sides and keep their order, then what is equal next to those. */
function matchInOrder(
  oldKeys: readonly string[],
  freshKeys: readonly string[],
  oldOf: readonly number[],
  isTaken: readonly boolean[],
  take: Take,
): (readonly [number, number])[] {
  const pairs: (readonly [number, number])[] = [];
  const isFree = (oldIndex: number, index: number) => isTaken[oldIndex] === false && oldOf[index] === -1;
  const pair = (oldIndex: number, index: number): boolean => {
    if (oldKeys[oldIndex] !== freshKeys[index]) return false;
    if (isFree(oldIndex, index)) take(oldIndex, index);
    else if (oldOf[index] !== oldIndex) return false;
    pairs.push([oldIndex, index]);
    return true;
  };
  const trim = (gap: Gap): Gap => {
    let { oldStart, oldEnd, start, end } = gap;
    while (oldStart < oldEnd && start < end && pair(oldStart, start)) {
      oldStart += 1;
      start += 1;
    }
    while (oldStart < oldEnd && start < end && pair(oldEnd - 1, end - 1)) {
      oldEnd -= 1;
      end -= 1;
    }
    return { oldStart, oldEnd, start, end };
  };
  const middle = trim({ oldStart: 0, oldEnd: oldKeys.length, start: 0, end: freshKeys.length });
  const unique = uniqueInBoth(oldKeys, freshKeys, middle).filter(([oldIndex, index]) => isFree(oldIndex, index));
  const anchors = longestRising(unique);
  for (const [oldIndex, index] of anchors) pair(oldIndex, index);
  // What explicit ids matched in order are anchors too.
  const explicit: (readonly [number, number])[] = [];
  for (let index = middle.start; index < middle.end; index += 1) {
    const oldIndex = oldOf[index] ?? -1;
    if (oldIndex >= middle.oldStart && oldIndex < middle.oldEnd) explicit.push([oldIndex, index]);
  }
  const inOrder = longestRising(explicit);
  let from = { old: middle.oldStart, fresh: middle.start };
  for (const [oldIndex, index] of [...inOrder, [middle.oldEnd, middle.end] as const]) {
    trim({ oldStart: from.old, oldEnd: oldIndex, start: from.fresh, end: index });
    from = { old: oldIndex + 1, fresh: index + 1 };
  }
  pairs.push(...inOrder);
  return pairs;
}

function uniqueInBoth(oldKeys: readonly string[], freshKeys: readonly string[], gap: Gap): [number, number][] {
  const oldAt = new Map<string, number>();
  for (let index = gap.oldStart; index < gap.oldEnd; index += 1) {
    const key = oldKeys[index] ?? "";
    oldAt.set(key, oldAt.has(key) ? -1 : index);
  }
  const freshAt = new Map<string, number>();
  for (let index = gap.start; index < gap.end; index += 1) {
    const key = freshKeys[index] ?? "";
    freshAt.set(key, freshAt.has(key) ? -1 : index);
  }
  const pairs: [number, number][] = [];
  for (const [key, index] of freshAt) {
    const oldIndex = oldAt.get(key);
    if (index >= 0 && oldIndex !== undefined && oldIndex >= 0) pairs.push([oldIndex, index]);
  }
  return pairs;
}

/** The longest subsequence of pairs, sorted by their second number, whose first numbers rise. */
function longestRising(pairs: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  const ends: number[] = [];
  const previous = Array.from({ length: pairs.length }, () => -1);
  for (const [at, [value]] of pairs.entries()) {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((pairs[ends[middle] ?? 0]?.[0] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    previous[at] = ends[low - 1] ?? -1;
    ends[low] = at;
  }
  const chosen: (readonly [number, number])[] = [];
  for (let at = ends.at(-1) ?? -1; at >= 0; at = previous[at] ?? -1) {
    const pair = pairs[at];
    if (pair !== undefined) chosen.push(pair);
  }
  return chosen.reverse();
}

/** Cells that were moved: equal sources anywhere, in document order. Blank cells say nothing about themselves. */
function matchMoved(
  old: readonly KnownCell[],
  fresh: readonly UnknownCell[],
  oldKeys: readonly string[],
  freshKeys: readonly string[],
  oldOf: readonly number[],
  isTaken: readonly boolean[],
  take: Take,
): void {
  const waiting = new Map<string, number[]>();
  for (const [index, key] of oldKeys.entries()) {
    if (isTaken[index] !== false || old[index]?.source.trim() === "") continue;
    const indexes = waiting.get(key);
    if (indexes === undefined) waiting.set(key, [index]);
    else indexes.push(index);
  }
  for (const [index, key] of freshKeys.entries()) {
    if (oldOf[index] !== -1 || fresh[index]?.source.trim() === "") continue;
    const oldIndex = waiting.get(key)?.shift();
    if (oldIndex !== undefined) take(oldIndex, index);
  }
}

function gapsBetween(pairs: readonly (readonly [number, number])[], oldCount: number, count: number): Gap[] {
  const gaps: Gap[] = [];
  let oldStart = 0;
  let start = 0;
  for (const [oldEnd, end] of [...pairs.toSorted((a, b) => a[1] - b[1]), [oldCount, count] as const]) {
    if (oldEnd > oldStart && end > start) gaps.push({ oldStart, oldEnd, start, end });
    oldStart = Math.max(oldStart, oldEnd + 1);
    start = Math.max(start, end + 1);
  }
  return gaps;
}

/** Cells of the same kind between the same neighbours, so that the lines they share are most. */
function matchChanged(
  old: readonly KnownCell[],
  fresh: readonly UnknownCell[],
  gap: Gap,
  oldOf: readonly number[],
  isTaken: readonly boolean[],
  take: Take,
): void {
  const left: number[] = [];
  const right: number[] = [];
  for (let index = gap.oldStart; index < gap.oldEnd; index += 1) if (isTaken[index] === false) left.push(index);
  for (let index = gap.start; index < gap.end; index += 1) if (oldOf[index] === -1) right.push(index);
  if (left.length === 0 || right.length === 0) return;
  if (left.length === right.length && left.every((oldIndex, at) => old[oldIndex]?.kind === fresh[right[at] ?? -1]?.kind)) {
    for (const [at, oldIndex] of left.entries()) take(oldIndex, right[at] ?? 0);
  } else if (left.length * right.length > comparedPairsMax) matchByKind(old, fresh, left, right, take);
  else matchBySharedLines(old, fresh, left, right, take);
}

function matchByKind(
  old: readonly KnownCell[],
  fresh: readonly UnknownCell[],
  left: readonly number[],
  right: readonly number[],
  take: Take,
): void {
  let at = 0;
  for (const index of right) {
    while (at < left.length && old[left[at] ?? -1]?.kind !== fresh[index]?.kind) at += 1;
    const oldIndex = left[at];
    if (oldIndex === undefined) return;
    take(oldIndex, index);
    at += 1;
  }
}

function matchBySharedLines(
  old: readonly KnownCell[],
  fresh: readonly UnknownCell[],
  left: readonly number[],
  right: readonly number[],
  take: Take,
): void {
  const lines = (cell: MatchableCell | undefined) => new Set(cell?.source.split("\n").map((line) => line.trim()));
  const leftLines = left.map((index) => lines(old[index]));
  const rightLines = right.map((index) => lines(fresh[index]));
  const worth = (i: number, j: number): number => {
    if (old[left[i] ?? -1]?.kind !== fresh[right[j] ?? -1]?.kind) return 0;
    const [a, b] = [leftLines[i] ?? new Set(), rightLines[j] ?? new Set()];
    let shared = 0;
    for (const line of a) if (b.has(line)) shared += 1;
    // The same place alone counts little, but it counts; code has outputs to lose.
    return (old[left[i] ?? -1]?.kind === "code" ? 0.02 : 0.01) + (2 * shared) / (a.size + b.size);
  };
  // best[i][j]: the most worth of what stands from i and j on.
  const best = Array.from({ length: left.length + 1 }, () => Array.from({ length: right.length + 1 }, () => 0));
  const worths = left.map((_, i) => right.map((__, j) => worth(i, j)));
  for (let i = left.length - 1; i >= 0; i -= 1) {
    for (let j = right.length - 1; j >= 0; j -= 1) {
      const pair = worths[i]?.[j] ?? 0;
      const both = pair > 0 ? pair + (best[i + 1]?.[j + 1] ?? 0) : 0;
      const row = best[i];
      if (row !== undefined) row[j] = Math.max(both, best[i + 1]?.[j] ?? 0, best[i]?.[j + 1] ?? 0);
    }
  }
  let i = 0;
  let j = 0;
  while (i < left.length && j < right.length) {
    const pair = worths[i]?.[j] ?? 0;
    const here = best[i]?.[j] ?? 0;
    if (pair > 0 && here === pair + (best[i + 1]?.[j + 1] ?? 0)) {
      take(left[i] ?? 0, right[j] ?? 0);
      i += 1;
      j += 1;
    } else if (here === (best[i + 1]?.[j] ?? 0)) i += 1;
    else j += 1;
  }
}
