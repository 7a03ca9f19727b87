// @module-tag process
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { tempDirectory } from "../real-kernels.ts";
import { executeAll, openHub, type OpenHub, outputText, type RecordingClient } from "./open-hub.ts";

async function runAll(recorder: RecordingClient, uri: string): Promise<void> {
  for (const { executionId } of await executeAll(recorder, uri)) await recorder.untilOver(executionId);
}

/** What each cell shows, and whether it is told as stale. */
async function shown(recorder: RecordingClient, uri: string) {
  const { cells } = await recorder.client.cells({ textDocument: { uri } });
  return await Promise.all(
    cells.map(async ({ id, stale }) => {
      const { text } = await recorder.client.outputs({ textDocument: { uri }, cellId: id, as: "text" });
      return `${text}${stale === undefined ? "" : `(${stale.reason})`}`;
    }),
  );
}

/** Another process of ours that opens the file in an editor, looks, and goes. */
async function reopened(base: string, uri: string): Promise<readonly string[]> {
  const { hub, attach } = openHub({ base });
  const recorder = await attach();
  recorder.client.didOpen({ uri, languageId: "python", version: 1, text: readFileSync(fileURLToPath(uri), "utf8") });
  const texts = await shown(recorder, uri);
  recorder.client.didClose({ uri });
  await hub.close();
  return texts;
}

test("a cell that another program took away and put back has its output, though the file was opened in between", async () => {
  const base = tempDirectory();
  const { hub, attach, file } = openHub({ base });
  const recorder = await attach();
  const cell = '# %%\ninput "?"\n';
  recorder.answers.push("0", "1", "2");
  const uri = file("a.py", cell.repeat(3));
  const path = fileURLToPath(uri);
  await runAll(recorder, uri);
  const before = await shown(recorder, uri);
  expect(before).toEqual(["0\n", "1\n", "2\n"]);
  await hub.close();
  writeFileSync(path, cell.repeat(2));
  expect(await reopened(base, uri)).toEqual(before.slice(0, 2));
  writeFileSync(path, cell.repeat(3));
  expect(await reopened(base, uri)).toEqual(before);
});

const one = '# %%\nstream stdout "z\\n"\n';

test("a cell that was edited elsewhere shows its output as of an older source, until the source is again what it was", async () => {
  const base = tempDirectory();
  const { hub, attach, file } = openHub({ base });
  const recorder = await attach();
  const uri = file("a.py", one);
  await runAll(recorder, uri);
  expect(await shown(recorder, uri)).toEqual(["z\n"]);
  await hub.close();
  file("a.py", one.replace("z", "zz"));
  expect(await reopened(base, uri)).toEqual(["z\n(edited)"]);
  file("a.py", one);
  expect(await reopened(base, uri)).toEqual(["z\n"]);
});

/** The last that was told of the first cell. */
function told(recorder: RecordingClient) {
  const changes = recorder.events.flatMap((event) => (event.type === "cells" ? event.changes : []));
  return changes.findLast(({ start, cells }) => start === 0 && cells.length > 0)?.cells[0];
}

test("a cell that is edited is told to be stale once, and no more after an undo or a new run; the stale ones can be run", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const text = `${one}# %%\nstream stdout "other\\n"\n`;
  const uri = file("a.py", text);
  recorder.client.didOpen({ uri, languageId: "python", version: 1, text });
  await runAll(recorder, uri);
  let version = 1;
  const edit = (from: number, to: number, inserted: string) => {
    const range = { start: { line: 1, character: from }, end: { line: 1, character: to } };
    recorder.client.didChange({ uri, version: (version += 1), changes: [{ range, text: inserted }] });
  };
  const stale = { reason: "edited", cellIds: [] };
  edit(15, 15, "z");
  expect(told(recorder)).toMatchObject({ stale });
  const count = recorder.events.length;
  edit(15, 15, "z");
  expect(recorder.events.slice(count).filter(({ type }) => type === "cells")).toEqual([]);
  edit(15, 17, "");
  expect(told(recorder)).not.toHaveProperty("stale");
  edit(15, 15, "z");
  expect(told(recorder)).toMatchObject({ stale });
  const { executions } = await recorder.client.execute({ textDocument: { uri }, target: { scope: "stale" } });
  expect(executions).toHaveLength(1);
  expect(told(recorder)).toMatchObject({ executionId: executions[0]?.executionId });
  expect(told(recorder)).not.toHaveProperty("stale");
  await recorder.untilOver(executions[0]?.executionId ?? "");
  await expect(recorder.client.execute({ textDocument: { uri }, target: { scope: "stale" } })).rejects.toThrow("no code cell");
});

test("lines run out of a cell do not make it stale", async () => {
  const { attach, file } = openHub();
  const recorder = await attach();
  const uri = file("a.py", '# %%\nstream stdout "a\\n"\nstream stdout "b\\n"\n');
  const { executions } = await recorder.client.execute({ textDocument: { uri }, target: { lines: [1, 1] } });
  await recorder.untilOver(executions[0]?.executionId ?? "");
  expect(await shown(recorder, uri)).toEqual(["a\n"]);
});

function ipynb(source: string): string {
  const cell = { cell_type: "code", execution_count: null, id: "c0", metadata: {}, outputs: [], source: [source] };
  return JSON.stringify({ cells: [cell], metadata: { language_info: { name: "python" } }, nbformat: 4, nbformat_minor: 5 });
}

async function untilText(recorder: RecordingClient, uri: string, executionId: string, text: string): Promise<void> {
  for (let from = 0; (await outputText(recorder, uri, executionId))?.includes(text) !== true; from = recorder.events.length)
    await recorder.until((event) => recorder.events.indexOf(event) >= from && event.type === "outputs");
}

test("output that came after the save, before our death, is there when the notebook is opened again", async () => {
  const base = tempDirectory();
  const { hub, attach, file } = openHub({ base });
  const recorder = await attach();
  const uri = file("a.ipynb", ipynb('stream stdout "in time\\n"\nlate 100 stdout "late\\n"'));
  const [{ executionId } = { executionId: "" }] = await executeAll(recorder, uri);
  await recorder.untilOver(executionId);
  await recorder.client.writeNotebook({ uri });
  await untilText(recorder, uri, executionId, "late");
  await hub.close();
  expect(JSON.parse(readFileSync(fileURLToPath(uri), "utf8"))).toMatchObject({ cells: [{ outputs: [{ text: ["in time\n"] }] }] });
  expect(await shown(await openHub({ base }).attach(), uri)).toEqual(["in time\nlate\n"]);
});

test("outputs that another program saved later win over ours", async () => {
  const base = tempDirectory();
  const { hub, attach, file } = openHub({ base });
  const recorder = await attach();
  const uri = file("a.ipynb", ipynb('stream stdout "ours\\n"'));
  await runAll(recorder, uri);
  await recorder.client.writeNotebook({ uri });
  await hub.close();
  const path = fileURLToPath(uri);
  writeFileSync(path, readFileSync(path, "utf8").replace('"ours\\n"', '"theirs\\n"'));
  expect(await shown(await openHub({ base }).attach(), uri)).toEqual(["theirs\n"]);
});

function logs({ stateDirectory }: OpenHub) {
  const [notebook = ""] = readdirSync(join(stateDirectory, "notebooks"));
  const folder = join(stateDirectory, "notebooks", notebook, "outputs");
  return readdirSync(folder).map((id) => ({ id, sizeBytes: statSync(join(folder, id)).size }));
}

test("a notebook that is run again and again does not fill the disk, and keeps what its cells show", async () => {
  const limits = { notebookOutputsMax: 3_000 };
  const base = tempDirectory();
  const first = openHub({ base, limits });
  const recorder = await first.attach();
  const big = `# %%\nstream stdout "${"x".repeat(1_000)}\\n"\n`;
  const uri = first.file("a.py", big + big);
  for (let round = 0; round < 5; round += 1) await runAll(recorder, uri);
  expect(logs(first).length).toBeLessThanOrEqual(4);
  const full = `${"x".repeat(1_000)}\n`;
  expect(await shown(recorder, uri)).toEqual([full, full]);
  await first.hub.close();
  expect(await shown(await openHub({ base, limits: { notebookOutputsMax: 100 } }).attach(), uri)).toEqual([full, full]);
});
