import MarkdownIt from "markdown-it";
import { expect, test } from "vitest";
import { safeMarkdown } from "../../server/render/safe-markdown.ts";

/** A view that lets everything through, as an editor's may. */
const trusting = new MarkdownIt({ html: true });
trusting.validateLink = () => true;

test.each([
  "<script>alert(1)</script>",
  "a <img src=x onerror=alert(1)> b",
  "\\\\<script>x</script>",
  "`x\n`<script>y</script>`",
  "```\n<script>z</script>\n> ```",
  "> ```\n<script>z</script>\n> ```",
  "- a\n  ```\n<script>z</script>\n  ```",
  "``` a`b\n<script>z</script>\n```",
  "\\`<script>z</script>`",
  "<!-- a --> <?php ?>",
  "a](<script>alert(1)</script>)",
  "a](\n<script>alert(1)</script>)",
])("raw HTML in a hover is text and no HTML: %j", (source) => {
  const html = trusting.render(safeMarkdown(source));
  expect(html).not.toMatch(/<(?:script|img|!--|\?)/);
});

test.each([
  "[a](javascript:alert(1))",
  "[a](JavaScript:alert(1))",
  "[a](  javascript:alert(1))",
  "[a](<javascript:alert(1)>)",
  "[a](\njavascript:alert(1))",
  "[a](<java\tscript:alert(1)>)",
  "[a](java&#115;cript:alert(1))",
  "[a](javascript&colon;alert(1))",
  "[a](javascript\\:alert(1))",
  "![a](data:text/html,x)",
  "[a]\n\n[a]: javascript:alert(1)",
  "[a]\n\n[a]:\n  <javascript:alert(1)>",
  "<javascript:alert(1)>",
  "`x\n`[a](javascript:alert(1))`",
  "[a](command:workbench.run)",
  "[a](file:///etc/passwd)",
])("a link in a hover that could run something is none: %j", (source) => {
  expect(trusting.render(safeMarkdown(source))).not.toMatch(/<(?:a|img) /);
});

test.each([
  "[a](https://example.org/a:b) <https://example.org> [b](mailto:a@b.c) ![p](img/a.png) ![q](attachment:q.png) [top](#a:b)",
  "1 < 2, `a` and a\\<b\n\n```cpp\nvector<int> v;\n```\n\n~~~\n<b>\n~~~\n",
  "- a\n  ```html\n  <b>\n  ```\n- b",
])("links that lead somewhere, and code, stay as they are: %j", (source) => {
  expect(safeMarkdown(source)).toBe(source);
});

test("a link whose target has blanks stays one", () => {
  expect(safeMarkdown("[a](<my file (1).md>)")).toBe("[a](my%20file%20%281%29.md)");
});

test("a long source without ends of its code costs its length", () => {
  const source = "```a\n`[x](<".repeat(20_000);
  expect(safeMarkdown(source).startsWith("```a\n`[x](")).toBe(true);
});
