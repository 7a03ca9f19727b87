import { expect, test } from "vitest";
import { markdownHover } from "../../server/lsp/markdown-hover.ts";
import { mirrorOf } from "./mirror-of.ts";

function hoverOf(text: string): unknown {
  const { document } = mirrorOf(text);
  const contents = markdownHover(document, document.cells[0]!)?.contents;
  return typeof contents === "object" && "value" in contents ? contents.value : undefined;
}

test("a Markdown cell reads without its comment marks, its formulas as text, and its links lead to files", () => {
  const cell = [
    "# %% [markdown]",
    "# ## Title",
    "#",
    "# The mass $E = mc^2$ and $x_i$, for $5 or $6. ![plot](img/a.png) [web](https://example.org) [top](#top)",
    "#",
    "# ```python",
    '# price = "$x$"',
    "# ```",
    "#",
    "# $$\\frac{a}{b}$$",
  ].join("\n");
  expect(hoverOf(`${cell}\n`)).toMatchInlineSnapshot(`
    "## Title

    The mass E = mc² and xᵢ, for $5 or $6. ![plot](file:///srv/img/a.png) [web](https://example.org) [top](#top)

    \`\`\`python
    price = "$x$"
    \`\`\`

    a/b"
  `);
});

test("a script in a Markdown cell is text in its hover, and a link to one is none", () => {
  expect(hoverOf("# %% [markdown]\n# <script>x</script> [a](javascript:x) $a<b$\n")).toBe(
    "\\<script>x\\</script> [a]\\(javascript:x) a\\<b",
  );
});

test("prose between quotes is read, and what is escaped stays escaped", () => {
  expect(hoverOf('# %% [markdown]\n"""\na `$x$` \u001b[31mb $x_1 * y_1$\n"""\n')).toBe("a `$x$` b x₁ \\* y₁");
});
