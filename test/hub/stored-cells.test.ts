import { expect, test } from "vitest";
import { hashOf, matchStored, withGone, type StoredCell } from "../../server/hub/stored-cells.ts";

/** `x1` is the cell with the id `x1` and the source `x`. */
const cells = (names: string): StoredCell[] =>
  names.split(" ").map((id) => ({ id, kind: "code", hash: hashOf(id.replace(/\d/g, "")) }));
const fresh = (sources: string) => sources.split(" ").map((source) => ({ kind: "code" as const, hash: hashOf(source) }));

/** What is stored after the text had these cells one after the other, and the ids that its cells have then. */
function texts(first: string, ...later: readonly string[]) {
  let stored: readonly StoredCell[] = withGone([], cells(first), 10);
  let ids: readonly (string | undefined)[] = [];
  for (const [step, text] of later.entries()) {
    ids = matchStored(stored, fresh(text));
    stored = withGone(
      stored,
      fresh(text).map((cell, index) => ({ id: ids[index] ?? `new${step}${index}`, ...cell })),
      10,
    );
  }
  return { ids: ids.join(" "), stored };
}

test.each([
  ["one of three equal cells, put back", "x1 x2 x3", ["x x", "x x x"], "x1 x2 x3"],
  ["all but one of three equal cells, put back", "x1 x2 x3", ["x x", "x", "x x x"], "x1 x2 x3"],
  ["all of three equal cells, put back", "a1 x1 x2 x3", ["a", "a x x x"], "a1 x1 x2 x3"],
  ["each equal cell comes back at its own place", "a1 x1 b1 x2", ["a b", "a b x", "a x b x"], "a1 x1 b1 x2"],
  ["another branch and back", "a1 b1 c1", ["a d", "a b c"], "a1 b1 c1"],
  ["a cell that took the place of one that is gone is a new one", "a1 b1", ["a", "a c"], "a1 "],
  ["a cell that was changed while another is gone", "a1 x1 b1", ["a b", "a c"], "a1 b1"],
])("cells that were gone: %s", (_, first, later, expected) => {
  expect(texts(first, ...later).ids).toBe(expected);
});

test("of cells that are gone, those gone for longest are forgotten, and blank ones at once", () => {
  let stored: readonly StoredCell[] = [...cells("a1 b1 c1 d1"), { id: "blank", kind: "code", hash: hashOf("") }];
  for (const [now, left] of ["a1 b1 d1", "a1 b1", "b1"].entries()) stored = withGone(stored, cells(left), 2, now + 1);
  expect(stored.map(({ id, goneAt }) => [id, goneAt])).toEqual([
    ["a1", 3],
    ["b1", undefined],
    ["d1", 2],
  ]);
});
