import fc from "fast-check";
import { expect, test } from "vitest";
import { percent } from "../../server/formats/percent.ts";
import { convert } from "../../server/formats/registry.ts";
import type { Cell, CellKind, Notebook } from "../../server/notebook/model.ts";
import { fixture } from "./fixtures.ts";

function notebook(...cells: readonly (readonly [CellKind, string, Cell["metadata"]?])[]): Notebook {
  return {
    language: "python",
    metadata: { kernelspec: { name: "python3", display_name: "Python 3", language: "python" } },
    cells: cells.map(([kind, source, metadata = {}]) => {
      return { id: undefined, kind, language: "python", source, metadata, executionCount: null, outputs: [] };
    }),
  };
}

const path = "a.py";
const sources = (cells: readonly Cell[]) => cells.map(({ kind, source }) => [kind, source.replace(/\n+$/, "")]);

// Recorded: jupytext --to py:percent scripted.ipynb; sed -i /jupytext_version:/d scripted.py (jupytext 1.19)
test("a script is the one that jupytext writes", () => {
  expect(convert(fixture("scripted.ipynb"), { path: "scripted.ipynb" }, { path: "scripted.py" })).toEqual({
    text: fixture("scripted.py"),
    problems: [],
  });
});

test("a script that jupytext wrote is printed as it is", () => {
  const text = fixture("scripted.py");
  expect(percent.print(percent.parse(text, { path }).notebook, { path })).toBe(text);
});

test.each([
  ["# %%", "code"],
  ["  # %% x", "code"],
  ["# # %%", "code"],
  ["# In[3]:", "code"],
  ["%% x", "markdown"],
  ['%% x\n"""', "markdown"],
  ["# %% x", "markdown"],
  ["%timeit \\\n# # %%", "code"],
] as const)("%j in a %s cell does not split it", (source, kind) => {
  for (const target of ["a.py", "a.R", "a.jl"]) {
    const original = notebook([kind, source], ["code", "after"]);
    const text = percent.print(original, { path: target });
    expect(sources(percent.parse(text, { path: target }).notebook.cells)).toEqual([
      [kind, source],
      ["code", "after"],
    ]);
  }
});

test("code in another language is commented out in R and JavaScript, too", () => {
  expect(percent.print(notebook(["markdown", "a\n\nb"], ["code", "%%html\n<b>"]), { path: "a.js", withoutHeader: true })).toBe(
    '// %% [markdown]\n// a\n//\n// b\n\n// %% language="html"\n// <b>\n',
  );
});

test("a string that a cell leaves open is told, because it swallows what follows in other tools", () => {
  const text = JSON.stringify({
    cells: [`s = """`, "1", `"""`, "2"].map((source) => ({
      cell_type: "code",
      source,
      metadata: {},
      outputs: [],
      execution_count: null,
    })),
    metadata: {},
    nbformat: 4,
    nbformat_minor: 4,
  });
  expect(convert(text, { path: "a.ipynb" }, { path: "a.py" })?.problems.map(({ message }) => message)).toEqual([
    "4 cells are 2 in a.py",
    "cell 1 does not come back from a.py as it is",
  ]);
});

const line = fc.constantFrom(
  "x = 1",
  "",
  "# note",
  "%matplotlib inline",
  "!ls",
  "ls -l",
  "x?",
  "# ls",
  "def f():",
  "    return 1",
  "# %% x",
  "'it'",
  "%%bash",
  "%%time",
);
const cell = fc.record({
  kind: fc.constantFrom("code", "markdown", "raw" as const),
  // Empty lines at a cell's end are blank lines between cells in a script, as jupytext has it.
  source: fc.array(line, { maxLength: 5 }).map((lines) => lines.join("\n").trimEnd()),
  metadata: fc.constantFrom({}, {}, { tags: ["a"] }, { title: "t" }, { title: "a=b" }, { n: { a: [1, null] }, b: null }),
});

test.each(["a.py", "a.R", "a.jl", "a.ts"])(
  "what is printed as %s reads back with its kinds, sources and metadata",
  { timeout: 30_000 },
  (target) => {
    fc.assert(
      fc.property(fc.array(cell, { maxLength: 6 }), (cells) => {
        const original = notebook(...cells.map(({ kind, source, metadata }) => [kind as CellKind, source, metadata] as const));
        const text = percent.print(original, { path: target });
        const read = percent.parse(text, { path: target }).notebook;
        expect(sources(read.cells)).toEqual(sources(original.cells));
        const metadata = read.cells.map(({ metadata: { cell_marker: _marker, ...others } }) => others);
        expect(metadata).toEqual(original.cells.map((each) => each.metadata));
        expect(percent.print(read, { path: target })).toBe(text);
      }),
      { numRuns: 200 },
    );
  },
);
