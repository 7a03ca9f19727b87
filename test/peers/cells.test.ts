// @module-tag process
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { executeAll, openHub, outputText, type OpenHub, type RecordingClient } from "../hub/open-hub.ts";
import { tempDirectory } from "../real-kernels.ts";

// What users of other notebooks had to report of outputs and their cells, each under its symptom. `repo#n` are threads on
// GitHub. Text on its own is in streams.test.ts.

const at = (line: number, character = 0) => ({ line, character });

/** What each cell shows, in document order. */
async function texts({ client }: RecordingClient, uri: string): Promise<string[]> {
  const { cells } = await client.cells({ textDocument: { uri } });
  return await Promise.all(
    cells.map(async ({ id }) => (await client.outputs({ textDocument: { uri }, cellId: id, as: "text" })).text ?? ""),
  );
}

async function runAll(recorder: RecordingClient, uri: string): Promise<void> {
  for (const { executionId } of await executeAll(recorder, uri)) await recorder.untilOver(executionId);
}

async function runCell(recorder: RecordingClient, uri: string, cell: number): Promise<string> {
  const { cells } = await recorder.client.cells({ textDocument: { uri } });
  const { executions } = await recorder.client.execute({
    textDocument: { uri },
    target: { cellIds: [cells[cell]?.id ?? ""] },
  });
  const { executionId = "" } = executions[0] ?? {};
  await recorder.untilOver(executionId);
  return executionId;
}

/** A script that is open in an attached client. */
async function opened(text: string, hub: OpenHub = openHub()) {
  const recorder = await hub.attach();
  const uri = hub.file("a.py", text);
  recorder.client.didOpen({ uri, languageId: "python", version: 1, text });
  return { hub, recorder, uri };
}

/** The cell has begun, has said "began", and waits: for `replyInput`. */
async function began(recorder: RecordingClient, uri: string): Promise<string> {
  const [execution] = await executeAll(recorder, uri);
  const executionId = execution?.executionId ?? "";
  await recorder.until((event) => event.type === "outputs" && event.executionId === executionId && event.seq > 1);
  return executionId;
}

const answer = async ({ client }: RecordingClient, uri: string) =>
  await expect
    .poll(async () => await client.replyInput({ textDocument: { uri }, value: "end" }).catch(() => "not yet"))
    .toBeNull();

test("a display that another cell updates changes where it is shown, also after its cell has ended", async () => {
  const { recorder, uri } = await opened('# %%\ndisplay {"text/plain":"10 %"} bar\n# %%\nupdate {"text/plain":"100 %"} bar\n');
  await runAll(recorder, uri);
  expect(await texts(recorder, uri)).toEqual(["100 %", ""]);
});

test("a display id that comes again after a restart leaves what an earlier kernel showed under it", async () => {
  const { recorder, uri } = await opened(
    '# %%\ndisplay {"text/plain":"old"} d\n# %%\ndisplay {"text/plain":"new"} d\nupdate {"text/plain":"newer"} d\n',
  );
  await runCell(recorder, uri, 0);
  await recorder.client.restartKernel({ textDocument: { uri } });
  await runCell(recorder, uri, 1);
  expect(await texts(recorder, uri)).toEqual(["old", "newer"]);
});

// ipynb.nvim PR#9: what came after its cell was gone was shown under a neighbour.
test("what a deleted cell goes on printing is shown under no other cell, and is there when the cell comes back", async () => {
  const { recorder, uri } = await opened('# %%\nstream stdout "began\\n"\ninput "?"\n# %%\n2\n');
  const executionId = await began(recorder, uri);
  const cell = '# %%\nstream stdout "began\\n"\ninput "?"\n';
  recorder.client.didChange({ uri, version: 2, changes: [{ range: { start: at(0), end: at(3) }, text: "" }] });
  await answer(recorder, uri);
  await recorder.untilOver(executionId);
  expect(await texts(recorder, uri)).toEqual([""]);
  recorder.client.didChange({ uri, version: 3, changes: [{ range: { start: at(0), end: at(0) }, text: cell }] });
  expect(await texts(recorder, uri)).toEqual(["began\nend\n", ""]);
});

test("a cell that is moved while it runs takes its output along", async () => {
  const cell = '# %%\nstream stdout "began\\n"\ninput "?"\n';
  const { recorder, uri } = await opened(`${cell}# %%\n2\n`);
  const executionId = await began(recorder, uri);
  recorder.client.didChange({ uri, version: 2, changes: [{ range: { start: at(0), end: at(3) }, text: "" }] });
  recorder.client.didChange({ uri, version: 3, changes: [{ range: { start: at(2), end: at(2) }, text: cell }] });
  await answer(recorder, uri);
  await recorder.untilOver(executionId);
  expect(await texts(recorder, uri)).toEqual(["", "began\nend\n"]);
});

test("a cell that is edited while it runs keeps its output", async () => {
  const { recorder, uri } = await opened('# %%\nstream stdout "began\\n"\ninput "?"\n# %%\n2\n');
  const executionId = await began(recorder, uri);
  recorder.client.didChange({ uri, version: 2, changes: [{ range: { start: at(1), end: at(2) }, text: "edited\n" }] });
  await answer(recorder, uri);
  await recorder.untilOver(executionId);
  expect(await texts(recorder, uri)).toEqual(["began\nend\n", ""]);
});

const twins = '# %%\nstream stdout "x\\n"\n# %%\nstream stdout "x\\n"\n';

test("of two identical cells the one that ran has the output, also after the program came back", async () => {
  const base = tempDirectory();
  const { hub, recorder, uri } = await opened(twins, openHub({ base }));
  await runCell(recorder, uri, 1);
  expect(await texts(recorder, uri)).toEqual(["", "x\n"]);
  await hub.hub.close();
  const later = await openHub({ base }).attach();
  expect(await texts(later, uri)).toEqual(["", "x\n"]);
});

test("of two identical cells the one that ran has the output in the saved .ipynb, also where the file gives no ids", async () => {
  const hub = openHub();
  const recorder = await hub.attach();
  const cell = { cell_type: "code", execution_count: null, metadata: {}, outputs: [], source: ['stream stdout "x\\n"'] };
  const uri = hub.file("a.ipynb", JSON.stringify({ cells: [cell, cell], metadata: {}, nbformat: 4, nbformat_minor: 4 }));
  await runCell(recorder, uri, 1);
  await recorder.client.writeNotebook({ uri });
  const { cells } = JSON.parse(readFileSync(fileURLToPath(uri), "utf8")) as { cells: { outputs: unknown[] }[] };
  expect(cells.map(({ outputs }) => outputs.length)).toEqual([0, 1]);
});

test("saving while a cell runs stores what it has printed, and saving again stores the rest", async () => {
  const hub = openHub();
  const recorder = await hub.attach();
  const cell = { cell_type: "code", execution_count: null, id: "a", metadata: {}, outputs: [] };
  const source = ['stream stdout "began\\n"\n', 'input "?"'];
  const uri = hub.file(
    "a b.ipynb",
    JSON.stringify({ cells: [{ ...cell, source }], metadata: {}, nbformat: 4, nbformat_minor: 5 }),
  );
  const executionId = await began(recorder, uri);
  const saved = async () => {
    await recorder.client.writeNotebook({ uri });
    return (JSON.parse(readFileSync(fileURLToPath(uri), "utf8")) as { cells: { outputs: unknown }[] }).cells[0]?.outputs;
  };
  expect(await saved()).toEqual([{ name: "stdout", output_type: "stream", text: ["began\n"] }]);
  await answer(recorder, uri);
  await recorder.untilOver(executionId);
  expect(await saved()).toEqual([{ name: "stdout", output_type: "stream", text: ["began\n", "end\n"] }]);
});

// vscode-jupyter#300, notebook#641, jupyterlab#2833: what came while nobody looked was lost.
test("a client that leaves while a cell runs finds all of its output when it comes back, in the run or after it", async () => {
  const hub = openHub();
  const { recorder, uri } = await opened('# %%\nstream stdout "began\\n"\ninput "?"\nflood 500\n', hub);
  const executionId = await began(recorder, uri);
  // Somebody else stays, or the kernel would have nobody to answer it.
  const other = await hub.attach();
  await recorder.client.detach({});
  const during = await hub.attach();
  expect(await texts(during, uri)).toEqual(["began\n"]);
  await answer(other, uri);
  const whole = `began\nend\n${Array.from({ length: 500 }, (_, line) => `${line}\n`).join("")}`;
  await expect.poll(async () => (await during.client.cells({ textDocument: { uri } })).cells[0]?.state).toBe("succeeded");
  const after = await hub.attach();
  for (const client of [other, during, after]) expect(await outputText(client, uri, executionId)).toBe(whole);
});

// marimo-lsp#255: a file that another program wrote anew lost all outputs.
test("cells that another program left alone keep their outputs when it writes the file anew", async () => {
  const hub = openHub();
  const recorder = await hub.attach();
  const uri = hub.file("a.py", '# %%\nstream stdout "one\\n"\n# %%\nstream stdout "two\\n"\n');
  await runAll(recorder, uri);
  writeFileSync(fileURLToPath(uri), '# %%\nnew\n# %%\nstream stdout "one\\n"\n# %%\nstream stdout "2\\n"\n');
  expect((await texts(recorder, uri)).slice(0, 2)).toEqual(["", "one\n"]);
});

// jupyterlab#4273, #8782, notebook#4097, help#418: a kernel that was gone looked like one that was busy.
test.each([
  ["exits with 0", "die 0", "0"],
  ["is killed", "die 137", "137"],
])("a kernel that %s in a cell keeps what the cell printed, and the cell says how it ended", async (_, command, how) => {
  const { recorder, uri } = await opened(`# %%\nstream stdout "began\\n"\nsleep 50\n${command}\n# %%\n2\n`);
  const [dying, behind] = await executeAll(recorder, uri);
  const end = await recorder.untilOver(dying?.executionId ?? "");
  expect(end).toMatchObject({ state: "failed", reason: "kernel_died", message: expect.stringContaining(how) });
  expect(await recorder.untilOver(behind?.executionId ?? "")).toMatchObject({ state: "cancelled" });
  expect(await texts(recorder, uri)).toEqual(["began\n", ""]);
});

// vscode-jupyter#3495: what waited behind an interrupted cell ran all the same.
test("an interrupt empties the queue behind the cell that it ended", async () => {
  const { recorder, uri } = await opened('# %%\nstream stdout "began\\n"\nbusy\n# %%\nstream stdout "2\\n"\n');
  const [running, behind] = await executeAll(recorder, uri);
  await recorder.until((event) => event.type === "outputs" && event.executionId === running?.executionId && event.seq > 1);
  await recorder.client.interruptKernel({ textDocument: { uri } });
  expect(await recorder.untilOver(running?.executionId ?? "")).toMatchObject({ state: "interrupted" });
  expect(await recorder.untilOver(behind?.executionId ?? "")).toMatchObject({
    state: "cancelled",
    reason: "interrupted_earlier",
  });
  expect((await texts(recorder, uri))[1]).toBe("");
});

// ipynb.nvim#18, emacs-jupyter#184, hydrogen#146: a question of the kernel's hung the notebook.
test("a question is answered while another cell waits behind it, and both go on", async () => {
  const { recorder, uri } = await opened('# %%\nstream stdout "began\\n"\ninput "?"\n# %%\nstream stdout "2\\n"\n');
  await began(recorder, uri);
  await answer(recorder, uri);
  await expect.poll(async () => await texts(recorder, uri)).toEqual(["began\nend\n", "2\n"]);
});

test("a question whose client leaves unanswered can be answered by another", async () => {
  const { hub, recorder, uri } = await opened('# %%\nstream stdout "began\\n"\ninput "?"\n');
  const executionId = await began(recorder, uri);
  const other = await hub.attach();
  await recorder.client.detach({});
  await answer(other, uri);
  await other.untilOver(executionId);
  expect(await texts(other, uri)).toEqual(["began\nend\n"]);
});
