import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TextLines } from "../../server/base/text.ts";
import type { FormatContext } from "../../server/formats/format.ts";
import { formatFor } from "../../server/formats/registry.ts";
import { editCells, type CellEdit } from "../../server/notebook/cell-edit.ts";
import { markedText } from "../marked-text.ts";

function edited(marked: string, request: CellEdit | "split", context: FormatContext = { path: "a.py" }): string {
  const { text, cursors } = markedText(marked);
  const [cursor = { line: 0, character: 0 }] = cursors;
  const format = formatFor(context.path, text);
  if (format === undefined) throw new Error("no format");
  const lines = new TextLines(text);
  const scanner = format.open(lines, context);
  const index = scanner.cells.findLastIndex((cell) => cell.start <= cursor.line);
  const span = scanner.cells[index];
  const line = span === undefined ? undefined : scanner.toSource(span, cursor.line, 0)?.line;
  const edit = request === "split" ? ({ type: "split", line: line ?? 0 } as const) : request;
  const result = format.edit(lines, scanner, context, Math.max(index, 0), edit);
  if ("refused" in result) return result.refused;
  if (result.change !== undefined) lines.apply(result.change);
  const all = lines.toString().split("\n");
  all[result.cursor.line] = `<|>${all[result.cursor.line] ?? ""}`;
  return all.join("\n");
}

const insertBelow = { type: "insertBelow" } as const;
const insertAbove = { type: "insertAbove" } as const;
const moveUp = { type: "moveUp" } as const;
const moveDown = { type: "moveDown" } as const;
const remove = { type: "delete" } as const;
const merge = { type: "mergeBelow" } as const;
const toMarkdown = { type: "changeKind", kind: "markdown" } as const;
const toCode = { type: "changeKind", kind: "code" } as const;
const toRaw = { type: "changeKind", kind: "raw" } as const;

describe("scripts", () => {
  test.each<[string, string, CellEdit | "split", string]>([
    ["insert below", "# %%\n<|>a\n\n# %%\nb\n", insertBelow, "# %%\na\n\n# %%\n<|>\n\n# %%\nb\n"],
    ["insert below the last", "# %%\n<|>a\n", insertBelow, "# %%\na\n\n# %%\n<|>\n"],
    ["insert below the last, without a line end", "# %%\n<|>a", insertBelow, "# %%\na\n\n# %%\n<|>"],
    ["insert above the first", "# %%\n<|>a\n", insertAbove, "# %%\n<|>\n\n# %%\na\n"],
    ["insert in between", "# %%\na\n\n# %%\n<|>b\n", insertAbove, "# %%\na\n\n# %%\n<|>\n\n# %%\nb\n"],
    ["insert between cells without blank lines", "# %%\na\n# %%\n<|>b\n", insertAbove, "# %%\na\n# %%\n<|>\n# %%\nb\n"],
    ["insert above text without a marker", "<|>a\n# %%\nb\n", insertAbove, "# %%\n<|>\n# %%\na\n# %%\nb\n"],
    ["insert into nothing", "<|>", insertBelow, "# %%\n<|>"],
    [
      "insert below a header",
      "# ---\n# jupyter:\n#   a: 1\n# ---\n<|>",
      insertBelow,
      "# ---\n# jupyter:\n#   a: 1\n# ---\n# %%\n<|>\n",
    ],
    ["delete", "# %%\na\n\n# %%\n<|>b\n\n# %%\nc\n", remove, "# %%\na\n\n# %%\n<|>c\n"],
    ["delete the last", "# %%\na\n\n# %%\n<|>b\n", remove, "# %%\n<|>a\n"],
    ["delete the only one", "# %%\n<|>b\n", remove, "<|>"],
    ["move down", "# %% A\n<|>a\n\n# %% B\nb\n", moveDown, "# %% B\nb\n\n# %% A\n<|>a\n"],
    ["move up", "#%%\na\n# %% [markdown]\n<|># b\n", moveUp, "# %% [markdown]\n<|># b\n#%%\na\n"],
    ["move text without a marker", "<|>a\n# %% B\nb\n", moveDown, "# %% B\nb\n# %%\n<|>a\n"],
    ["move, with blank lines in the end", "# %%\n<|>a\n\n\n\n\n# %%\nb\n", moveDown, "# %%\nb\n\n# %%\n<|>a\n\n\n\n\n"],
    ["move under the last without a line end", "# %%\n<|>a\n\n# %%\nb", moveDown, "# %%\nb\n\n# %%\n<|>a"],
    ["split", "# %% t\na\n<|>b\n\n# %%\nc\n", "split", "# %% t\na\n\n# %%\n<|>b\n\n# %%\nc\n"],
    ["split at a blank line", "# %%\na\n<|>\nb\n", "split", "# %%\na\n\n# %%\n<|>b\n"],
    ["split prose", "# %% [markdown]\n# a\n#\n<|># b\n", "split", "# %% [markdown]\n# a\n\n# %% [markdown]\n<|># b\n"],
    [
      "split prose between quotes",
      '# %% [markdown]\n"""\na\n<|>b\n"""\n',
      "split",
      '# %% [markdown]\n"""\na\n"""\n\n# %% [markdown]\n<|># b\n',
    ],
    ["merge", "# %%\n<|>a\n\n# %%\nb\n\n# %%\nc\n", merge, "# %%\n<|>a\nb\n\n# %%\nc\n"],
    ["merge prose", "# %% [markdown]\n<|># a\n\n# %% [md]\n# b\n", merge, "# %% [markdown]\n<|># a\n#\n# b\n"],
    ["merge prose into code", "# %%\n<|>a\n\n# %% [markdown]\n# b\n", merge, "# %%\n<|>a\n# b\n"],
    ["merge code into prose", "# %% [markdown]\n<|># a\n\n# %%\nb\n", merge, "# %% [markdown]\n<|># a\n#\n# b\n"],
    ["code becomes prose", "# %% t\n<|>a\n\nb\n", toMarkdown, "# %% t [markdown]\n<|># a\n#\n# b\n"],
    ["prose becomes code", '# %% [markdown]\n"""\n<|>a\n"""\n', toCode, "# %%\n<|>a\n"],
    ["code becomes raw", "# %%\n<|>a\n", toRaw, "# %% [raw]\n<|># a\n"],
    ["the first one does not move up", "# %%\n<|>a\n", moveUp, "the cell is the first one"],
    ["the last one has none below", "# %%\n<|>a\n", merge, "there is no cell below to merge with"],
    ["a header stays", "# ---\n# title: a\n<|># ---\n\n# %%\na\n", moveDown, "the notebook's header is no cell to edit"],
    ["Windows line ends", "# %%\r\n<|>a\r\n\r\n# %%\r\nb\r\n", moveDown, "# %%\r\nb\r\n\r\n# %%\r\n<|>a\r\n"],
    ["a magic stays as it is written", "# %%\n<|>%pwd\n\n# %%\n!ls\n", merge, "# %%\n<|>%pwd\n!ls\n"],
  ])("%s", (_name, marked, edit, expected) => {
    expect(edited(marked, edit)).toBe(expected);
  });

  test("a split inside of a string is refused", () => {
    expect(edited('# %%\nx = """\n<|>y\n"""\n', "split")).toContain("would run from one into another");
  });

  test.each(["javascript", "typescript", "r", "julia"])("markers in the comments of %s", (languageId) => {
    const slashes = languageId.endsWith("script");
    const mark = slashes ? "//" : "#";
    const path = { javascript: "a.js", typescript: "a.ts", r: "a.R", julia: "a.jl" }[languageId] ?? "";
    expect(edited(`${mark} %%\n<|>a\n`, insertBelow, { path })).toBe(`${mark} %%\na\n\n${mark} %%\n<|>\n`);
    expect(edited(`${mark} %%\n<|>a\n`, toMarkdown, { path })).toBe(`${mark} %% [markdown]\n<|>${mark} a\n`);
  });

  test("an .ipynb as text", () => {
    const context = { path: "a.ipynb", languageId: "r" };
    expect(edited("# %%\n<|>a\n", insertBelow, context)).toBe("# %%\na\n\n# %%\n<|>\n");
  });
});

const line = fc.constantFrom(
  "x = 1",
  "y",
  "",
  "  ",
  '"""',
  "'''",
  "# a",
  "#",
  "%pwd",
  "!ls",
  "# # %% b",
  "def f():",
  "    return 1",
);
const marker = fc.constantFrom("# %%", "# %% title", "#%%", "# %% [markdown]", "# %% [raw]", '# %% tags=["a"]', "# In[1]:");
const cell = fc.record({ marker, lines: fc.array(line, { maxLength: 4 }) }).map(({ marker: first, lines }) => [first, ...lines]);
const script = fc
  .record({
    header: fc.constantFrom(
      [],
      ["# ---", "# jupyter:", "#   a: 1", "# ---", ""],
      ["# ---", "# title: b", "# ---"],
      ["import os"],
    ),
    cells: fc.array(cell, { maxLength: 5 }),
    end: fc.constantFrom("", "\n", "\n\n"),
  })
  .map(({ header, cells, end }) => [...header, ...cells.flat()].join("\n") + end);
const kind = fc.constantFrom("code" as const, "markdown" as const, "raw" as const);
const request: fc.Arbitrary<CellEdit> = fc.oneof(
  fc.constantFrom(insertAbove, insertBelow, remove, moveUp, moveDown, merge),
  fc.record({ type: fc.constant("split" as const), line: fc.nat(4) }),
  fc.record({ type: fc.constant("changeKind" as const), kind }),
);

test("any sequence of edits leaves exactly the cells that it should", { timeout: 60_000 }, () => {
  let doneCount = 0;
  fc.assert(
    fc.property(script, fc.array(fc.tuple(fc.nat(5), request), { maxLength: 8 }), (text, edits) => {
      const context = { path: "a.py" };
      const format = formatFor(context.path, text);
      const lines = new TextLines(text);
      const scanner = format?.open(lines, context);
      if (format === undefined || scanner === undefined) throw new Error("no format");
      const sources = () => scanner.cells.map((span) => ({ kind: span.kind, source: scanner.source(span) }));
      for (const [at, edit] of edits) {
        const before = sources();
        const index = before.length === 0 ? 0 : at % before.length;
        const result = format.edit(lines, scanner, context, index, edit);
        if ("refused" in result) continue;
        doneCount += 1;
        const list = editCells(before, index, edit, "#");
        if ("refused" in list) throw new Error("refused");
        if (result.change !== undefined) scanner.update(lines.apply(result.change));
        const wanted = before.toSpliced(
          list.first,
          list.deleteCount,
          ...list.cells.map(({ kind: k, source }) => ({ kind: k, source })),
        );
        expect(sources()).toEqual(wanted);
        const focus = scanner.cells[list.focus];
        if (focus?.hasMarker === true) expect(result.cursor.line).toBe(focus.start + focus.bodyOffset);
      }
    }),
    { numRuns: 500 },
  );
  expect(doneCount).toBeGreaterThan(500);
});
