// @module-tag process
import { existsSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { executeAll, openHub, outputText, twoCells } from "./open-hub.ts";

test("cells of a file run in document order and leave their outputs", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const uri = file("a.py", twoCells);
  const executions = await executeAll(recorder, uri);
  const { cells } = await recorder.client.cells({ textDocument: { uri } });
  expect(cells.map(({ kind }) => kind)).toEqual(["code", "markdown", "code"]);
  expect(executions.map(({ cellId }) => cellId)).toEqual([cells[0]?.id, cells[2]?.id]);
  for (const [index, { executionId }] of executions.entries()) {
    expect(await recorder.untilOver(executionId)).toMatchObject({ state: "succeeded", executionCount: index + 1 });
    expect(await outputText(recorder, uri, executionId)).toBe(index === 0 ? "one\n" : "two\n");
  }
});

test("output is announced before its cell ends", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const uri = file("a.py", '# %%\nstream stdout "first\\n"\nbusy\n');
  const [execution] = await executeAll(recorder, uri);
  const executionId = execution?.executionId ?? "";
  await recorder.until((event) => event.type === "outputs" && event.executionId === executionId && event.seq > 1);
  expect(await outputText(recorder, uri, executionId)).toBe("first\n");
  await recorder.client.interruptKernel({ textDocument: { uri } });
  expect(await recorder.untilOver(executionId)).toMatchObject({ state: "interrupted" });
});

// IRkernel#232, vscode-jupyter#3495.
test("an error cancels what its notebook had queued, and nothing of another notebook on the kernel", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const a = file("a.py", '# %%\nsleep 50\nerror ValueError bad\n# %%\nstream stdout "x"\n');
  const b = file("b.py", '# %%\nstream stdout "b"\n');
  const kernel = await recorder.client.startKernel({ textDocument: { uri: a } });
  await recorder.client.selectKernel({ textDocument: { uri: b }, kernelId: kernel.id });
  const [failing, behind] = await executeAll(recorder, a);
  const [other] = await executeAll(recorder, b);
  expect(await recorder.untilOver(failing?.executionId ?? "")).toMatchObject({ state: "failed" });
  expect(await recorder.untilOver(behind?.executionId ?? "")).toMatchObject({ state: "cancelled", reason: "earlier_error" });
  expect(await recorder.untilOver(other?.executionId ?? "")).toMatchObject({ state: "succeeded" });
});

test("a cell tagged raises-exception fails without stopping the rest", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const uri = file("a.py", '# %% tags=["raises-exception"]\nerror ValueError bad\n# %%\nstream stdout "x"\n');
  const [failing, behind] = await executeAll(recorder, uri);
  expect(await recorder.untilOver(failing?.executionId ?? "")).toMatchObject({ state: "failed" });
  expect(await recorder.untilOver(behind?.executionId ?? "")).toMatchObject({ state: "succeeded" });
});

test("cancelling a queued cell is no failure and does not touch the running one", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const uri = file("a.py", '# %%\nbusy\n# %%\nstream stdout "x"\n');
  const [running, queued] = await executeAll(recorder, uri);
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
  const [running, queued] = await executeAll(recorder, uri);
  await recorder.untilState(running?.executionId ?? "", "running");
  const result = await recorder.client.cancel({ textDocument: { uri }, executionIds: [running?.executionId ?? ""] });
  expect(result).toEqual({ cancelled: [], interrupted: [running?.executionId] });
  expect(await recorder.untilOver(queued?.executionId ?? "")).toMatchObject({ state: "succeeded" });
});

test("outputs of a cell that is not there are refused", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const uri = file("a.py", twoCells);
  await expect(recorder.client.outputs({ textDocument: { uri }, cellId: "zz" })).rejects.toMatchObject({ code: "no_cell" });
});

test("executing a queued cell again replaces it", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const uri = file("a.py", '# %%\nsleep 100\n# %%\nstream stdout "x"\n');
  const [, queued] = await executeAll(recorder, uri);
  const again = await recorder.client.execute({ textDocument: { uri }, target: { cellIds: [queued?.cellId ?? ""] } });
  expect(await recorder.untilOver(queued?.executionId ?? "")).toMatchObject({ state: "cancelled", reason: "replaced" });
  expect(await recorder.untilOver(again.executions[0]?.executionId ?? "")).toMatchObject({ state: "succeeded" });
});

test("a kernel that does not start is no error of the request: its executions fail and say why", async () => {
  const { attach, file } = openHub({ manners: ["dies=No module named fake"] });
  const recorder = await attach();
  const uri = file("a.py", twoCells);
  const executions = await executeAll(recorder, uri);
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
  const [dying, behind] = await executeAll(recorder, uri);
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
  const uri = file("a.py", twoCells);
  recorder.client.didOpen({ uri, languageId: "python", version: 1, text: twoCells });
  const early = recorder.client.execute({ textDocument: { uri }, version: 2, target: { scope: "all" } });
  recorder.client.didChange({
    uri,
    version: 2,
    changes: [{ range: { start: { line: 1, character: 0 }, end: { line: 1, character: 0 } }, text: 'stream stdout "new"\n' }],
  });
  const { executions } = await early;
  await recorder.untilOver(executions[0]?.executionId ?? "");
  expect(await outputText(recorder, uri, executions[0]?.executionId ?? "")).toBe("newone\n");
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
  const uri = file("a.py", twoCells);
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
  const [first] = await executeAll(recorder, uri);
  await recorder.untilOver(first?.executionId ?? "");
  const window = async () => await recorder.client.outputWindow({ textDocument: { uri }, cellId: first?.cellId ?? "" });
  expect(await window()).toMatchObject({ executionId: first?.executionId, outputs: [{ text: "old\n" }] });
  expect(await window()).not.toHaveProperty("isPrevious");

  recorder.client.didOpen({ uri, languageId: "python", version: 1, text: "# %%\nbusy\n" });
  const [second] = await executeAll(recorder, uri);
  await recorder.untilState(second?.executionId ?? "", "running");
  expect(second?.cellId).toBe(first?.cellId);
  expect(await window()).toMatchObject({ isPrevious: true, outputs: [{ text: "old\n" }] });
  await recorder.client.interruptKernel({ textDocument: { uri } });
  await recorder.untilOver(second?.executionId ?? "");
  expect(await window()).toMatchObject({ executionId: second?.executionId, outputs: [{ output_type: "error" }] });
});

test("input() is answered by the client that ran the cell", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  recorder.answers.push("Ada");
  const uri = file("a.py", '# %%\ninput "name? "\n');
  const [execution] = await executeAll(recorder, uri);
  await recorder.untilOver(execution?.executionId ?? "");
  expect(await outputText(recorder, uri, execution?.executionId ?? "")).toContain("Ada");
});

test("input() that nobody answered at once is answered by replyInput", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const uri = file("a.py", '# %%\nstream stdout "?\\n"\ninput "name? "\n');
  const [execution] = await executeAll(recorder, uri);
  await recorder.until((event) => event.type === "outputs" && event.seq > 1);
  await expect
    .poll(async () => await recorder.client.replyInput({ textDocument: { uri }, value: "Ada" }).catch(() => "not yet"))
    .toBeNull();
  await recorder.untilOver(execution?.executionId ?? "");
  expect(await outputText(recorder, uri, execution?.executionId ?? "")).toContain("Ada");
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

test("no kernel starts after the hub has closed, though it was being chosen", async () => {
  const { hub, attach, file, runtimeDirectory } = openHub();
  const recorder = await attach();
  const uri = file("a.py", twoCells);
  const executions = await executeAll(recorder, uri);
  await hub.close();
  const end = await recorder.untilOver(executions[0]?.executionId ?? "");
  expect(["failed", "interrupted", "cancelled"]).toContain(end.state);
  expect(existsSync(runtimeDirectory) ? readdirSync(runtimeDirectory) : []).toEqual([]);
});
