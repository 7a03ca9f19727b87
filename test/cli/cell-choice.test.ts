import { expect, test } from "vitest";
import type { Cell } from "../../server/protocol/cells.ts";
import { cellNamed, chooseCells } from "../../server/cli/cell-choice.ts";

const nowhere = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };

function cell(id: string, fields: Partial<Cell> = {}): Cell {
  const base = { kind: "code", language: "python", range: nowhere, bodyRange: nowhere, tags: [], state: "idle" } as const;
  return { id, ...base, executionId: null, executionCount: null, ...fields };
}

const cells = [
  cell("a1"),
  cell("b2", { kind: "markdown" }),
  cell("c3", { tags: ["slow", "plot"], title: "Load data" }),
  cell("d4", { tags: ["plot"] }),
  cell("3", { title: "plot" }),
];

function chosen(which: string[], from?: string, to?: string): string[] {
  return chooseCells({ which, from, to }, cells).map(({ id }) => id);
}

test.each([
  [[], ["a1", "c3", "d4", "3"]],
  [["d4,a1"], ["a1", "d4"]],
  [
    ["d4", "a1"],
    ["a1", "d4"],
  ],
  [["plot"], ["c3", "d4"]],
  [["Load data"], ["c3"]],
  [["1-4"], ["a1", "c3", "d4"]],
  [["4"], ["d4"]],
  [["3"], ["3"]],
])("--cells %j means %j, in document order", (which, ids) => {
  expect(chosen(which)).toEqual(ids);
});

test.each([
  ["c3", undefined, ["c3", "d4", "3"]],
  [undefined, "c3", ["a1", "c3"]],
  ["2", "4", ["c3", "d4"]],
] as const)("--from %s --to %s", (from, to, ids) => {
  expect(chosen([], from, to)).toEqual(ids);
});

test.each([
  [["nothing"], /no cell has the id, number, tag or title "nothing"/],
  [["0"], /cells are numbered 1 to 5/],
  [["2-9"], /cells are numbered 1 to 5/],
  [["b2"], /no code cell is among those named/],
  [[","], /no code cell is among those named/],
])("--cells %j is refused", (which, message) => {
  expect(() => chosen(which)).toThrow(message);
});

test("--from behind --to is refused", () => {
  expect(() => chosen([], "d4", "a1")).toThrow(/--from names a cell behind/);
});

test("one cell is asked for and a tag means several: they are named", () => {
  expect(() => cellNamed("plot", cells)).toThrow(/means 2 cells.*c3, d4/);
});

test("a notebook without code cells has nothing to run, which is no mistake", () => {
  expect(chooseCells({ which: [] }, [cell("b2", { kind: "markdown" })])).toEqual([]);
  expect(chooseCells({ which: [] }, [])).toEqual([]);
});
