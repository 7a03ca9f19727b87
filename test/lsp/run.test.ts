// @module-tag process
import { existsSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { nblsClient, openProject } from "./open-project.ts";

// oxlint-disable-next-line typescript/no-explicit-any
const textOf = (outputs: any): string =>
  outputs.lines.map((line: { text: string }[]) => line.map(({ text }) => text).join("")).join("\n");

test("a cell streams its output before it ends, and the last output comes before the state", async () => {
  const { client, open } = await openProject();
  const notebook = await open("a.py", '# %%\nstream stdout "first\\n"\ninput "go"\nstream stdout "last\\n"\n');
  const [executionId] = await notebook.execute();
  await client.expect("nbls/didChangeOutputs", (params) => textOf(params) === "first");
  expect(client.all("nbls/didChangeExecution").at(-1)).toMatchObject({ executionId, state: "running" });
  await client.expect("window/showMessage", ({ message }) => message.includes("nbls.replyInput"));
  await notebook.command("nbls.replyInput", "answer");
  expect(await notebook.untilOver(executionId)).toMatchObject({ state: "succeeded", executionCount: 1 });
  const outputs = client.all("nbls/didChangeOutputs").at(-1);
  expect(textOf(outputs)).toContain("last");
  expect(outputs.anchor).toEqual({ line: 3, character: 22 });
  const order = client.received.filter(({ method }) => /didChange(Outputs|Execution)$/.test(method)).map(({ method }) => method);
  expect(order.at(-1)).toBe("nbls/didChangeExecution");
  const seqs: number[] = client.all("nbls/didChangeOutputs").map(({ seq }) => seq);
  expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
});

test("a client without our capability hears none of our notifications and sees outputs as diagnostics", async () => {
  const { client, open } = await openProject({ capabilities: {} });
  const notebook = await open(
    "a.py",
    '# %%\nstream stdout "one\\n"\n# %%\nerror ValueError bad\n# %%\nstream stdout "never\\n"\n',
  );
  expect(await notebook.command("nbls.runAll")).toBeNull();
  const { diagnostics, version } = await client.expect(
    "textDocument/publishDiagnostics",
    (params) =>
      params.diagnostics.filter((entry: { severity: number }) => entry.severity === 4).length === 3 &&
      !JSON.stringify(params).includes("queued"),
  );
  expect(version).toBe(1);
  const seen = diagnostics.map(
    ({ severity, range, message }: { severity: number; range: { start: { line: number } }; message: string }) =>
      `${severity} ${range.start.line} ${message.replace(/ [\d.]+ m?s/, "")}`,
  );
  expect(seen).toEqual(["4 0 [1] ✓", "3 1 one", "4 2 [2] ✗", "1 3 ValueError: bad", "4 4 ⊘ cancelled (earlier error)"]);
  expect(client.received.filter(({ method }) => method.startsWith("nbls/"))).toEqual([]);
});

test("the output of a cell that was removed and put back is shown again, with what came meanwhile", async () => {
  const { client, open } = await openProject();
  const cell = '# %%\nstream stdout "one\\n"\nlate 50 stdout "two\\n"\n';
  const notebook = await open("a.py", `${cell}# %%\nx\n`);
  const [executionId] = await notebook.execute({ position: { line: 1, character: 0 } });
  await notebook.untilOver(executionId);
  notebook.edit([0, 0], [3, 0], "");
  notebook.edit([0, 0], [0, 0], cell);
  const shown = await client.expect("nbls/didChangeOutputs", (params) => textOf(params) === "one\ntwo");
  expect(shown).toMatchObject({ executionId, anchor: { line: 2, character: 22 } });
});

test("cancelling drops what waits and interrupts what runs", async () => {
  const { client, open } = await openProject();
  const notebook = await open("a.py", "# %%\nbusy\n# %%\nbusy\n");
  const [running, queued] = await notebook.execute();
  await client.expect("nbls/didChangeExecution", ({ state }) => state === "running");
  const { cells } = await client.request("nbls/cells", { textDocument: notebook.textDocument });
  expect(cells.map(({ state }: { state: string }) => state)).toEqual(["running", "queued"]);
  expect(await client.request("nbls/cancel", { textDocument: notebook.textDocument })).toEqual({
    cancelled: [queued],
    interrupted: [running],
  });
  expect(await notebook.untilOver(running)).toMatchObject({ state: "interrupted" });
  expect(await notebook.untilOver(queued)).toMatchObject({ state: "cancelled" });
});

test("lenses stay with their cell while it runs and lines are added above it", async () => {
  const { client, open } = await openProject({ capabilities: {} });
  const notebook = await open("a.py", "# %%\n1\n# %%\nbusy\n");
  await notebook.execute({ position: { line: 3, character: 0 } });
  await client.expect("textDocument/publishDiagnostics", ({ diagnostics }) => /running/.test(JSON.stringify(diagnostics)));
  notebook.edit([1, 0], [1, 0], "a\nb\n");
  notebook.edit([0, 0], [0, 0], "\n");
  const lenses = await client.request("textDocument/codeLens", { textDocument: notebook.textDocument });
  const cancel = lenses.find(({ command }: { command: { command: string } }) => command.command === "nbls.cancel");
  expect(cancel.range.start.line).toBe(5);
  const fresh = await notebook.cells();
  expect(fresh.map(({ range }) => range.start.line)).toEqual([1, 5]);
  await notebook.command("nbls.interrupt");
  await client.expect("textDocument/publishDiagnostics", ({ diagnostics }) => /interrupted/.test(JSON.stringify(diagnostics)));
});

test("a version that the server has not seen, or no longer has, is stale", async () => {
  const { client, open } = await openProject();
  const notebook = await open("a.py", "# %%\n1\n");
  notebook.edit([1, 0], [1, 1], "2");
  const params = { textDocument: notebook.textDocument, target: { scope: "all" } };
  expect(await client.requestError("nbls/execute", { ...params, version: 1 })).toMatchObject({ data: { code: "stale_version" } });
  expect(await client.requestError("nbls/execute", { ...params, version: 9 })).toMatchObject({ data: { code: "stale_version" } });
});

test("a run is shown as progress, and cancelling the progress cancels the run", async () => {
  const { client, open } = await openProject({
    capabilities: { ...nblsClient, window: { workDoneProgress: true } },
    answers: { "window/workDoneProgress/create": () => null },
  });
  const notebook = await open("a.py", "# %%\n1\n# %%\nbusy\n");
  const [first, second] = await notebook.execute();
  const { token, value } = await client.expect("$/progress", (params) => params.value.kind === "begin");
  expect(value).toMatchObject({ title: "Running a.py", cancellable: true });
  await notebook.untilOver(first);
  void second;
  client.notify("window/workDoneProgress/cancel", { token });
  await client.expect("$/progress", (params) => params.value.kind === "end");
  expect((await notebook.cells()).map(({ state }) => state)).not.toContain("running");
});

test("a question goes to a client that can answer, and to no other method", async () => {
  const { client, open } = await openProject({
    capabilities: { experimental: { nbls: { outputs: true, requestInput: true } } },
    answers: { "nbls/requestInput": () => ({ value: "blue" }) },
  });
  const notebook = await open("a.py", '# %%\ninput "colour? "\n');
  const [executionId] = await notebook.execute();
  expect(await client.expect("nbls/requestInput")).toMatchObject({ prompt: "colour? ", password: false });
  expect(await notebook.untilOver(executionId)).toMatchObject({ state: "succeeded" });
  expect(textOf(client.all("nbls/didChangeOutputs").at(-1))).toContain("blue");
});

test("a question that an interrupt made pointless is withdrawn", async () => {
  const { client, open } = await openProject({
    capabilities: { experimental: { nbls: { outputs: true, requestInput: true } } },
    answers: { "nbls/requestInput": () => new Promise(() => {}) },
  });
  const notebook = await open("a.py", '# %%\ninput "colour? "\n');
  const [executionId] = await notebook.execute();
  await client.expect("nbls/requestInput");
  await notebook.command("nbls.interrupt");
  await client.expect("$/cancelRequest");
  expect(await notebook.untilOver(executionId)).toMatchObject({ state: "interrupted" });
});

test("a plain client is told how to answer", async () => {
  const { client, open } = await openProject({ capabilities: {} });
  const notebook = await open("a.py", '# %%\ninput "colour? "\n');
  await notebook.command("nbls.runCell", 1);
  expect((await client.expect("window/showMessage")).message).toContain("colour? (answer with the command nbls.replyInput)");
  await notebook.command("nbls.replyInput", "red");
  await client.expect("textDocument/publishDiagnostics", (params) => JSON.stringify(params).includes("red"));
});

test("running and advancing moves the cursor to the next cell", async () => {
  const { client, open } = await openProject({ answers: { "window/showDocument": () => ({ success: true }) } });
  const notebook = await open("a.py", "# %%\n1\n# %%\n2\n");
  await notebook.command("nbls.runCellAdvance", 2);
  const { uri, takeFocus, selection } = await client.expect("window/showDocument");
  expect([uri, takeFocus, selection.start]).toEqual([notebook.uri, true, { line: 3, character: 0 }]);
  await client.expect("nbls/didChangeExecution", ({ executionCount, state }) => executionCount === 1 && state !== "running");
});

test("a command that needs a cell says so", async () => {
  const { client, open } = await openProject();
  const notebook = await open("a.py", "# %%\n1\n# %%\n2\n");
  await notebook.command("nbls.runCell");
  expect((await client.expect("window/showMessage")).message).toContain("which cell?");
  await notebook.command("nbls.runCell", "first");
  expect((await client.expect("window/showMessage")).message).toContain("which cell?");
});

test("a run without a kernel says once what to do, however many cells it had", async () => {
  const { client, open } = await openProject({ capabilities: {}, settings: { "kernel.default": null } });
  const notebook = await open("a.jl", "# %%\n1\n# %%\n2\n");
  await notebook.command("nbls.runAll");
  expect((await client.expect("window/showMessage")).message).toMatch(/kernel/i);
  await client.expect("textDocument/publishDiagnostics", (params) => !JSON.stringify(params).includes("queued"));
  expect(client.all("window/showMessage")).toHaveLength(1);
});

test("clearing outputs clears what is drawn, and the state in the lens", async () => {
  const { client, open } = await openProject();
  const notebook = await open("a.py", '# %%\nstream stdout "one\\n"\n');
  const [executionId] = await notebook.execute();
  await notebook.untilOver(executionId);
  await notebook.command("nbls.clearOutputs");
  const cleared = await client.expect("nbls/didChangeOutputs", ({ executionId: id }) => id === null);
  expect(cleared.lines).toEqual([]);
  const [lens] = await client.request("textDocument/codeLens", { textDocument: notebook.textDocument });
  expect(lens.command.title).toBe("▶ Run cell");
});

test("hiding an output keeps only the count of its lines, and shows it again", async () => {
  const { client, open } = await openProject();
  const notebook = await open("a.py", '# %%\nstream stdout "one\\ntwo\\n"\n');
  const [executionId] = await notebook.execute();
  await notebook.untilOver(executionId);
  await notebook.command("nbls.toggleOutput", 1);
  expect(await client.expect("nbls/didChangeOutputs", ({ hiddenLineCount }) => hiddenLineCount === 2)).toMatchObject({
    lines: [],
  });
  await notebook.command("nbls.toggleOutput", 1);
  expect(textOf(await client.expect("nbls/didChangeOutputs"))).toBe("one\ntwo");
});

// molten#198, emacs-jupyter#255, vscode-jupyter#11031.
test("a flood shows its last lines, and says how many are above", async () => {
  const { client, open } = await openProject({ settings: { "outputs.linesMax": 3 } });
  const notebook = await open("a.py", "# %%\nflood 5000\n");
  const [executionId] = await notebook.execute();
  await notebook.untilOver(executionId);
  const last = client.all("nbls/didChangeOutputs").at(-1);
  expect(textOf(last)).toBe("4997\n4998\n4999");
  expect(last.hiddenLineCount).toBe(4_997);
  expect(client.all("nbls/didChangeOutputs").length).toBeLessThan(200);
});

// emacs-jupyter#513, molten#105, vscode#99398.
test("the whole output opens as a file, which is gone with the server", async () => {
  const { client, open, exited } = await openProject({ answers: { "window/showDocument": () => ({ success: true }) } });
  const notebook = await open("a.py", "# %%\nflood 100\n");
  const [executionId] = await notebook.execute();
  await notebook.untilOver(executionId);
  await notebook.command("nbls.openOutput", 2);
  const path = fileURLToPath((await client.expect("window/showDocument")).uri);
  expect(readFileSync(path, "utf8")).toBe(Array.from({ length: 100 }, (_, line) => `${line}\n`).join(""));
  expect(statSync(path).mode & 0o077).toBe(0);
  client.notify("exit");
  await exited;
  expect(existsSync(path)).toBe(false);
});

test("a document that is no notebook is left alone", async () => {
  const { client, log } = await openProject();
  client.notify("textDocument/didOpen", { textDocument: { uri: "untitled:1", languageId: "plaintext", version: 1, text: "x" } });
  client.notify("textDocument/didChange", { textDocument: { uri: "untitled:1", version: 2 }, contentChanges: [{ text: "y" }] });
  expect(await client.request("textDocument/codeLens", { textDocument: { uri: "untitled:1" } })).toEqual([]);
  expect(log.filter((line) => line.includes(" error "))).toEqual([]);
});

test("shutdown ends the kernel before the server does", async () => {
  const { client, open, exited } = await openProject();
  const notebook = await open("a.py", "# %%\n1\n");
  const { pid } = await client.request("nbls/startKernel", { textDocument: notebook.textDocument });
  expect(() => process.kill(pid, 0)).not.toThrow();
  await client.request("shutdown");
  client.notify("exit");
  expect(await exited).toBe(0);
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});

test("kernels and what waits are shown as a document", async () => {
  const { client, open } = await openProject({ capabilities: {}, answers: { "window/showDocument": () => ({ success: true }) } });
  const notebook = await open("a.py", "# %% first\nbusy\n# %% second\nbusy\n");
  await notebook.execute();
  await client.expect("textDocument/publishDiagnostics", (params) => JSON.stringify(params).includes("running"));
  await client.request("workspace/executeCommand", { command: "nbls.showKernels" });
  const { uri } = await client.expect("window/showDocument");
  const text = readFileSync(fileURLToPath(uri), "utf8");
  expect(text).toMatch(/Fake {2}busy[\s\S]*a\.py\n/);
  expect(text).toMatch(/running +line 1: # %% first\n.*queued +line 3: # %% second/);
  await notebook.command("nbls.interrupt");
});
