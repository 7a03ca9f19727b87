import fc from "fast-check";
import { expect, test } from "vitest";
import { inlayHints } from "../../server/lsp/hints.ts";
import { Mirror } from "../../server/lsp/mirror.ts";
import { TextLines } from "../../server/base/text.ts";
import { percent } from "../../server/formats/percent.ts";
import { cellsIn, cellsOf, mirrorOf, uri } from "./mirror-of.ts";

test("the mirror is where a fresh reading of the text would be, whatever was edited", () => {
  const line = fc.constantFrom("# %%", "# %% [markdown]", "x = 1", "", "# note");
  const lines = (max: number) => fc.array(line, { maxLength: max });
  const place = fc.record({ line: fc.nat(14), character: fc.nat(5) });
  const edit = fc.record({ start: place, end: place, text: lines(3).map((some) => some.join("\n")) });
  fc.assert(
    fc.property(lines(12), fc.array(edit, { maxLength: 5 }), (first, edits) => {
      const text = new TextLines(first.join("\n"));
      const { mirror, document } = mirrorOf(text.toString());
      const scanner = percent.open(text, { path: "a.py" });
      edits.forEach(({ start, end, text: inserted }, index) => {
        const change = { range: { start, end }, text: inserted };
        const version = index + 2;
        mirror.change(uri, version, [change]);
        const changed = scanner.update(text.apply(change));
        if (changed === undefined) return document.settle();
        const cells = cellsIn(text, scanner).slice(changed.start, changed.start + changed.insertCount);
        mirror.apply({
          type: "cells",
          uri,
          version,
          changes: [{ start: changed.start, deleteCount: changed.deleted.length, cells }],
        });
      });
      const now = document.cells.map((cell) => [document.range(cell), document.bodyRange(cell)]);
      expect(now).toEqual(cellsOf(text.toString()).map(({ range, bodyRange }) => [range, bodyRange]));
      for (const [index, cell] of document.cells.entries()) expect(document.indexAt(cell.startLine)).toBe(index);
    }),
    { numRuns: 300 },
  );
});

test("blank lines above the first marker move every cell, though no cell changed", () => {
  const { mirror, document } = mirrorOf("# %%\n1\n# %%\n");
  const top = { line: 0, character: 0 };
  mirror.change(uri, 2, [{ range: { start: top, end: top }, text: "\n\n" }]);
  document.settle();
  expect(document.cells.map(({ startLine }) => startLine)).toEqual([2, 4]);
  mirror.change(uri, 3, [{ range: { start: top, end: { line: 1, character: 0 } }, text: "" }]);
  document.settle();
  expect(document.cells.map(({ startLine }) => startLine)).toEqual([1, 3]);
});

test("a marker in the last line of a file is a marker", () => {
  const { document } = mirrorOf("# %%");
  expect(document.isNotebook).toBe(true);
  expect(document.cells[0]?.hasMarker).toBe(true);
});

test("a script without a marker is no notebook", () => {
  expect(mirrorOf("x = 1\n").document.isNotebook).toBe(false);
});

test("output belongs under the last line of the body, or under the marker of an empty cell", () => {
  const { document } = mirrorOf("# %%\nx = 1\ny\n\n# %%\n\n# %%\n");
  expect(document.cells.map((cell) => document.anchor(cell))).toEqual([
    { line: 2, character: 1 },
    { line: 4, character: 4 },
    { line: 6, character: 4 },
  ]);
});

test("a cell whose output was cleared shows no state any more", () => {
  const { mirror, document } = mirrorOf("# %%\n1\n");
  mirror.apply({
    type: "execution",
    execution: { textDocument: { uri }, cellId: "c1", executionId: "e1", state: "succeeded", executionCount: 3, durationMs: 420 },
  });
  const whole = { start: { line: 0, character: 0 }, end: { line: 9, character: 0 } };
  expect(inlayHints(document, whole).map(({ label }) => label)).toEqual(["[3] ✓ 0.42 s"]);
  mirror.apply({ type: "outputs", uri, cellId: "c1", executionId: null, seq: 9 });
  expect(inlayHints(document, whole)).toEqual([]);
});

test("events of documents that are not open change nothing", () => {
  const mirror = new Mirror();
  mirror.apply({ type: "cells", uri, version: 1, changes: [] });
  expect(mirror.change(uri, 2, [{ text: "" }])).toBe(false);
  expect(mirror.newestFirst()).toEqual([]);
});
