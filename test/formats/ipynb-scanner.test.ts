import fc from "fast-check";
import { expect, test } from "vitest";
import { TextLines } from "../../server/base/text.ts";
import { ipynb } from "../../server/formats/ipynb.ts";
import type { CellSpan } from "../../server/notebook/model.ts";
import { markedRange, markedText } from "../marked-text.ts";
import { fixture, notebookFixtures } from "./fixtures.ts";

const context = { path: "a.ipynb" };
const two = `{
 "cells": [
  {
   "cell_type": "code",
   "execution_count": null,
   "id": "a",
   "metadata": {"tags": ["t"]},
   "outputs": [],
   "source": [
    "x = 1\\n",
    "print(\\"é\\")"
   ]
  },
  {
   "cell_type": "markdown",
   "id": "b",
   "metadata": {},
   "source": []
  }
 ],
 "metadata": {"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}},
 "nbformat": 4,
 "nbformat_minor": 5
}
`;

function lined(cell: CellSpan): string {
  const first = cell.start + cell.bodyOffset;
  return `${cell.id} ${cell.kind} ${cell.start}-${cell.start + cell.lineCount} body ${first}-${first + cell.bodyLineCount}`;
}

test("cells are the lines of their objects, bodies those of their sources", () => {
  const scanner = ipynb.open(new TextLines(two), context);
  expect(scanner.cells.map(lined)).toEqual(
    ["a code 2-13 body 8-11", "b markdown 13-19 body 17-17"].map((line) => line.replace("8-11", "9-11")),
  );
  expect(scanner.cells.map((cell) => scanner.source(cell))).toEqual(['x = 1\nprint("é")', ""]);
  expect(scanner.cells[0]?.tags).toEqual(["t"]);
  expect([scanner.language, scanner.cells[0]?.language, scanner.cells[1]?.language]).toEqual(["r", "r", "markdown"]);
});

test.each([
  [two.replace("x = 1", "x <|>= 1"), 0, 2],
  [two.replace("é", "<|>é"), 1, 7],
])("a place in the JSON is one in the source, and back (%#)", (marked, line, character) => {
  const { text, cursors } = markedText(marked);
  const scanner = ipynb.open(new TextLines(text), context);
  const [cell] = scanner.cells;
  const [cursor] = cursors;
  if (cell === undefined || cursor === undefined) throw new Error("no cell or cursor");
  expect(scanner.toSource(cell, cursor.line, cursor.character)).toEqual({ line, character });
  expect(scanner.toDocument(cell, line, character)).toEqual(cursor);
});

test("while JSON is half typed, the cells of before stay and move with their lines", () => {
  const lines = new TextLines(two);
  const scanner = ipynb.open(lines, context);
  const insert = (line: number, character: number, text: string) =>
    scanner.update(lines.apply({ range: { start: { line, character }, end: { line, character } }, text }));
  expect(insert(9, 4, '"y = 2\n')).toMatchObject({ start: 0, insertCount: 1 });
  expect(scanner.problems).toEqual([{ line: 9, severity: "error", message: "no valid JSON: a string is not closed" }]);
  expect(scanner.cells.map((cell) => `${cell.start}-${cell.start + cell.lineCount}`)).toEqual(["2-14", "14-20"]);
  expect(scanner.cells.map((cell) => scanner.source(cell))[0]).toBe('x = 1\nprint("é")');
  scanner.update(
    lines.apply({ range: { start: { line: 9, character: 10 }, end: { line: 10, character: 0 } }, text: '\\n",\n    ' }),
  );
  expect(scanner.problems).toEqual([]);
  expect(scanner.cells.map((cell) => scanner.source(cell))[0]).toBe('y = 2\nx = 1\nprint("é")');
});

test("text that never was JSON has no cells, until it is", () => {
  const lines = new TextLines("{");
  const scanner = ipynb.open(lines, context);
  expect(scanner.cells).toEqual([]);
  expect(scanner.update(lines.apply({ text: two }))).toMatchObject({ start: 0, deleted: [], insertCount: 2 });
});

test("a typed character changes no cell but in its characters", () => {
  const { text, range } = markedRange(two.replace("x = 1", "x = 1<|>"));
  const lines = new TextLines(text);
  const scanner = ipynb.open(lines, context);
  expect(scanner.update(lines.apply({ range, text: "0" }))).toBeUndefined();
  expect(scanner.cells.map((cell) => scanner.source(cell))[0]).toContain("x = 10");
});

test.each(notebookFixtures())("edits of %s end with the cells that a fresh reading finds", (name) => {
  const text = fixture(name);
  const edit = fc.record({
    from: fc.nat(),
    length: fc.nat(30),
    text: fc.constantFrom("", "x", '"', "\n", "{", "},\n{", ",", "\\"),
  });
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 4 }), (edits) => {
      const lines = new TextLines(text);
      const scanner = ipynb.open(lines, context);
      for (const { from, length, text: inserted } of edits) {
        const line = from % lines.lineCount;
        scanner.update(
          lines.apply({
            range: { start: { line, character: length }, end: { line: line + (length % 3), character: 2 } },
            text: inserted,
          }),
        );
        for (const [index, cell] of scanner.cells.entries()) {
          const next = scanner.cells[index + 1];
          if (next !== undefined) expect(cell.start + cell.lineCount).toBe(next.start);
          expect(cell.lineCount).toBeGreaterThanOrEqual(0);
        }
      }
      scanner.update(lines.apply({ text }));
      expect(scanner.cells).toEqual(ipynb.open(new TextLines(text), context).cells);
    }),
    { numRuns: 50 },
  );
});
