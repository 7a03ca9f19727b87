// @module-tag process
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { executeAll, openHub, outputText, type RecordingClient } from "./open-hub.ts";

/** Runs one cell, by its index, to its end; its execution and its cell. */
async function run(recorder: RecordingClient, uri: string, index: number) {
  const { executionId, cellId } = await begin(recorder, uri, index);
  await recorder.untilOver(executionId);
  return { executionId, cellId };
}

async function begin(recorder: RecordingClient, uri: string, index: number) {
  const { cells } = await recorder.client.cells({ textDocument: { uri } });
  const cellIds = [cells[index]?.id ?? ""];
  const { executions } = await recorder.client.execute({ textDocument: { uri }, target: { cellIds } });
  const [execution] = executions;
  if (execution === undefined) throw new Error(`cell ${index} was not queued`);
  return execution;
}

/** What the cell shows. */
async function shown(recorder: RecordingClient, uri: string, cellId: string) {
  return await recorder.client.outputWindow({ textDocument: { uri }, cellId });
}

/** Resolves once the outputs of an execution hold `text`, having been told of each change. */
async function untilText(recorder: RecordingClient, uri: string, executionId: string, text: string): Promise<void> {
  for (let from = 0; (await outputText(recorder, uri, executionId))?.includes(text) !== true; from = recorder.events.length)
    await recorder.until((event) => recorder.events.indexOf(event) >= from && event.type === "outputs");
}

/** Opens a text of the notebook; edits replace whole lines. */
function openText(recorder: RecordingClient, uri: string, text: string) {
  recorder.client.didOpen({ uri, languageId: "python", version: 1, text });
  let version = 1;
  return (start: number, end: number, lines: string) => {
    version += 1;
    const range = { start: { line: start, character: 0 }, end: { line: end, character: 0 } };
    recorder.client.didChange({ uri, version, changes: [{ range, text: lines }] });
  };
}

const printsLate = '# %%\nstream stdout "in time\\n"\nlate 60 stdout "late\\n"\n# %%\nstream stdout "neighbour\\n"\n';

test("late output of a finished execution comes to its cell, and is told", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const uri = file("a.py", printsLate);
  const { executionId, cellId } = await run(recorder, uri, 0);
  const other = await run(recorder, uri, 1);
  await untilText(recorder, uri, executionId, "late");
  expect(await shown(recorder, uri, cellId)).toMatchObject({ executionId, outputs: [{ text: "in time\nlate\n" }] });
  expect((await shown(recorder, uri, other.cellId)).outputs).toMatchObject([{ text: "neighbour\n" }]);
});

test("late output of the run before is told while that is what the cell shows, and then stays out of the new run", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const uri = file("a.py", "");
  const edit = openText(recorder, uri, '# %%\nstream stdout "old\\n"\n');
  const first = await run(recorder, uri, 0);
  const late = (text: string) => `as ${first.executionId} stdout "${text}\\n"\n`;
  edit(1, 2, `${late("late")}busy\n`);
  const second = await begin(recorder, uri, 0);
  expect(second.cellId).toBe(first.cellId);
  await untilText(recorder, uri, first.executionId, "late");
  const previous = await shown(recorder, uri, first.cellId);
  expect(previous).toMatchObject({ executionId: first.executionId, isPrevious: true, outputs: [{ text: "old\nlate\n" }] });
  await recorder.client.interruptKernel({ textDocument: { uri } });
  await recorder.untilOver(second.executionId);
  edit(1, 3, `stream stdout "new\\n"\n${late("later")}stream stdout "end\\n"\n`);
  const third = await run(recorder, uri, 0);
  expect(await outputText(recorder, uri, first.executionId)).toBe("old\nlate\nlater\n");
  const now = await shown(recorder, uri, first.cellId);
  expect(now).toMatchObject({ executionId: third.executionId, outputs: [{ text: "new\nend\n" }] });
});

test("late output of a removed cell is in its record, not in a neighbour, and comes back with the cell", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const uri = file("a.py", "");
  const cell = '# %%\nstream stdout "in time\\n"\n';
  const edit = openText(recorder, uri, `${cell}# %%\n1\n`);
  const { executionId, cellId } = await run(recorder, uri, 0);
  edit(0, 2, "");
  edit(1, 2, `as ${executionId} stdout "late\\n"\nstream stdout "neighbour\\n"\n`);
  const neighbour = await run(recorder, uri, 0);
  expect((await shown(recorder, uri, neighbour.cellId)).outputs).toMatchObject([{ text: "neighbour\n" }]);
  const told = recorder.events.length;
  edit(0, 0, cell);
  const back = recorder.events.slice(told);
  expect(back).toContainEqual(expect.objectContaining({ type: "outputs", cellId, executionId }));
  expect(await shown(recorder, uri, cellId)).toMatchObject({ executionId, outputs: [{ text: "in time\nlate\n" }] });
});

test("output with the parent of an execution before the restart is dropped", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const uri = file("a.py", "");
  const edit = openText(recorder, uri, '# %%\nstream stdout "before\\n"\n# %%\n1\n');
  const old = await run(recorder, uri, 0);
  await recorder.client.restartKernel({ textDocument: { uri } });
  edit(3, 4, `as ${old.executionId} stdout "ghost\\n"\nstream stdout "after\\n"\n`);
  const next = await run(recorder, uri, 1);
  expect(await outputText(recorder, uri, next.executionId)).toBe("after\n");
  expect(await outputText(recorder, uri, old.executionId)).toBe("before\n");
  expect((await shown(recorder, uri, old.cellId)).outputs).toMatchObject([{ text: "before\n" }]);
});

test("output that another client of the kernel asked for lands in no cell, also while one runs", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const uri = file("a.py", '# %%\nstream stdout "a\\n"\nas of-somebody-else stdout "foreign\\n"\nstream stdout "b\\n"\n');
  const { executionId } = await run(recorder, uri, 0);
  expect(await outputText(recorder, uri, executionId)).toBe("a\nb\n");
});

/** The outputs that were saved, cell by cell. */
async function savedOutputs(recorder: RecordingClient, uri: string, directory: string) {
  await recorder.client.writeNotebook({ uri });
  const { cells } = JSON.parse(readFileSync(join(directory, "a.ipynb"), "utf8")) as {
    cells: readonly { readonly outputs: readonly unknown[] }[];
  };
  return cells.map(({ outputs }) => outputs);
}

function ipynb(...sources: readonly string[]): string {
  const cells = sources.map((source, index) => ({
    cell_type: "code",
    execution_count: null,
    id: `c${index}`,
    metadata: {},
    outputs: [],
    source: source.split(/(?<=\n)/),
  }));
  return JSON.stringify({ cells, metadata: { language_info: { name: "python" } }, nbformat: 4, nbformat_minor: 5 });
}

test.each([
  ["died", {}, ['stream stdout "before\\n"\ndie 3', "1"], "kernel_died", [[{ text: ["before\n"] }], []]],
  ["did not start", { manners: ["dies=No module named fake"] }, ["1"], "kernel_failed_to_start", [[]]],
] as const)("a kernel that %s is a state, and no output in the file", async (_, options, sources, reason, expected) => {
  const { attach, file, directory } = openHub(options);
  const recorder = await attach();
  const uri = file("a.ipynb", ipynb(...sources));
  for (const [index, { executionId }] of (await executeAll(recorder, uri)).entries()) {
    const { reason: told } = await recorder.untilOver(executionId);
    if (index === 0) expect(told).toBe(reason);
  }
  expect(await savedOutputs(recorder, uri, directory)).toMatchObject(expected);
});

test("a state directory that cannot be written is told, and is no output in the file", async () => {
  const { attach, file, directory, stateDirectory } = openHub();
  // A file where a folder is to be made: each write fails, for root too.
  mkdirSync(stateDirectory, { recursive: true });
  writeFileSync(join(stateDirectory, "notebooks"), "");
  const recorder = await attach();
  const uri = file("a.ipynb", ipynb('stream stdout "a\\n"', 'stream stdout "b\\n"'));
  for (const { executionId } of await executeAll(recorder, uri))
    expect(await recorder.untilOver(executionId)).toMatchObject({ state: "succeeded" });
  expect(await savedOutputs(recorder, uri, directory)).toEqual(
    ["a\n", "b\n"].map((text) => [{ name: "stdout", output_type: "stream", text: [text] }]),
  );
  expect(recorder.events).toContainEqual(
    expect.objectContaining({ type: "message", severity: "error", text: expect.stringContaining("ENOTDIR") }),
  );
});

test("a failure that the kernel tells in its reply alone is the execution's message", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const uri = file("a.py", "# %%\nlose error\nerror SyntaxError bad\n");
  const { executionId } = await begin(recorder, uri, 0);
  expect(await recorder.untilOver(executionId)).toMatchObject({ state: "failed", message: "SyntaxError: bad" });
});

test("a save waits for what a kernel prints after it said to have ended, and not for a timer without end", async () => {
  const { attach, file, directory } = openHub({ manners: ["implementation=deno"], limits: { lateOutputMsMax: 700 } });
  const recorder = await attach();
  const uri = file("a.ipynb", ipynb('late 100 stdout "late\\n"', 'tick 100 stdout "tick\\n"'));
  await run(recorder, uri, 0);
  expect((await savedOutputs(recorder, uri, directory))[0]).toMatchObject([{ text: ["late\n"] }]);
  await run(recorder, uri, 1);
  expect(JSON.stringify(await savedOutputs(recorder, uri, directory))).toContain("tick");
});

test("what comes after a save is saved by the next one", async () => {
  const { attach, file, directory } = openHub();
  const recorder = await attach();
  const uri = file("a.ipynb", ipynb('stream stdout "in time\\n"\nlate 100 stdout "late\\n"'));
  const { executionId } = await run(recorder, uri, 0);
  await savedOutputs(recorder, uri, directory);
  await untilText(recorder, uri, executionId, "late");
  expect(await savedOutputs(recorder, uri, directory)).toMatchObject([[{ text: ["in time\n", "late\n"] }]]);
});
