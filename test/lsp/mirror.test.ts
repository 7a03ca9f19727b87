import fc from "fast-check";
import { expect, test } from "vitest";
import { inlayHints } from "../../server/lsp/hints.ts";
import { Mirror } from "../../server/lsp/mirror.ts";
import type { Cell } from "../../server/protocol/cells.ts";
import { cellsOf, mirrorOf, uri } from "./mirror-of.ts";

const ranges = (cells: readonly { range: unknown; bodyRange: unknown }[]) =>
  cells.map(({ range, bodyRange }) => ({ range, bodyRange }));

/** A smallest splice, as a hub tells it. */
function spliceOf(before: readonly Cell[], after: readonly Cell[], lineShift: number) {
  const same = (a: Cell | undefined, b: Cell | undefined, shift: number) =>
    a !== undefined &&
    b !== undefined &&
    a.kind === b.kind &&
    a.range.start.line + shift === b.range.start.line &&
    a.range.end.line + shift === b.range.end.line &&
    a.range.end.character === b.range.end.character &&
    a.bodyRange.start.line + shift === b.bodyRange.start.line &&
    a.bodyRange.end.line + shift === b.bodyRange.end.line &&
    a.bodyRange.end.character === b.bodyRange.end.character;
  let start = 0;
  while (same(before[start], after[start], 0)) start += 1;
  let behind = 0;
  while (
    behind < Math.min(before.length, after.length) - start &&
    same(before[before.length - 1 - behind], after[after.length - 1 - behind], lineShift)
  )
    behind += 1;
  return { start, deleteCount: before.length - start - behind, cells: after.slice(start, after.length - behind) };
}

test("cells behind a change move with the lines that it adds or removes", () => {
  const line = fc.constantFrom("# %%", "# %% [markdown]", "x = 1", "", "# note");
  const text = fc.array(line, { maxLength: 12 }).map((lines) => lines.join("\n"));
  fc.assert(
    fc.property(
      text,
      fc.array(fc.tuple(fc.nat(14), fc.nat(3), fc.array(line, { maxLength: 3 })), { maxLength: 5 }),
      (first, edits) => {
        const { mirror, document } = mirrorOf(first);
        let before = cellsOf(first);
        edits.forEach(([at, removed, inserted], index) => {
          const range = { start: { line: at, character: 0 }, end: { line: at + removed, character: 0 } };
          const lineCount = document.text.lineCount;
          mirror.change(uri, index + 2, [{ range, text: inserted.map((entry) => `${entry}\n`).join("") }]);
          const after = cellsOf(document.text.toString());
          const change = spliceOf(before, after, document.text.lineCount - lineCount);
          mirror.apply({ type: "cells", uri, version: index + 2, changes: [change] });
          before = after;
        });
        expect(ranges(document.cells)).toEqual(ranges(before));
        for (const [index, cell] of document.cells.entries()) expect(document.indexAt(cell.startLine)).toBe(index);
      },
    ),
  );
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
