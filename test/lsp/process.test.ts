// @module-tag process
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { beforeAll, expect, onTestFailed, test } from "vitest";
import { newNotebook } from "../../server/formats/ipynb.ts";
import { buildProgram } from "../cli/built-program.ts";
import { LspClient } from "../fakes/lsp-client.ts";
import { isAlive } from "../kernel/process-state.ts";
import { pythonWith, tempDirectory, whyMissing } from "../real-kernels.ts";

let program = "";
beforeAll(async () => {
  program = await buildProgram();
});

const first = [
  "# %% [markdown]",
  "# # A day",
  "# %% loop",
  "import time",
  "for i in range(3):",
  "    print(i, flush=True)",
  "    time.sleep(0.2)",
  "",
];
const second = ["# %%", "x = 20", "x + 1", "# %%", "while True: time.sleep(0.01)", "# %%", "x", ""];
const text = [...first, ...second].join("\n");

/** The server as a process of its own, as an editor starts it, in an environment with one Python. */
function startServer(python: string) {
  const directory = tempDirectory();
  const child = spawn(process.execPath, [program, "lsp", "--stdio"], {
    cwd: directory,
    env: {
      PATH: `${dirname(python)}:${process.env["PATH"] ?? ""}`,
      HOME: directory,
      VIRTUAL_ENV: dirname(dirname(python)),
      NBLS_STATE_DIR: join(directory, "state"),
      NBLS_RUNTIME_DIR: join(directory, "run"),
    },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const client = new LspClient(child.stdin, child.stdout);
  onTestFailed(() => void process.stderr.write(client.transcript.join("\n")));
  return { client, directory, child, ended: once(child, "exit") };
}

test("a server that its editor kills leaves no text beside a notebook, but the one that was edited", async () => {
  const { client, directory, child, ended } = startServer(process.execPath);
  client.answers.set("window/showDocument", () => ({ success: true }));
  await client.request("initialize", { processId: process.pid, rootUri: null, capabilities: {} });
  client.notify("initialized", {});
  const texts: string[] = [];
  for (const name of ["edited", "same"]) {
    const notebook = newNotebook({ language: "python" });
    writeFileSync(join(directory, `${name}.ipynb`), notebook);
    const uri = pathToFileURL(join(directory, `${name}.ipynb`)).href;
    client.notify("textDocument/didOpen", { textDocument: { uri, languageId: "json", version: 0, text: notebook } });
    const shown = await client.expect("window/showDocument");
    const path = fileURLToPath(shown.uri);
    texts.push(path);
    const shownText = readFileSync(path, "utf8");
    client.notify("textDocument/didOpen", {
      textDocument: { uri: shown.uri, languageId: "python", version: 0, text: shownText },
    });
  }
  const [edited = "", same = ""] = texts;
  const runtime = join(directory, "run");
  const agreed = () => readdirSync(runtime, { recursive: true }).filter((name) => /texts-[^/]+\/\w+$/.test(String(name)));
  // Watching folders misses what appears in one that has just been made.
  const soon = { timeout: 20_000, interval: 20 };
  await expect.poll(() => agreed().length, soon).toBe(2);
  writeFileSync(edited, `${readFileSync(edited, "utf8")}# %%\nmine\n`);
  child.kill("SIGKILL");
  await ended;
  await expect.poll(() => existsSync(same), soon).toBe(false);
  expect(readFileSync(edited, "utf8")).toContain("mine");
  await expect.poll(() => agreed().length, soon).toBe(0);
});

const names = ["ipykernel7", "ipykernel6"] as const;
test.for(names)(
  "an editor's session from initialize to exit, on %s",
  { tags: ["kernel"], timeout: 120_000 },
  async (name, { skip }) => {
    const python = pythonWith(name);
    if (python === undefined) return skip(`${name}: ${whyMissing(name)}`);
    const { client, directory, ended } = startServer(python);
    const uri = pathToFileURL(join(directory, "a day.py")).href;
    const textDocument = { uri };
    const initialized = await client.request("initialize", {
      processId: process.pid,
      rootUri: null,
      capabilities: { experimental: { nbls: { outputs: true } } },
    });
    expect(initialized.capabilities.experimental.nbls).toEqual({ version: 1 });
    client.notify("initialized", {});
    client.notify("textDocument/didOpen", { textDocument: { uri, languageId: "python", version: 1, text } });

    const { cells, language, version } = await client.request("nbls/cells", { textDocument });
    expect([language, version, cells.map((cell: { kind: string }) => cell.kind)]).toEqual([
      "python",
      1,
      ["markdown", "code", "code", "code", "code"],
    ]);
    const lenses = await client.request("textDocument/codeLens", { textDocument });
    const lens = lenses.find(
      ({ command, range }: { command: { command: string }; range: { start: { line: number } } }) =>
        command.command === "nbls.runCell" && range.start.line === 2,
    );

    // The lens runs its cell; what it prints comes while it still runs.
    await client.request("workspace/executeCommand", lens.command, 60_000);
    await client.expect("nbls/didChangeOutputs", ({ lines }) => lines.length === 1, 60_000);
    expect(client.all("nbls/didChangeExecution").at(-1).state).toBe("running");
    // Edited above while it runs: the cell keeps its id, and its output its place.
    client.notify("textDocument/didChange", {
      textDocument: { uri, version: 2 },
      contentChanges: [{ range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } }, text: "# %%\ny = 1\n" }],
    });
    const ran = await client.expect("nbls/didChangeExecution", ({ state }) => state === "succeeded", 60_000);
    expect(ran.cellId).toBe(cells[1].id);
    const shown = client.all("nbls/didChangeOutputs").at(-1);
    expect(shown).toMatchObject({ cellId: cells[1].id, anchor: { line: 8 } });
    expect(shown.lines.map((line: { text: string }[]) => line.map((span) => span.text).join(""))).toEqual(["0", "1", "2"]);

    const finished = async (executionId: string) =>
      await client.expect(
        "nbls/didChangeExecution",
        (each) => each.executionId === executionId && !["queued", "running"].includes(each.state),
        60_000,
      );
    const run = async (...cellIds: string[]) =>
      (await client.request("nbls/execute", { textDocument, version: 2, target: { cellIds } })).executions;

    // A loop is interrupted, and what waited behind it is cancelled; cancelling alone leaves the loop running.
    const [value, loop, behind] = await run(cells[2].id, cells[3].id, cells[4].id);
    expect(await finished(value.executionId)).toMatchObject({ state: "succeeded" });
    expect((await client.request("nbls/outputs", { textDocument, executionId: value.executionId, as: "text" })).text).toBe("21");
    await client.expect(
      "nbls/didChangeExecution",
      (each) => each.executionId === loop.executionId && each.state === "running",
      60_000,
    );
    expect(await client.request("nbls/cancel", { textDocument, executionIds: [behind.executionId] })).toEqual({
      cancelled: [behind.executionId],
      interrupted: [],
    });
    expect(await finished(behind.executionId)).toMatchObject({ state: "cancelled", reason: "cancelled_by_user" });
    await client.request("nbls/interruptKernel", { textDocument });
    expect(await finished(loop.executionId)).toMatchObject({ state: "interrupted" });

    // A restart forgets.
    const before = (await client.request("nbls/kernels", {})).kernels[0].pid;
    const after = (await client.request("nbls/restartKernel", { textDocument }, 60_000)).pid;
    expect(isAlive(before)).toBe(false);
    const [forgotten] = await run(cells[4].id);
    expect(await finished(forgotten.executionId)).toMatchObject({ state: "failed" });
    expect(
      (await client.request("nbls/outputs", { textDocument, executionId: forgotten.executionId, as: "text" })).text,
    ).toContain("NameError");

    await client.request("shutdown", undefined, 60_000);
    client.notify("exit");
    expect(await ended).toEqual([0, null]);
    expect(isAlive(after)).toBe(false);
    const runtimeDirectory = join(directory, "run");
    expect(existsSync(runtimeDirectory) ? readdirSync(runtimeDirectory) : []).toEqual([]);
  },
);
