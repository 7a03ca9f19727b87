import { expect, test } from "vitest";
import { markdownLines } from "../../server/render/markdown.ts";
import { plainText } from "../../server/render/span.ts";
import { captured, shown } from "./captured.ts";

const text = (source: string, width = 80) => plainText(markdownLines(source, { width, height: Infinity }));

test("Markdown that a kernel sent", () => {
  expect(shown(captured("markdown"))).toMatchInlineSnapshot(`
    "Title

    Some emphasis and strong code and a link (https://example.org).

    • one
    • two
      1. inner

    a  b
    ─  ─
    x  1

      print(1)

    Mass E = mc²."
  `);
});

test("emphasis, code and headings are styles", () => {
  expect(markdownLines("## A *b* `c`\n\n**d**", { width: 80, height: 20 })).toEqual([
    [
      { text: "A ", bold: true },
      { text: "b", bold: true, italic: true },
      { text: " ", bold: true },
      { text: "c", bold: true, fg: 6 },
    ],
    [],
    [{ text: "d", bold: true }],
  ]);
});

test("lists are numbered and set in, quotes have a bar, long lines are broken between words", () => {
  expect(text("3. one two three four five six\n   - inner\n4. next\n\n> quoted words that are long", 24)).toBe(
    ["3. one two three four", "   five six", "   • inner", "4. next", "", "│ quoted words that are", "│ long"].join("\n"),
  );
});

test("an address is shown, unless it is its own text", () => {
  expect(text("[a](https://example.org) <https://example.org> [b](ftp:x)")).toBe(
    "a (https://example.org) https://example.org b (ftp:x)",
  );
});

test("formulas are not read as Markdown, and prices are no formulas", () => {
  expect(text("$x_1 * y_2 * z$ and $$\\alpha$$, from $5 to $10")).toBe("x₁ * y₂ * z and α, from $5 to $10");
});

test("HTML within is read as text", () => {
  expect(text("<div>\n<b>bold</b> &amp; more\n</div>\n\na<br>b <script>x</script>")).toBe("bold & more\n\na\nb x");
});

test("no control character comes out, written as it is or as an entity", () => {
  // oxlint-disable-next-line no-control-regex
  expect(text("a&#27;[31mb \u001b]0;t\u0007 [x](https://e.org/\u009b) `\u202e`")).not.toMatch(
    /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/,
  );
});

test.each(["*a ", "[", "[a](", ">", "- ", "`", "_", "![", "<", "$", "$$ ", "**a *b ", "&", "|a|\n|-|\n"])(
  "%s without end takes no quadratic time",
  (piece) => {
    const started = performance.now();
    text(piece.repeat(Math.floor(99_000 / piece.length)));
    expect(performance.now() - started).toBeLessThan(3_000);
  },
);
