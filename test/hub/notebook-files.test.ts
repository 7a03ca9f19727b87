// @module-tag process
import { readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { tempDirectory } from "../real-kernels.ts";
import { executeAll, openHub, twoCells } from "./open-hub.ts";

const fixtures = join(import.meta.dirname, "../../fixtures/notebooks");

test("an old notebook is an error that says what to do, not an empty one", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const uri = file("a.ipynb", readFileSync(join(fixtures, "version-3.ipynb"), "utf8"));
  const problems = await recorder.client.problems({ textDocument: { uri } });
  expect(problems).toMatchObject([{ severity: "error", message: expect.stringContaining("3") }]);
});

test("a cell that was cancelled before it ran keeps its outputs, in the saved file too", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const cell = (id: string, source: string, outputs: unknown[]) => ({
    cell_type: "code",
    execution_count: null,
    id,
    metadata: {},
    outputs,
    source: [source],
  });
  const kept = [{ name: "stdout", output_type: "stream", text: ["kept\n"] }];
  const cells = [cell("aaa", "error ValueError bad", []), cell("bbb", "busy", kept)];
  const uri = file("a.ipynb", JSON.stringify({ cells, metadata: {}, nbformat: 4, nbformat_minor: 5 }, undefined, 1));
  const [, behind] = await executeAll(recorder, uri);
  expect(await recorder.untilOver(behind?.executionId ?? "")).toMatchObject({ state: "cancelled", reason: "earlier_error" });
  await recorder.client.writeNotebook({ uri });
  expect(JSON.parse(readFileSync(fileURLToPath(uri), "utf8"))).toMatchObject({
    cells: [{ id: "aaa" }, { id: "bbb", outputs: kept }],
  });
});

// notebook#641, jupyterlab#2833, vscode-jupyter#300.
test("what a cell printed is there after the program ended and came back", async () => {
  const base = tempDirectory();
  const first = openHub({ base });
  const recorder = await first.attach();
  const uri = first.file("a.py", twoCells);
  const executions = await executeAll(recorder, uri);
  await recorder.untilOver(executions[1]?.executionId ?? "");
  await first.hub.close();

  const later = await openHub({ base }).attach();
  const { cells } = await later.client.cells({ textDocument: { uri } });
  expect(cells.map(({ state }) => state)).toEqual(["succeeded", "idle", "succeeded"]);
  const outputs = await later.client.outputs({ textDocument: { uri }, cellId: cells[2]?.id ?? "", as: "text" });
  expect(outputs).toMatchObject({ text: "two\n", executionId: executions[1]?.executionId });
});

test("a file that was moved keeps its cells' ids and outputs; a copy does not take them away", async () => {
  const base = tempDirectory();
  const first = openHub({ base });
  const recorder = await first.attach();
  const uri = first.file("one.py", twoCells);
  const executions = await executeAll(recorder, uri);
  await recorder.untilOver(executions[1]?.executionId ?? "");
  await first.hub.close();

  const copy = first.file("copy.py", twoCells);
  const later = await openHub({ base }).attach();
  expect((await later.client.cells({ textDocument: { uri: copy } })).cells.map(({ state }) => state)).toEqual([
    "idle",
    "idle",
    "idle",
  ]);
  renameSync(fileURLToPath(uri), join(first.directory, "two.py"));
  const moved = uri.replace("one.py", "two.py");
  const { cells } = await (await openHub({ base }).attach()).client.cells({ textDocument: { uri: moved } });
  expect(cells.map(({ id, state }) => [id, state])).toEqual([
    [executions[0]?.cellId, "succeeded"],
    [expect.any(String), "idle"],
    [executions[1]?.cellId, "succeeded"],
  ]);
});

test("saving a notebook that nobody touched changes no byte; after a run only the outputs differ", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const notebook = {
    cells: [
      {
        cell_type: "code",
        execution_count: null,
        id: "aaa",
        metadata: { other: 1 },
        outputs: [],
        source: ['stream stdout "hi\\n"'],
      },
      { cell_type: "markdown", id: "bbb", metadata: {}, source: ["# Title"] },
    ],
    metadata: { kernelspec: { display_name: "Fake", language: "python", name: "fake" }, unknown: { kept: true } },
    nbformat: 4,
    nbformat_minor: 5,
  };
  const before = `${JSON.stringify(notebook, undefined, 1)}\n`;
  const uri = file("a.ipynb", before);
  expect(await recorder.client.writeNotebook({ uri })).toEqual({ uri, changed: false });
  const [execution] = await executeAll(recorder, uri);
  await recorder.untilOver(execution?.executionId ?? "");
  expect(await recorder.client.writeNotebook({ uri })).toEqual({ uri, changed: true });
  const after: unknown = JSON.parse(readFileSync(fileURLToPath(uri), "utf8"));
  const [code, markdown] = notebook.cells;
  expect(after).toEqual({
    ...notebook,
    cells: [{ ...code, execution_count: 1, outputs: [{ name: "stdout", output_type: "stream", text: ["hi\n"] }] }, markdown],
  });
});

test("an .ipynb is read as text, and its text is written back with ids, metadata and outputs", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const cell = (id: string, source: string) => ({
    cell_type: "code",
    execution_count: 4,
    id,
    metadata: { collapsed: true },
    outputs: [],
    source: [source],
  });
  const notebook = {
    cells: [cell("aaa", "x"), cell("bbb", "y")],
    metadata: { language_info: { name: "python" } },
    nbformat: 4,
    nbformat_minor: 5,
  };
  const uri = file("a.ipynb", JSON.stringify(notebook, undefined, 1));
  const { text: form, languageId } = await recorder.client.readNotebook({ uri });
  expect([form, languageId]).toEqual(["# %%\nx\n\n# %%\ny\n", "python"]);
  recorder.client.didOpen({ uri, languageId, version: 1, text: form });
  expect((await recorder.client.cells({ textDocument: { uri } })).cells.map(({ id }) => id)).toEqual(["aaa", "bbb"]);
  recorder.client.didChange({
    uri,
    version: 2,
    changes: [{ range: { start: { line: 1, character: 0 }, end: { line: 1, character: 1 } }, text: "changed" }],
  });
  await recorder.client.writeNotebook({ uri });
  const after = readFileSync(fileURLToPath(uri), "utf8");
  expect(JSON.parse(after)).toEqual({ ...notebook, cells: [cell("aaa", "changed"), cell("bbb", "y")] });
  expect(after).not.toMatch(/\n$/);
});

test("saving an .ipynb as text after one edit leaves every byte of the other cells, trailing line ends too", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const before = `{"cells": [\n  {"cell_type": "code", "execution_count": null, "id": "a", "metadata": {"x": 1.0}, "outputs": [], "source": "one\\n\\n"},\n  {"cell_type": "code", "execution_count": null, "id": "b", "metadata": {}, "outputs": [], "source": ["two"]}\n], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}`;
  const uri = file("a.ipynb", before);
  const { text: form } = await recorder.client.readNotebook({ uri });
  recorder.client.didOpen({ uri, languageId: "python", version: 1, text: form });
  expect(await recorder.client.writeNotebook({ uri })).toEqual({ uri, changed: false });
  expect(await recorder.client.writeNotebook({ uri, text: form.replace("two", "three") })).toEqual({ uri, changed: true });
  expect(readFileSync(fileURLToPath(uri), "utf8")).toBe(before.replace("two", "three"));
});

test.each(readdirSync(fixtures).filter((name) => name.endsWith(".ipynb")))(
  "%s shown as text and saved untouched keeps its bytes",
  async (name) => {
    const { attach, file } = openHub();
    const recorder = await attach();
    const before = readFileSync(join(fixtures, name), "utf8");
    const uri = file("a.ipynb", before);
    const form = await recorder.client.readNotebook({ uri }).catch((error: Error) => error);
    // Old and broken ones are not shown as text at all.
    if (form instanceof Error)
      return expect(form).toMatchObject({ code: expect.stringMatching(/unreadable|unsupported_format/) });
    recorder.client.didOpen({ uri, languageId: form.languageId, version: 1, text: form.text });
    await recorder.client
      .writeNotebook({ uri })
      .catch((error: unknown) => expect(error).toMatchObject({ code: "unsupported_format" }));
    expect(readFileSync(fileURLToPath(uri), "utf8")).toBe(before);
  },
);

test("an .ipynb whose cells would run together as text is not shown as text", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const cell = (id: string, source: string) => ({
    cell_type: "code",
    execution_count: null,
    id,
    metadata: {},
    outputs: [],
    source,
  });
  const cells = [cell("a", 'x = """'), cell("b", "y"), cell("c", 'z = """')];
  const uri = file("a.ipynb", JSON.stringify({ cells, metadata: {}, nbformat: 4, nbformat_minor: 5 }));
  await expect(recorder.client.readNotebook({ uri })).rejects.toMatchObject({ code: "unsupported_format" });
});

test("outputs and metadata that another program saved meanwhile are not lost in a save", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const output = (text: string) => ({ output_type: "stream", name: "stdout", text: [text] });
  const cell = (id: string, text: string, extra = {}) => ({
    ...{ cell_type: "code", execution_count: null, id, metadata: {}, outputs: [output(text)], source: `print ${id}` },
    ...extra,
  });
  const notebook = (...cells: readonly object[]) => JSON.stringify({ cells, metadata: {}, nbformat: 4, nbformat_minor: 5 });
  const uri = file("a.ipynb", notebook(cell("aaa", "old"), cell("bbb", "old")));
  const text = "# %%\nprint aaa\n\n# %%\nprint bbb\n";
  recorder.client.didOpen({ uri, languageId: "python", version: 1, text });
  const textDocument = { uri };
  await recorder.client.cells({ textDocument });
  const theirs = { execution_count: 7, metadata: { tags: ["outside"], other: 1 } };
  file("a.ipynb", notebook(cell("aaa", "theirs", theirs), cell("bbb", "old")));
  recorder.client.didChange({ uri, version: 2, changes: [{ text: text.replace("print bbb", "print more") }] });
  expect(await recorder.client.writeNotebook({ uri })).toMatchObject({ changed: true });
  const saved = JSON.parse(readFileSync(fileURLToPath(uri), "utf8"));
  expect(saved.cells).toEqual([cell("aaa", "theirs", theirs), cell("bbb", "old", { source: "print more" })]);
  expect((await recorder.client.outputWindow({ textDocument, cellId: "aaa" })).outputs).toMatchObject([{ text: "theirs" }]);
  // And again nothing is in the way of the next save.
  recorder.client.didChange({ uri, version: 3, changes: [{ text }] });
  expect(await recorder.client.writeNotebook({ uri })).toMatchObject({ changed: true });
});

test("a notebook that another program changed is not overwritten", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const notebook = (source: string) =>
    JSON.stringify({
      cells: [{ cell_type: "code", execution_count: null, id: "aaa", metadata: {}, outputs: [], source }],
      metadata: {},
      nbformat: 4,
      nbformat_minor: 5,
    });
  const uri = file("a.ipynb", notebook("mine"));
  recorder.client.didOpen({ uri, languageId: "python", version: 1, text: "# %%\nmine changed\n" });
  await recorder.client.cells({ textDocument: { uri } });
  file("a.ipynb", notebook("somebody else's"));
  await expect(recorder.client.writeNotebook({ uri })).rejects.toMatchObject({ code: "conflict" });
  expect(readFileSync(fileURLToPath(uri), "utf8")).toBe(notebook("somebody else's"));
  expect(await recorder.client.writeNotebook({ uri, force: true })).toMatchObject({ changed: true });
});
