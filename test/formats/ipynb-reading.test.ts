import fc from "fast-check";
import { expect, test } from "vitest";
import type { SavedCell } from "../../server/formats/format.ts";
import { newNotebook, openIpynb, ReadOnlyNotebookError } from "../../server/formats/ipynb.ts";
import { splitLines } from "../../server/formats/split-lines.ts";
import { fixture } from "./fixtures.ts";

test("values are read as nbformat reads them", () => {
  const { notebook, language } = openIpynb(fixture("hand-written.ipynb"));
  expect(language).toBe("r");
  expect(notebook.cells.map(({ source }) => source)).toEqual(["x <- 1\ny", "ab\nc", ""]);
  expect(notebook.metadata["nan"]).toBeNull();
  expect(notebook.metadata["twice"]).toBe(2);
  expect(Object.keys(notebook.metadata)).toContain("__proto__");
  const [, code] = openIpynb(fixture("jupyter.ipynb")).notebook.cells;
  expect(code?.outputs).toEqual([
    { output_type: "stream", name: "stdout", text: "a\nb\n" },
    { output_type: "stream", name: "stderr", text: "warning\r\n\f" },
    {
      output_type: "execute_result",
      execution_count: 1,
      data: { "text/html": "<b>2</b>\n<i>2</i>", "text/plain": "2" },
      metadata: {},
    },
  ]);
  expect(openIpynb(fixture("vscode.ipynb")).notebook.cells.map((cell) => cell.language)).toEqual([
    "markdown",
    "python",
    "javascript",
  ]);
});

test("a notebook of format 3 is read as nbformat upgrades it, and not written", () => {
  const file = openIpynb(fixture("version-3.ipynb"));
  expect(file.problems).toMatchInlineSnapshot(`
    [
      {
        "line": 0,
        "message": "this notebook has format 3 and can be read but not saved; convert it with \`jupyter nbconvert --to notebook --nbformat 4\` or \`nbls convert\`",
        "severity": "warning",
      },
    ]
  `);
  expect(
    file.notebook.cells.map(({ kind, source, executionCount, outputs }) => [
      kind,
      source,
      executionCount,
      outputs.map((o) => o.output_type),
    ]),
  ).toEqual([
    ["markdown", "## A heading", null, []],
    ["markdown", "text", null, []],
    ["code", "x = 1\nx", 3, ["execute_result", "stream", "error", "display_data"]],
    ["markdown", "<b>x</b>", null, []],
  ]);
  expect(file.notebook.cells[2]?.outputs[3]).toEqual({
    output_type: "display_data",
    data: { "application/json": { a: 1 } },
    metadata: {},
  });
  expect(() => file.rewrite([])).toThrow(ReadOnlyNotebookError);
});

test.each([
  "version-2.ipynb",
  "invalid/torn.ipynb",
  "invalid/list.ipynb",
  "invalid/cells-object.ipynb",
  "invalid/other-json.ipynb",
  "invalid/version-5.ipynb",
])("%s is a problem with its line, and is never overwritten", (name) => {
  const file = openIpynb(fixture(name));
  expect(file.notebook.cells).toEqual([]);
  expect(`${file.problems[0]?.line} ${file.problems[0]?.severity}: ${file.problems[0]?.message}`).toMatchSnapshot();
  expect(() => file.rewrite([])).toThrow(ReadOnlyNotebookError);
});

test("an id that is used twice is told, and the second cell counts as one without", () => {
  const file = openIpynb(fixture("invalid/twice-the-id.ipynb"));
  expect(file.problems).toEqual([{ line: 12, severity: "warning", message: 'the cell id "a" is used twice' }]);
  expect(file.notebook.cells.map(({ id }) => id)).toEqual(["a", undefined]);
});

test.each(["", "  \n"])("an empty file (%j) is a new notebook", (text) => {
  const file = openIpynb(text);
  expect(file.problems).toEqual([]);
  expect(file.rewrite([])).toBe(text);
  const cell: SavedCell = { id: "a", kind: "code", language: "r", source: "1", metadata: {}, executionCount: null, outputs: [] };
  const written = openIpynb(file.rewrite([cell]));
  expect([written.language, written.notebook.cells[0]?.id, written.notebook.cells[0]?.source]).toEqual(["r", "a", "1"]);
});

test("a new notebook is the text that nbformat writes", () => {
  // Recorded: nbformat.writes(new_notebook(metadata={…})) of nbformat 5.10, with a final newline as `nbformat.write` adds it.
  expect(newNotebook({ language: "r", kernelspec: { name: "ir", displayName: "R" } })).toBe(
    '{\n "cells": [],\n "metadata": {\n  "kernelspec": {\n   "display_name": "R",\n   "language": "R",\n   "name": "ir"\n  },\n  "language_info": {\n   "name": "R"\n  }\n },\n "nbformat": 4,\n "nbformat_minor": 5\n}\n',
  );
});

test("100,000 nested brackets are no stack overflow", () => {
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  const file = openIpynb(`{"nbformat": 4, "nbformat_minor": 4, "metadata": {"deep": ${deep}}, "cells": []}`);
  expect(file.problems).toEqual([]);
  expect(file.rewrite([], { metadata: openIpynb(file.text).notebook.metadata })).toBe(file.text);
  expect(openIpynb("[".repeat(100_000)).problems).toHaveLength(1);
  expect(openIpynb(`{"cells":${'{"a":'.repeat(100_000)}`).problems).toHaveLength(1);
});

test("any text is read without an exception", () => {
  const piece = fc.constantFrom(
    "{",
    "}",
    "[",
    "]",
    '"cells"',
    ":",
    ",",
    '"nbformat"',
    "4",
    "3",
    "null",
    "NaN",
    '"',
    "\\",
    "\n",
    '"source"',
    "{}",
    "-",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const file = openIpynb(pieces.join(""));
      for (const cell of file.notebook.cells) void cell.outputs;
      expect(file.isWritable || file.problems.length > 0).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test("lines are cut where Python cuts them", () => {
  // Recorded: "a\u2028b\x0cc\rd\x85e\x1cf\x0bg\r\nh\n".splitlines(True)
  expect(splitLines("a\u2028b\x0cc\rd\x85e\x1cf\x0bg\r\nh\n")).toEqual([
    "a\u2028",
    "b\x0c",
    "c\r",
    "d\x85",
    "e\x1c",
    "f\x0b",
    "g\r\n",
    "h\n",
  ]);
  expect([splitLines(""), splitLines("a"), splitLines("\n\na")]).toEqual([[], ["a"], ["\n", "\n", "a"]]);
});
