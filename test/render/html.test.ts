import { expect, test } from "vitest";
import { htmlLines } from "../../server/render/mime-html.ts";
import { plainText } from "../../server/render/span.ts";

/** As much of it as there is. */
function htmlToText(html: string): string {
  return plainText(htmlLines(html, { width: Infinity, height: Infinity, color: false }));
}

test("a table is aligned, numbers to the right", () => {
  const html = `<table><thead><tr><th></th><th>name</th><th>n</th></tr></thead>
    <tbody><tr><th>0</th><td>日本</td><td>1.5</td></tr><tr><th>1</th><td>a &amp; b</td><td>-12</td></tr></tbody></table>`;
  expect(htmlToText(html)).toBe(["   name     n", "─  ─────  ───", "0  日本   1.5", "1  a & b  -12"].join("\n"));
});

test("cells that span rows and columns keep the others in their columns", () => {
  const html = `<table><tr><th rowspan="2">k</th><td>1</td></tr><tr><td>2</td></tr><tr><td colspan="2">wide</td></tr></table>`;
  expect(htmlToText(html).split("\n")).toEqual(["k     1", "      2", "wide"]);
});

test("blocks, lists and line breaks become lines", () => {
  const html = "<h1>Title</h1><p>one\n two<br>three</p><ul><li>a</li><li>b<ol><li>c</li></ol></li></ul><div>end</div>";
  expect(htmlToText(html)).toBe("Title\n\none two\nthree\n\n• a\n• b\n  1. c\nend");
});

test("preformatted text keeps its spaces", () => {
  expect(htmlToText("<pre>a\n  b\n</pre>after")).toBe("a\n  b\n\nafter");
});

test("scripts, styles and comments are no text", () => {
  expect(htmlToText("<style>a{}</style>x<script>if (a<b) {}</script><!-- <b>no</b> -->y<svg><text>z</text></svg>")).toBe("xy");
});

test("an image says what it shows", () => {
  expect(htmlToText(`<img src="a.png" alt="a cat">`)).toBe("[image: a cat]");
});

test("attributes may hold angle brackets, and broken markup is shown rather than lost", () => {
  expect(htmlToText(`<a title="a > b" href='x'>link</a> 1 < 2 &unknown; &#65;&#x42; caf&eacute; Fa&ccedil;ade`)).toBe(
    "link 1 < 2 &unknown; AB café Façade",
  );
});

test.each([
  (scale: number) => "<".repeat(12_500 * scale),
  (scale: number) => "<a ".repeat(6_250 * scale),
  (scale: number) => "<table>".repeat(6_250 * scale),
  (scale: number) => "<!--".repeat(6_250 * scale),
  (scale: number) => `<a b="`.repeat(6_250 * scale),
  (scale: number) => "<div>".repeat(12_500 * scale),
  (scale: number) => `<table><tr>${"<td>".repeat(12_500 * scale)}`,
  (scale: number) => `<table>${"<tr><td rowspan=1000 colspan=1000>".repeat(25 * scale)}`,
  (scale: number) => "&#".repeat(12_500 * scale),
  (scale: number) => "<script>".repeat(6_250 * scale),
  (scale: number) => "<ul><li>".repeat(6_250 * scale),
])("hostile markup takes no quadratic time", (markup) => {
  const fastest = (html: string) => {
    const times = Array.from({ length: 3 }, () => {
      const started = performance.now();
      htmlToText(html);
      return performance.now() - started;
    });
    return Math.min(...times);
  };
  const small = fastest(markup(1));
  // Eight times the markup: linear is 8 times the time, quadratic 64 times. The 5 ms are what no clock tells apart.
  expect(fastest(markup(8))).toBeLessThan(24 * (small + 5));
});
