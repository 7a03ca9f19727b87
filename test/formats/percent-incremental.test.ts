import fc from "fast-check";
import { expect, test } from "vitest";
import { TextLines } from "../../server/base/text.ts";
import { percent } from "../../server/formats/percent.ts";
import type { CellSpan } from "../../server/notebook/model.ts";

/** Pieces out of which scripts that try the reader are made. */
const line = fc.constantFrom(
  "# %%",
  "# %% title",
  "# %% [markdown]",
  "  # %% indented",
  '# %% [md] tags=["a"]',
  "# %%magic",
  "x = 1",
  "",
  "  ",
  '"""',
  'y = """ # %%',
  "'''",
  "# '''",
  "# ---",
  "# jupyter:",
  "#   kernelspec:",
  "#     name: python3",
  "# title: a",
  "# ```mermaid",
  "# ```",
  "# prose",
  "#!/usr/bin/env python",
);
const text = fc.array(line, { maxLength: 14 }).map((lines) => lines.join("\n"));
const inserted = fc.oneof(
  text,
  fc.constantFrom("", "\n", "#", " ", "%", '"', "'", "`", "# %%\n", "\n# %%\n", "x"),
  fc.array(line, { maxLength: 3 }).map((lines) => lines.map((each) => `${each}\n`).join("")),
);
const position = fc.record({ line: fc.nat(16), character: fc.oneof(fc.constant(0), fc.nat(20)) });
const edit = fc.record({ a: position, b: fc.option(position, { nil: undefined, freq: 2 }), text: inserted });

function plain(cells: readonly CellSpan[]): CellSpan[] {
  return cells.map((cell) => ({ ...cell }));
}

for (const [path, percentMarker] of [
  ["a.py", "jupytext"],
  ["a.R", "jupytext"],
  ["a.py", "vscode"],
] as const) {
  test(`edits of ${path} (${percentMarker} markers) leave the cells that a fresh reading finds`, { timeout: 30_000 }, () => {
    fc.assert(
      fc.property(text, fc.array(edit, { maxLength: 10 }), (first, edits) => {
        const context = { path, percentMarker };
        const lines = new TextLines(first);
        const scanner = percent.open(lines, context);
        for (const { a, b, text: fresh } of edits) {
          const shown = plain(scanner.cells);
          const change = lines.apply({ range: { start: a, end: b ?? a }, text: fresh });
          const changed = scanner.update(change);
          const again = percent.open(new TextLines(lines.toString()), context);
          expect(plain(scanner.cells)).toEqual(plain(again.cells));
          expect(scanner.metadata).toEqual(again.metadata);
          expect(scanner.problems).toEqual(again.problems);
          expect(scanner.cells.map((cell) => scanner.source(cell))).toEqual(again.cells.map((cell) => again.source(cell)));
          // Whoever follows the changes sees the same cells.
          if (changed === undefined) expect(plain(scanner.cells)).toEqual(shown);
          else {
            const added = plain(scanner.cells).slice(changed.start, changed.start + changed.insertCount);
            expect(shown.splice(changed.start, changed.deleted.length, ...added)).toEqual(changed.deleted);
            const shift = change.inserted - change.removed;
            for (const cell of shown.slice(changed.start + changed.insertCount)) cell.start += shift;
            expect(shown).toEqual(plain(scanner.cells));
          }
          // Contiguous from the first cell on, to the end of the text.
          for (const [index, cell] of scanner.cells.entries()) {
            expect(cell.start + cell.lineCount).toBe(scanner.cells[index + 1]?.start ?? lines.lineCount);
          }
        }
      }),
      { numRuns: 100 },
    );
  });
}
