import fc from "fast-check";
import { expect, test } from "vitest";
import { htmlBlocks } from "../../server/render/html.ts";
import { displayWidth } from "../../server/render/width.ts";
import { captured, capturedData, shown } from "./captured.ts";

test("a data frame of pandas is aligned, numbers to the right", () => {
  expect(shown(captured("pandas-frame"))).toMatchInlineSnapshot(`
    "   name     born          score  when
    ─  ─────  ──────  ─────────────  ──────────
    0  Ada    1815.0   1.234568e-01  2024-01-01
    1  Grace  1906.0   1.000000e+10  2024-02-03
    2  日本      NaN  -3.500000e+00  NaT"
  `);
});

test("a data frame of polars has its shape and its types", () => {
  expect(shown(captured("polars"))).toMatchInlineSnapshot(`
    "shape: (3, 3)
    name      born      score
    str        i64        f64
    ────────  ────  ─────────
    "Ada"     1815  0.1234567
    "Grace"   1906  1.0000e10
    "Edsger"  1930       null"
  `);
});

test("levels of an index and of columns stay where they are", () => {
  expect(shown(captured("pandas-multi"))).toMatchInlineSnapshot(`
    "                   one                 two
                         p         q         p         q
    outer  inner
    ─────  ─────  ────────  ────────  ────────  ────────
    a      x      0.000000  0.142857  0.285714  0.428571
           y      0.571429  0.714286  0.857143  1.000000
    b      x      1.142857  1.285714  1.428571  1.571429
           y      1.714286  1.857143  2.000000  2.142857"
  `);
});

test("a styled data frame has its caption, and nothing of its style", () => {
  expect(shown(captured("pandas-styler"))).toMatchInlineSnapshot(`
    "Styled
              a  b
    ─  ────────  ─
    0  1.500000  x
    1  2.250000  y"
  `);
});

test("what does not fit is left out by whole columns and rows, and said", () => {
  expect(shown(captured("pandas-wide"), { columnsMax: 60, linesMax: 12, ways: { whole: "show-all" } })).toMatchInlineSnapshot(`
    "      column_0    column_1  …   column_23   column_24
    ──  ──────────  ──────────  ─  ──────────  ──────────
     0    0.000000    1.234567  …   28.395041   29.629608
     1   30.864175   32.098742  …   59.259216   60.493783
     2   61.728350   62.962917  …   90.123391   91.357958
     3   92.592525   93.827092  …  120.987566  122.222133
    … 23 more rows
    27  833.332725  834.567292  …  861.727766  862.962333
    28  864.196900  865.431467  …  892.591941  893.826508
    29  895.061075  896.295642  …  923.456116  924.690683
    … more columns (show-all shows all)
    30 rows × 25 columns"
  `);
});

test("texts give way before columns do", () => {
  expect(shown(captured("pandas-long"), { columnsMax: 40 })).toMatchInlineSnapshot(`
    "       n  text
    ───  ───  ──────────────────────────────
      0    0  a sentence that is rather lon…
      1    1  a sentence that is rather lon…
      2    2  a sentence that is rather lon…
      3    3  a sentence that is rather lon…
      4    4  a sentence that is rather lon…
    ...  ...  ...
    195  195  a sentence that is rather lon…
    196  196  a sentence that is rather lon…
    197  197  a sentence that is rather lon…
    198  198  a sentence that is rather lon…
    199  199  a sentence that is rather lon…
    200 rows × 2 columns"
  `);
});

test("all of it is there where there is room for all", () => {
  const whole = shown(captured("pandas-wide"), { columnsMax: Infinity, linesMax: Infinity });
  const rows = htmlBlocks(capturedData("pandas-wide", "text/html")).flatMap((block) =>
    block.kind === "table" ? block.rows : [],
  );
  for (const row of rows) for (const cell of row.cells) expect(whole).toContain(cell);
  expect(whole).not.toContain("more");
});

test("no number is ever cut, and no line wider than there is room", () => {
  const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map(String);
  const cell = fc.oneof(
    number,
    fc.string({ maxLength: 40 }).map((text) => text.replace(/[<>&]/g, "")),
  );
  const rows = fc.array(fc.array(cell, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(rows, fc.integer({ min: 30, max: 120 }), (cells, columnsMax) => {
      const body = cells.map((row) => `<tr>${row.map((text) => `<td>${text}</td>`).join("")}</tr>`).join("");
      const text = shown([{ output_type: "display_data", metadata: {}, data: { "text/html": `<table>${body}</table>` } }], {
        columnsMax,
        linesMax: 15,
      });
      const numbers = new Set(cells.flat());
      for (const line of text.split("\n")) {
        expect(displayWidth(line)).toBeLessThanOrEqual(columnsMax);
        // A piece of a number among the columns would be one that nobody wrote.
        for (const word of line.split(/ {2,}/).map((part) => part.trim()))
          if (/^-?\d+\.\d{6,}(?:e[-+]\d+)?$/.test(word)) expect(numbers).toContain(word);
      }
    }),
    { numRuns: 300 },
  );
});

test("ten thousand rows cost no more than a moment", () => {
  const row = `<tr><th>1</th>${"<td>1.25</td>".repeat(8)}</tr>`;
  const html = `<table><thead><tr>${"<th>a</th>".repeat(9)}</tr></thead><tbody>${row.repeat(10_000)}</tbody></table>`;
  const started = performance.now();
  const text = shown([{ output_type: "display_data", metadata: {}, data: { "text/html": html } }]);
  expect(text.split("\n").length).toBeLessThanOrEqual(20);
  expect(text).toContain("more rows");
  expect(performance.now() - started).toBeLessThan(1_000);
});
