import { describe, expect, test } from "vitest";
import type { SavedCell } from "../../server/formats/format.ts";
import { type IpynbFile, ipynb, newNotebook, openIpynb } from "../../server/formats/ipynb.ts";
import type { StreamOutput } from "../../server/jupyter/nbformat.ts";
import { fixture, notebookFixtures } from "./fixtures.ts";

/** The file's own cells as a hub saves them: those without an id get one. */
function saved(file: IpynbFile): SavedCell[] {
  return file.notebook.cells.map((cell, index) => ({ ...cell, id: cell.id ?? `ours-${index}` }));
}

/** The lines that are in one text only: `-` of the old one, `+` of the new one. */
function difference(before: string, after: string): string[] {
  const old = before.split("\n");
  const fresh = after.split("\n").filter((line) => {
    const index = old.indexOf(line);
    if (index >= 0) old.splice(index, 1);
    return index < 0;
  });
  return [...old.map((line) => `-${line}`), ...fresh.map((line) => `+${line}`)];
}

function withSource(cells: readonly SavedCell[], index: number, source: string): SavedCell[] {
  return cells.map((cell, at) => (at === index ? { ...cell, source } : cell));
}

const writable = notebookFixtures().filter((name) => openIpynb(fixture(name)).isWritable);

test("every fixture of format 4 can be written", () => {
  expect(notebookFixtures().filter((name) => !writable.includes(name))).toEqual(["version-2.ipynb", "version-3.ipynb"]);
});

describe.each(writable)("%s", (name) => {
  const text = fixture(name);

  test("saved untouched keeps every byte", () => {
    const file = openIpynb(text);
    expect(file.problems).toEqual([]);
    expect(file.rewrite(saved(file))).toBe(text);
    expect(file.rewrite(saved(file), { metadata: file.notebook.metadata })).toBe(text);
  });

  test("with a byte order mark, Windows line ends or tabs keeps those, too", () => {
    for (const other of [`\ufeff${text}`, text.replaceAll("\n", "\r\n"), text.replaceAll(/^ +/gm, "\t"), `${text}\n\n`]) {
      const file = openIpynb(other);
      expect(file.rewrite(saved(file))).toBe(other);
    }
  });

  test("reads back what was changed, whatever it was", () => {
    const file = openIpynb(text);
    const cells = saved(file);
    const changed = cells
      .toReversed()
      .map((cell, index): SavedCell => ({
        ...cell,
        source: `${cell.source}\n😀 ${index}`,
        metadata: { ...cell.metadata, new: [index] },
      }))
      .concat({ id: "fresh", kind: "code", language: "python", source: "new()", metadata: {}, executionCount: 1, outputs: [] });
    const again = openIpynb(file.rewrite(changed, { metadata: { ...file.notebook.metadata, added: { a: 1 } } }));
    expect(again.problems).toEqual([]);
    expect(again.notebook.cells.map(({ kind, source, metadata }) => [kind, source, metadata])).toEqual(
      changed.map(({ kind, source, metadata }) => [kind, source, metadata]),
    );
    expect(again.notebook.cells.map((cell) => cell.outputs)).toEqual(changed.map((cell) => cell.outputs));
    expect(again.notebook.metadata).toEqual({ ...file.notebook.metadata, added: { a: 1 } });
  });

  test("a cell taken out and put back is the same text", () => {
    const file = openIpynb(text);
    const cells = saved(file);
    const without = openIpynb(file.rewrite(cells.slice(1)));
    expect(without.notebook.cells.map(({ source }) => source)).toEqual(cells.slice(1).map(({ source }) => source));
    expect(file.rewrite([...cells.slice(1), ...cells.slice(0, 1)]).length).toBe(text.length);
  });
});

test("a changed source changes its lines only", () => {
  const text = fixture("jupyter.ipynb");
  const file = openIpynb(text);
  expect(difference(text, file.rewrite(withSource(saved(file), 4, "1/1")))).toEqual(['-    "1/0"', '+    "1/1"']);
});

test("a source that the file holds as one string stays one", () => {
  const text = fixture("hand-written.ipynb");
  const file = openIpynb(text);
  expect(difference(text, file.rewrite(withSource(saved(file), 0, "z")))).toEqual([
    '-    {"cell_type": "code", "source": "x <- 1\\ny", "metadata": {}, "outputs": [], "execution_count": null},',
    '+    {"cell_type": "code", "source": "z", "metadata": {}, "outputs": [], "execution_count": null},',
  ]);
});

test("new outputs replace the old ones; those that stay keep their bytes", () => {
  const text = fixture("jupyter.ipynb");
  const file = openIpynb(text);
  const cells = saved(file).map((cell, index) =>
    index === 1
      ? {
          ...cell,
          executionCount: 2,
          outputs: [...cell.outputs.slice(0, 2), { ...cell.outputs[2], execution_count: 2 } as never],
        }
      : cell,
  );
  expect(difference(text, file.rewrite(cells))).toMatchInlineSnapshot(`
    [
      "-   "execution_count": 1,",
      "-     "execution_count": 1,",
      "+   "execution_count": 2,",
      "+     "execution_count": 2,",
    ]
  `);
});

test("a new cell is written in the file's own style", () => {
  const file = openIpynb(fixture("colab.ipynb"));
  const cells = saved(file);
  const fresh: SavedCell = {
    id: "new",
    kind: "code",
    language: "python",
    source: "a\nb",
    metadata: {},
    executionCount: null,
    outputs: [],
  };
  expect(difference(file.text, file.rewrite([...cells, fresh]))).toMatchInlineSnapshot(`
    [
      "+    },",
      "+    {",
      "+      "cell_type": "code",",
      "+      "execution_count": null,",
      "+      "metadata": {},",
      "+      "outputs": [],",
      "+      "source": [",
      "+        "a\\n",",
      "+        "b"",
      "+      ]",
    ]
  `);
});

test("one metadata key of a cell changes its own line", () => {
  const file = openIpynb(fixture("hand-written.ipynb"));
  const cells = saved(file);
  const changed = cells.map((cell, index) => (index === 2 ? { ...cell, metadata: { deep: { a: 1, b: 3 } } } : cell));
  expect(difference(file.text, file.rewrite(changed))).toEqual([
    '-    {"cell_type": "markdown", "source": [], "metadata": {"deep": {"a": 1.0, "b": 2}}}',
    '+    {"cell_type": "markdown", "source": [], "metadata": {"deep": {"a": 1.0, "b": 3}}}',
  ]);
});

test("a cell that becomes Markdown loses its outputs, and one that becomes code gets the members that code needs", () => {
  const file = openIpynb(fixture("vscode.ipynb"));
  const cells = saved(file);
  const swapped = cells.map((cell): SavedCell =>
    cell.kind === "code" ? { ...cell, kind: "markdown", outputs: [], executionCount: null } : { ...cell, kind: "code" },
  );
  const stored = JSON.parse(file.rewrite(swapped)).cells.map((cell: object) => Object.keys(cell));
  expect(stored).toEqual([
    ["cell_type", "execution_count", "metadata", "outputs", "source"],
    ["cell_type", "metadata", "source"],
    ["cell_type", "metadata", "source"],
  ]);
});

test("ids are written from 4.5 on, and to no older file", () => {
  const old = openIpynb(fixture("vscode.ipynb"));
  expect(JSON.parse(old.rewrite(withSource(saved(old), 0, "x"))).cells.every((cell: object) => !("id" in cell))).toBe(true);
  const nameless = openIpynb(fixture("vscode.ipynb").replace('"nbformat_minor": 2', '"nbformat_minor": 5'));
  expect(JSON.parse(nameless.rewrite(saved(nameless))).cells.map(({ id }: { id: string }) => id)).toEqual([
    "ours-0",
    "ours-1",
    "ours-2",
  ]);
});

test("cells without ids keep their bytes when they are moved or one is deleted", () => {
  const file = openIpynb(fixture("colab.ipynb"));
  const [first, second, third] = saved(file);
  if (first === undefined || second === undefined || third === undefined) throw new Error("three cells are expected");
  const moved = JSON.parse(file.rewrite([second, third, first])).cells.map(
    (cell: { metadata: { id: string } }) => cell.metadata.id,
  );
  expect(moved).toEqual(["xYz-9", "empty", "AbC_123"]);
});

test("cell types, outputs and members that nobody knows are kept", () => {
  const file = openIpynb(fixture("future-minor.ipynb"));
  expect(file.notebook.cells.map(({ kind, source, outputs }) => [kind, source, outputs.length])).toEqual([
    ["raw", "select 1", 0],
    ["code", "print('x')", 1],
  ]);
  expect(difference(file.text, file.rewrite(withSource(saved(file), 1, "print('y')")))).toEqual([
    `-    "print('x')"`,
    `+    "print('y')"`,
  ]);
});

test("what is printed anew is what nbformat wrote", () => {
  const { notebook } = openIpynb(fixture("jupyter.ipynb"));
  expect(ipynb.print(notebook, { path: "a.ipynb" })).toBe(fixture("jupyter.ipynb"));
});

test("a long stream is saved part by part, and its bytes are those of the whole", () => {
  const text = `${"α\r\nb\vc\u2028d\n".repeat(20_000)}end`;
  const rewrite = (output: StreamOutput) =>
    openIpynb(newNotebook({ language: "python" })).rewrite([
      { id: "a", kind: "code", language: "python", source: "1", metadata: {}, executionCount: 1, outputs: [output] },
    ]);
  const part = text.lastIndexOf("\n", 70_000) + 1;
  const inParts: StreamOutput = {
    output_type: "stream",
    name: "stdout",
    get text(): string {
      throw new Error("read as a whole");
    },
    parts: () => [text.slice(0, part), text.slice(part)],
  };
  const written = rewrite({ output_type: "stream", name: "stdout", text });
  expect(rewrite(inParts)).toBe(written);
  const [output] = JSON.parse(written).cells[0].outputs;
  expect(output.text.slice(0, 5)).toEqual(["α\r\n", "b\v", "c\u2028", "d\n", "α\r\n"]);
  expect(output.text.join("")).toBe(text);
  expect(JSON.parse(rewrite({ output_type: "stream", name: "stdout", text: "" })).cells[0].outputs[0].text).toEqual([]);
});
