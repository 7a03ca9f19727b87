import fc from "fast-check";
import { expect, test } from "vitest";
import { matchCells, type UnknownCell } from "../../server/notebook/match.ts";
import type { CellKind } from "../../server/notebook/model.ts";

const kinds: { readonly [letter: string]: CellKind } = { c: "code", m: "markdown", r: "raw" };

/** `"c:x = 1"` is a code cell; `/` stands for a line break. */
function cell(short: string): { kind: CellKind; source: string } {
  return { kind: kinds[short[0] ?? ""] ?? "code", source: short.slice(2).replaceAll("/", "\n") };
}

/** Which old cell (A, B …) each new one is; `+` for one that is new. */
function match(old: readonly string[], fresh: readonly string[]): string {
  const known = old.map((short, index) => ({ ...cell(short), id: String.fromCharCode(65 + index) }));
  return matchCells(known, fresh.map(cell))
    .map((id) => id ?? "+")
    .join("");
}

test.each([
  ["nothing changed", ["c:a", "m:b"], ["c:a", "m:b"], "AB"],
  ["one changed", ["c:a", "c:b", "c:c"], ["c:a", "c:x", "c:c"], "ABC"],
  ["all changed", ["c:a", "c:b"], ["c:x", "c:y"], "AB"],
  ["one inserted", ["c:a", "c:b"], ["c:a", "c:x", "c:b"], "A+B"],
  [
    "one inserted above a changed one",
    ["c:a", "c:b = 1/c = 2/d = 3", "c:e"],
    ["c:a", "c:new", "c:b = 1/c = 2/d = 4", "c:e"],
    "A+BC",
  ],
  ["one removed", ["c:a", "c:b", "c:c"], ["c:a", "c:c"], "AC"],
  ["one moved", ["c:a", "c:b", "c:c", "c:d"], ["c:d", "c:a", "c:b", "c:c"], "DABC"],
  ["reversed", ["c:a", "c:b", "c:c"], ["c:c", "c:b", "c:a"], "CBA"],
  ["copied", ["c:a", "c:b"], ["c:a", "c:a", "c:b"], "A+B"],
  ["a kind of its own is not confused", ["c:a", "m:b"], ["m:x", "c:y"], "+A"],
  ["changed kinds in their order", ["m:a", "c:b", "m:c"], ["m:x", "c:y", "m:z"], "ABC"],
  ["blank cells are matched in place only", ["c:", "c:a", "c:"], ["c:a", "c:"], "BC"],
  ["from nothing", [], ["c:a"], "+"],
  ["to nothing", ["c:a"], [], ""],
])("%s", (_symptom, old, fresh, expected) => {
  expect(match(old, fresh)).toBe(expected);
});

test("an id that the file gives wins over an equal source", () => {
  const known = [
    { id: "A", kind: "code", source: "1" },
    { id: "B", kind: "code", source: "2" },
  ] as const;
  const fresh: UnknownCell[] = [
    { kind: "code", source: "2", explicitId: "A" },
    { kind: "code", source: "1", explicitId: "B" },
    { kind: "code", source: "3", explicitId: "C" },
  ];
  expect(matchCells(known, fresh)).toEqual(["A", "B", undefined]);
});

const cells = fc.array(fc.constantFrom("c:a", "c:b", "c:c", "c:d", "m:a", "m:b", "c:", "c:a/b/c", "c:a/b/d"), { maxLength: 12 });

test("no cell is matched twice, an equal list is itself, and no equal source is passed over", () => {
  fc.assert(
    fc.property(cells, cells, (old, fresh) => {
      const found = match(old, fresh);
      const ids = found.replaceAll("+", "");
      expect(new Set(ids).size).toBe(ids.length);
      expect(match(old, old)).toBe(old.map((_, index) => String.fromCharCode(65 + index)).join(""));
      // As many equal pairs as there can be, blank ones aside.
      const equal = [...found].filter(
        (id, index) => id !== "+" && old[id.charCodeAt(0) - 65] === fresh[index] && fresh[index] !== "c:",
      ).length;
      const counts = (list: readonly string[], key: string) => list.filter((each) => each === key).length;
      const possible = [...new Set(fresh)]
        .filter((key) => key !== "c:")
        .reduce((sum, key) => sum + Math.min(counts(old, key), counts(fresh, key)), 0);
      expect(equal).toBe(possible);
    }),
  );
});

test("10,000 cells are matched without comparing each with each", () => {
  const old = Array.from({ length: 10_000 }, (_, index) => ({
    id: String(index),
    kind: "code" as const,
    source: `x = ${index}`,
  }));
  const fresh = old
    .toReversed()
    .map(({ kind, source }, index) => ({ kind, source: index % 2 === 0 ? source : `${source} changed` }));
  const before = performance.now();
  const ids = matchCells(old, fresh);
  // Comparing 10⁸ pairs takes seconds; this takes some 30 ms.
  expect(performance.now() - before).toBeLessThan(1_000);
  expect(ids[0]).toBe("9999");
});
