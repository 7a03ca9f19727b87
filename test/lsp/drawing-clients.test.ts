// @module-tag process
import { expect, test } from "vitest";
import { openProject } from "./open-project.ts";

test("each cell's state comes as a text that has only to be drawn, until its output is cleared", async () => {
  const { client, open } = await openProject();
  const notebook = await open("a.py", '# %%\nstream stdout "one\\n"\n');
  const [executionId] = await notebook.execute();
  await notebook.untilOver(executionId);
  expect(client.all("nbls/didChangeCells")[0].changes[0].cells[0]).toMatchObject({ state: "idle", statusText: "" });
  const told = client.all("nbls/didChangeExecution").map(({ statusText }) => statusText);
  expect(told[0]).toBe("[*] queued");
  expect(told.at(-1)).toMatch(/^\[1\] ✓ \d+ ms$/u);
  notebook.edit([0, 4], [0, 4], " title");
  const edited = await client.expect("nbls/didChangeCells", ({ changes }) => changes[0].cells[0].title === "title");
  expect(edited.changes[0].cells[0].statusText).toBe(told.at(-1));
  await notebook.command("nbls.clearOutputs");
  const cleared = await client.expect("nbls/didChangeOutputs", ({ executionId: id }) => id === null);
  expect(cleared.statusText).toBe("");
});

test("a cell that is edited says so in its state, until it runs again", async () => {
  const { client, open } = await openProject();
  const notebook = await open("a.py", '# %%\nstream stdout "one\\n"\n');
  await notebook.untilOver((await notebook.execute())[0]);
  notebook.edit([1, 15], [1, 15], "t");
  const edited = await client.expect("nbls/didChangeCells", ({ changes }) => changes[0].cells[0].stale?.reason === "edited");
  expect(edited.changes[0].cells[0].statusText).toMatch(/^\[1\] ✓ \d+ ms, edited$/u);
  await notebook.command("nbls.runStale");
  const { statusText } = await client.expect("nbls/didChangeExecution", (params) => params.executionCount === 2);
  expect(statusText).not.toContain("edited");
});

test("a client that draws outputs is told of errors at what failed, and of nothing else, by diagnostics", async () => {
  const { client, open } = await openProject();
  const notebook = await open("a.py", '# %%\nstream stdout "one\\n"\nerror ValueError bad\n');
  await notebook.execute();
  const { diagnostics } = await client.expect("textDocument/publishDiagnostics", (params) => params.diagnostics.length > 0);
  expect(diagnostics).toEqual([expect.objectContaining({ severity: 1, message: "ValueError: bad" })]);
});

// A string under a line that is higher than the window cannot be scrolled past in Emacs.
test("an output takes half of the client's window at most, also after the window has changed", async () => {
  const { client, open } = await openProject({ capabilities: { experimental: { nbls: { outputs: true, height: 16 } } } });
  const notebook = await open("a.py", "# %%\nflood 50\n");
  await notebook.execute();
  const high = (rows: number) => client.expect("nbls/didChangeOutputs", ({ lines }) => lines.length === rows);
  expect(await high(8)).toMatchObject({ hiddenLineCount: 42 });
  client.notify("nbls/didChangeView", { height: 30 });
  expect(await high(15)).toMatchObject({ hiddenLineCount: 35 });
});

test("the output of a cell that was cut comes back when it is pasted", async () => {
  const { client, open } = await openProject();
  const notebook = await open("a.py", '# %%\nstream stdout "one\\n"\n# %%\nx\n');
  const [executionId] = await notebook.execute({ position: { line: 0, character: 0 } });
  await notebook.untilOver(executionId);
  const { cellId } = client.all("nbls/didChangeOutputs")[0];
  notebook.edit([0, 0], [2, 0], "");
  await client.expect("nbls/didChangeCells", ({ changes }) => changes[0].cells.length < changes[0].deleteCount);
  notebook.edit([2, 0], [2, 0], '# %%\nstream stdout "one\\n"\n');
  const shown = await client.expect("nbls/didChangeOutputs", ({ anchor }) => anchor.line === 3);
  expect(shown).toMatchObject({ cellId, lines: [[{ text: "one" }]] });
});
