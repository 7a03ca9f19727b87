// @module-tag process
import { readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { tempDirectory } from "../real-kernels.ts";
import { openHub, type RecordingClient } from "./open-hub.ts";

const two = '# %%\nstream stdout "one\\n"\n# %% [markdown]\n# text\n# %%\nstream stdout "two\\n"\n';

const fixtures = join(import.meta.dirname, "../../fixtures/notebooks");

async function execute(recorder: RecordingClient, uri: string, scope: "all" = "all") {
  const { executions } = await recorder.client.execute({ textDocument: { uri }, target: { scope } });
  return executions;
}

async function text(recorder: RecordingClient, uri: string, executionId: string): Promise<string | undefined> {
  return (await recorder.client.outputs({ textDocument: { uri }, executionId, as: "text" })).text;
}

test("cells of a file run in document order and leave their outputs", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const uri = file("a.py", two);
  const executions = await execute(recorder, uri);
  const { cells } = await recorder.client.cells({ textDocument: { uri } });
  expect(cells.map(({ kind }) => kind)).toEqual(["code", "markdown", "code"]);
  expect(executions.map(({ cellId }) => cellId)).toEqual([cells[0]?.id, cells[2]?.id]);
  for (const [index, { executionId }] of executions.entries()) {
    expect(await recorder.untilOver(executionId)).toMatchObject({ state: "succeeded", executionCount: index + 1 });
    expect(await text(recorder, uri, executionId)).toBe(index === 0 ? "one\n" : "two\n");
  }
});

test("output is announced before its cell ends", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const uri = file("a.py", '# %%\nstream stdout "first\\n"\nbusy\n');
  const [execution] = await execute(recorder, uri);
  const executionId = execution?.executionId ?? "";
  await recorder.until((event) => event.type === "outputs" && event.executionId === executionId && event.seq > 1);
  expect(await text(recorder, uri, executionId)).toBe("first\n");
  await recorder.client.interruptKernel({ textDocument: { uri } });
  expect(await recorder.untilOver(executionId)).toMatchObject({ state: "interrupted" });
});

test("an error cancels what its notebook had queued, and nothing of another notebook on the kernel", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const a = file("a.py", '# %%\nsleep 50\nerror ValueError bad\n# %%\nstream stdout "x"\n');
  const b = file("b.py", '# %%\nstream stdout "b"\n');
  const kernel = await recorder.client.startKernel({ textDocument: { uri: a } });
  await recorder.client.selectKernel({ textDocument: { uri: b }, kernelId: kernel.id });
  const [failing, behind] = await execute(recorder, a);
  const [other] = await execute(recorder, b);
  expect(await recorder.untilOver(failing?.executionId ?? "")).toMatchObject({ state: "failed" });
  expect(await recorder.untilOver(behind?.executionId ?? "")).toMatchObject({ state: "cancelled", reason: "earlier_error" });
  expect(await recorder.untilOver(other?.executionId ?? "")).toMatchObject({ state: "succeeded" });
});

test("a cell tagged raises-exception fails without stopping the rest", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const uri = file("a.py", '# %% tags=["raises-exception"]\nerror ValueError bad\n# %%\nstream stdout "x"\n');
  const [failing, behind] = await execute(recorder, uri);
  expect(await recorder.untilOver(failing?.executionId ?? "")).toMatchObject({ state: "failed" });
  expect(await recorder.untilOver(behind?.executionId ?? "")).toMatchObject({ state: "succeeded" });
});

test("cancelling a queued cell is no failure and does not touch the running one", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const uri = file("a.py", '# %%\nbusy\n# %%\nstream stdout "x"\n');
  const [running, queued] = await execute(recorder, uri);
  await recorder.untilState(running?.executionId ?? "", "running");
  const result = await recorder.client.cancel({ textDocument: { uri }, executionIds: [queued?.executionId ?? ""] });
  expect(result).toEqual({ cancelled: [queued?.executionId], interrupted: [] });
  expect(await recorder.untilOver(queued?.executionId ?? "")).toMatchObject({ state: "cancelled", reason: "cancelled_by_user" });
  expect(
    recorder.events.some(
      (event) =>
        event.type === "execution" &&
        event.execution.executionId === running?.executionId &&
        event.execution.state !== "queued" &&
        event.execution.state !== "running",
    ),
  ).toBe(false);
  await recorder.client.cancel({ textDocument: { uri } });
  expect(await recorder.untilOver(running?.executionId ?? "")).toMatchObject({ state: "interrupted" });
});

test("cancelling the running cell alone leaves what waits behind it", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const uri = file("a.py", '# %%\nbusy\n# %%\nstream stdout "x"\n');
  const [running, queued] = await execute(recorder, uri);
  await recorder.untilState(running?.executionId ?? "", "running");
  const result = await recorder.client.cancel({ textDocument: { uri }, executionIds: [running?.executionId ?? ""] });
  expect(result).toEqual({ cancelled: [], interrupted: [running?.executionId] });
  expect(await recorder.untilOver(queued?.executionId ?? "")).toMatchObject({ state: "succeeded" });
});

test("an old notebook is an error that says what to do, not an empty one", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const uri = file("a.ipynb", readFileSync(join(fixtures, "version-3.ipynb"), "utf8"));
  const problems = await recorder.client.problems({ textDocument: { uri } });
  expect(problems).toMatchObject([{ severity: "error", message: expect.stringContaining("3") }]);
});

test("outputs of a cell that is not there are refused", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const uri = file("a.py", two);
  await expect(recorder.client.outputs({ textDocument: { uri }, cellId: "zz" })).rejects.toMatchObject({ code: "no_cell" });
});

test("executing a queued cell again replaces it", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const uri = file("a.py", '# %%\nsleep 100\n# %%\nstream stdout "x"\n');
  const [, queued] = await execute(recorder, uri);
  const again = await recorder.client.execute({ textDocument: { uri }, target: { cellIds: [queued?.cellId ?? ""] } });
  expect(await recorder.untilOver(queued?.executionId ?? "")).toMatchObject({ state: "cancelled", reason: "replaced" });
  expect(await recorder.untilOver(again.executions[0]?.executionId ?? "")).toMatchObject({ state: "succeeded" });
});

test("a kernel that does not start is no error of the request: its executions fail and say why", async () => {
  const { attach, file } = openHub({ manners: ["dies=No module named fake"] });
  const recorder = await attach();
  const uri = file("a.py", two);
  const executions = await execute(recorder, uri);
  for (const { executionId } of executions) {
    const end = await recorder.untilOver(executionId);
    expect(end).toMatchObject({ state: "failed", reason: "kernel_failed_to_start" });
    expect(end.message).toContain("No module named fake");
  }
});

test("a kernel that dies in a cell fails it and cancels the rest; the next run starts a new one", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const uri = file("a.py", '# %%\ndie 3\n# %%\nstream stdout "x"\n');
  const [dying, behind] = await execute(recorder, uri);
  const end = await recorder.untilOver(dying?.executionId ?? "");
  expect(end).toMatchObject({ state: "failed", reason: "kernel_died" });
  expect(end.message).toContain("3");
  expect(await recorder.untilOver(behind?.executionId ?? "")).toMatchObject({ state: "cancelled", reason: "kernel_died" });
  const again = await recorder.client.execute({ textDocument: { uri }, target: { cellIds: [behind?.cellId ?? ""] } });
  expect(await recorder.untilOver(again.executions[0]?.executionId ?? "")).toMatchObject({ state: "succeeded" });
});

test("a version that was not yet seen is waited for, and an old one refused", async () => {
  const { attach, file } = openHub({ limits: { versionWaitMs: 200 } });
  const recorder = await attach();
  const uri = file("a.py", two);
  recorder.client.didOpen({ uri, languageId: "python", version: 1, text: two });
  const early = recorder.client.execute({ textDocument: { uri }, version: 2, target: { scope: "all" } });
  recorder.client.didChange({
    uri,
    version: 2,
    changes: [{ range: { start: { line: 1, character: 0 }, end: { line: 1, character: 0 } }, text: 'stream stdout "new"\n' }],
  });
  const { executions } = await early;
  await recorder.untilOver(executions[0]?.executionId ?? "");
  expect(await text(recorder, uri, executions[0]?.executionId ?? "")).toBe("newone\n");
  await expect(recorder.client.execute({ textDocument: { uri }, version: 1, target: { scope: "all" } })).rejects.toMatchObject({
    code: "stale_version",
  });
  await expect(recorder.client.execute({ textDocument: { uri }, version: 3, target: { scope: "all" } })).rejects.toMatchObject({
    code: "stale_version",
  });
});

test("a cell keeps its id and its output while lines are added above it as it runs", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const uri = file("a.py", two);
  recorder.client.didOpen({ uri, languageId: "python", version: 1, text: "# %%\nbusy\n" });
  const { executions } = await recorder.client.execute({ textDocument: { uri }, target: { scope: "all" } });
  await recorder.untilState(executions[0]?.executionId ?? "", "running");
  recorder.client.didChange({
    uri,
    version: 2,
    changes: [{ range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } }, text: "# %%\nnew = 1\n" }],
  });
  const { cells, version } = await recorder.client.cells({ textDocument: { uri } });
  expect(version).toBe(2);
  expect(cells.map(({ state, range }) => [state, range.start.line])).toEqual([
    ["idle", 0],
    ["running", 2],
  ]);
  expect(cells[1]?.id).toBe(executions[0]?.cellId);
});

test("running a cell again shows the old output, marked as such, until the new run shows something or ends", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const uri = file("a.py", '# %%\nstream stdout "old\\n"\n');
  const [first] = await execute(recorder, uri);
  await recorder.untilOver(first?.executionId ?? "");
  const window = async () => await recorder.client.outputWindow({ textDocument: { uri }, cellId: first?.cellId ?? "" });
  expect(await window()).toMatchObject({ executionId: first?.executionId, outputs: [{ text: "old\n" }] });
  expect(await window()).not.toHaveProperty("isPrevious");

  recorder.client.didOpen({ uri, languageId: "python", version: 1, text: "# %%\nbusy\n" });
  const [second] = await execute(recorder, uri);
  await recorder.untilState(second?.executionId ?? "", "running");
  expect(second?.cellId).toBe(first?.cellId);
  expect(await window()).toMatchObject({ isPrevious: true, outputs: [{ text: "old\n" }] });
  await recorder.client.interruptKernel({ textDocument: { uri } });
  await recorder.untilOver(second?.executionId ?? "");
  expect(await window()).toMatchObject({ executionId: second?.executionId, outputs: [{ output_type: "error" }] });
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
  const [, behind] = await execute(recorder, uri);
  expect(await recorder.untilOver(behind?.executionId ?? "")).toMatchObject({ state: "cancelled", reason: "earlier_error" });
  await recorder.client.writeNotebook({ uri });
  expect(JSON.parse(readFileSync(fileURLToPath(uri), "utf8"))).toMatchObject({
    cells: [{ id: "aaa" }, { id: "bbb", outputs: kept }],
  });
});

test("input() is answered by the client that ran the cell", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  recorder.answers.push("Ada");
  const uri = file("a.py", '# %%\ninput "name? "\n');
  const [execution] = await execute(recorder, uri);
  await recorder.untilOver(execution?.executionId ?? "");
  expect(await text(recorder, uri, execution?.executionId ?? "")).toContain("Ada");
});

test("input() that nobody answered at once is answered by replyInput", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const uri = file("a.py", '# %%\nstream stdout "?\\n"\ninput "name? "\n');
  const [execution] = await execute(recorder, uri);
  await recorder.until((event) => event.type === "outputs" && event.seq > 1);
  await expect
    .poll(async () => await recorder.client.replyInput({ textDocument: { uri }, value: "Ada" }).catch(() => "not yet"))
    .toBeNull();
  await recorder.untilOver(execution?.executionId ?? "");
  expect(await text(recorder, uri, execution?.executionId ?? "")).toContain("Ada");
});

test("what a cell printed is there after the program ended and came back", async () => {
  const base = tempDirectory();
  const first = openHub({ base });
  const recorder = await first.attach();
  const uri = first.file("a.py", two);
  const executions = await execute(recorder, uri);
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
  const uri = first.file("one.py", two);
  const executions = await execute(recorder, uri);
  await recorder.untilOver(executions[1]?.executionId ?? "");
  await first.hub.close();

  const copy = first.file("copy.py", two);
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
  const [execution] = await execute(recorder, uri);
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

test.each([
  ["missing.py", "unreadable", "no such file"],
  [".", "unsupported_format", "no notebook format"],
  ["picture.png", "unsupported_format", "no notebook format"],
])("%s is refused with a sentence", async (name, code, sentence) => {
  const { attach, directory } = openHub();
  const recorder = await attach();
  const failure = await recorder.client.cells({ textDocument: { uri: `file://${directory}/${name}` } }).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({ code });
  expect(String(failure)).toContain(sentence);
});
