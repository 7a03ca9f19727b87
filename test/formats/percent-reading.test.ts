import { expect, test } from "vitest";
import { TextLines } from "../../server/base/text.ts";
import type { FormatContext } from "../../server/formats/format.ts";
import { percent } from "../../server/formats/percent.ts";
import { markedText } from "../marked-text.ts";

/** One line for each cell: kind, lines (1-based, inclusive), what its marker says, and its source as JSON. */
function cellsOf(text: string, context: FormatContext = { path: "a.py" }): string[] {
  const scanner = percent.open(new TextLines(text), context);
  return scanner.cells.map((cell) => {
    const said = Object.keys(cell.metadata).length > 0 ? ` ${JSON.stringify(cell.metadata)}` : "";
    const lines = `${cell.start + 1}-${cell.start + cell.lineCount}`;
    return `${cell.kind} ${lines}${cell.hasMarker ? "" : " unmarked"}${said} ${JSON.stringify(scanner.source(cell))}`;
  });
}

test("cells run from marker to marker", () => {
  expect(cellsOf("import os\n\n# %%\nx = 1\n\n# %% [markdown]\n# # Title\n#\n# text\n")).toEqual([
    'code 1-2 unmarked "import os"',
    'code 3-5 "x = 1"',
    'markdown 6-10 "# Title\\n\\ntext"',
  ]);
});

test("a script without markers is one cell, and a blank one is none", () => {
  expect(cellsOf("x = 1\ny = 2\n")).toEqual(['code 1-3 unmarked "x = 1\\ny = 2"']);
  expect(cellsOf("")).toEqual([]);
  expect(cellsOf("\n  \n\n")).toEqual([]);
  expect(cellsOf("\n\n# %%\n1\n")).toEqual(['code 3-5 "1"']);
});

test.each([
  ["# %%", "code {}"],
  ["#%%", "code {}"],
  ["   # %% indented", 'code {"title":"indented"}'],
  ["# %% [markdown]", "markdown {}"],
  ["# %% [md]", 'markdown {"region_name":"md"}'],
  ["# %% a title [raw]", 'raw {"title":"a title"}'],
  ["# %%% deeper", 'code {"cell_depth":1,"title":"deeper"}'],
  ['# %% {"a": 1}', 'code {"a":1}'],
  ["# %% {'a': (1, True, None)}", 'code {"a":[1,true,null]}'],
  ['# %% title tags=["x", "y"] n=2', 'code {"tags":["x","y"],"n":2,"title":"title"}'],
  ["# %% name='it' .class", 'code {"name":"it",".class":null}'],
  ["# %% a=b=", 'code {"incorrectly_encoded_metadata":"a=b="}'],
  ["# In[5]:", "code {}"],
  ["# <codecell>", "code {}"],
])("%s begins a cell", (marker, expected) => {
  const [cell] = percent.open(new TextLines(`${marker}\n`), { path: "a.py" }).cells;
  expect(`${cell?.kind} ${JSON.stringify(cell?.metadata)} ${cell?.hasMarker}`).toBe(`${expected} true`);
});

test.each(["# %%magic", "# % %", "x = 1 # %%", "%%", "// %%", "# In[a]:", "## %%"])("%s begins no cell in Python", (line) => {
  expect(percent.open(new TextLines(`${line}\n`), { path: "a.py" }).cells.map((cell) => cell.hasMarker)).toEqual([false]);
});

test.each([
  ["a.py", "#"],
  ["A.R", "#"],
  ["a.jl", "#"],
  ["a.js", "//"],
  ["a.ts", "//"],
])("%s has markers behind %s", (path, comment) => {
  const text = `${comment} %% [markdown]\n${comment} prose\n\n${comment} %%\nx\n`;
  expect(cellsOf(text, { path })).toEqual(['markdown 1-3 "prose"', 'code 4-6 "x"']);
});

test("the ending of the file says the language, else the client does", () => {
  expect(percent.open(new TextLines(""), { path: "a.R", languageId: "python" }).language).toBe("r");
  expect(percent.open(new TextLines(""), { path: "a.ipynb", languageId: "julia" }).language).toBe("julia");
});

test("VS Code's markers need no space, know no string, and have no [md]", () => {
  const context = { path: "a.py", percentMarker: "vscode" } as const;
  expect(
    cellsOf('# %%title\n"""\n# %%\n"""\n# %% [md]\n# x\n#%%[markdown]\n# y\n', context).map((line) => line.split(" ")[0]),
  ).toEqual(["code", "code", "code", "markdown"]);
});

test("a marker in a multi-line string is text", () => {
  expect(cellsOf('# %%\ns = """\n# %%\n"""\n# %%\n1\n')).toEqual(['code 1-4 "s = \\"\\"\\"\\n# %%\\n\\"\\"\\""', 'code 5-7 "1"']);
  expect(cellsOf("# %%\n# it's '''\n# %%\nx = \"'''\"\n# %%\n")).toHaveLength(3);
});

test("while a triple quote is being typed, the cells behind it stay", () => {
  expect(cellsOf('# %%\ns = """\n\n# %%\n1\n\n# %%\n2\n')).toEqual(['code 1-3 "s = \\"\\"\\""', 'code 4-6 "1"', 'code 7-9 "2"']);
});

test("a fence in a Markdown cell hides what looks like a marker, if it is closed", () => {
  expect(cellsOf("# %% [markdown]\n# ```mermaid\n# %% a comment\n# ```\n\n# %%\n1\n")).toEqual([
    'markdown 1-5 "```mermaid\\n%% a comment\\n```"',
    'code 6-8 "1"',
  ]);
  expect(cellsOf("# %% [markdown]\n# ```mermaid\n\n# %%\n1\n")).toHaveLength(2);
});

test("the header holds the notebook's metadata; its other keys are a raw cell", () => {
  const text =
    "#!/usr/bin/env python\n# ---\n# title: x\n# jupyter:\n#   kernelspec:\n#     display_name: 'It''s'\n#     name: python3\n# ---\n\n# %%\n1\n";
  expect(cellsOf(text)).toEqual(['raw 2-9 unmarked "---\\ntitle: x\\n---"', 'code 10-12 "1"']);
  const { metadata } = percent.open(new TextLines(text), { path: "a.py" });
  expect(metadata).toEqual({
    kernelspec: { display_name: "It's", name: "python3" },
    jupytext: { executable: "/usr/bin/env python" },
  });
});

test("a header that is no YAML is a problem at its line, not an error", () => {
  const { problems, metadata } = percent.open(new TextLines('# ---\n# jupyter:\n#   a: "b\n# ---\n'), { path: "a.py" });
  expect(metadata).toEqual({});
  expect(problems).toEqual([{ line: 2, severity: "warning", message: expect.stringContaining("quote") as string }]);
});

test("magics run without their comment", () => {
  expect(cellsOf("# %%\n# %matplotlib inline\n# !ls -l\n# x = !pwd\n# ?print\n# # %time\n# %%d\n")).toEqual([
    'code 1-8 "%matplotlib inline\\n!ls -l\\nx = !pwd\\n?print\\n# %time\\n%%d"',
  ]);
  expect(cellsOf("# %%\n# %%bash\n# ls\n")).toEqual(['code 1-4 "%%bash\\n# ls"']);
  expect(cellsOf('# %% language="bash" magic_args="-e"\n# ls\n')).toEqual([
    'code 1-3 {"language":"bash","magic_args":"-e"} "%%bash -e\\nls"',
  ]);
});

test("a comment that only resembles a shell command stays one, unless jupytext wrote the file", () => {
  const cell = "# %%\n# ls the files\n# why?\n";
  expect(cellsOf(cell)).toEqual(['code 1-4 "# ls the files\\n# why?"']);
  const header = "# ---\n# jupyter:\n#   jupytext:\n#     text_representation:\n#       format_name: percent\n# ---\n";
  expect(cellsOf(header + cell)).toEqual(['code 7-10 "ls the files\\nwhy?"']);
});

test.each([
  ['"""\ntext\n"""', "text"],
  ["r'''\na \\ b\n'''", "a \\ b"],
  ['"""one line"""', "one line"],
  ['"""\n"""', ""],
  ["# a\n#b\nc", "a\nb\nc"],
])("Markdown written as %j", (body, source) => {
  const scanner = percent.open(new TextLines(`# %% [markdown]\n${body}\n`), { path: "a.py" });
  expect(scanner.cells.map((cell) => scanner.source(cell))).toEqual([source]);
});

test.each([
  ["# %%\nx = <|>1\n", 0, 4],
  ["# %%\n# %<|>time x\n", 0, 1],
  ["# %%\n  # %<|>time x\n", 0, 3],
  ["# %% [markdown]\n# a\n# <|>b\n", 1, 0],
  ['# %% [markdown]\n"""\n<|>a\n"""\n', 0, 0],
  ['# %% [markdown]\nr"""<|>a\nb"""\n', 0, 0],
  ['# %% language="bash"\n# l<|>s\n', 1, 1],
  ["# %%\n# # %%<|> x\n", 0, 4],
])("a place in %j is one in the source, and back", (marked, line, character) => {
  const { text, cursors } = markedText(marked);
  const [cursor] = cursors;
  const scanner = percent.open(new TextLines(text), { path: "a.py" });
  const [cell] = scanner.cells;
  if (cell === undefined || cursor === undefined) throw new Error("no cell or cursor");
  expect(scanner.toSource(cell, cursor.line, cursor.character)).toEqual({ line, character });
  expect(scanner.toDocument(cell, line, character)).toEqual(cursor);
});

test("the lines of markers and of other cells are no place in a source", () => {
  const scanner = percent.open(new TextLines("# %%\n1\n\n# %%\n2\n"), { path: "a.py" });
  const [first] = scanner.cells;
  if (first === undefined) throw new Error("no cell");
  expect([scanner.toSource(first, 0, 0), scanner.toSource(first, 4, 0), scanner.toDocument(first, 1, 0)]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
