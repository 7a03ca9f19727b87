// @module-tag process
import { execFile } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { realKernel, tempDirectory } from "../real-kernels.ts";
import { buildProgram, ProgramRun } from "./built-program.ts";
import { Shell } from "./run-cli.ts";

// Processes of their own, on machines that are busy with other tests.
vi.setConfig({ testTimeout: 30_000 });

let program = "";
beforeAll(async () => {
  program = await buildProgram();
});

function start(shell: Shell, ...argv: readonly string[]): ProgramRun {
  return new ProgramRun(program, { cwd: shell.directory, env: shell.env }, argv);
}

/** A process that a kernel starts, which tells of its end by that of a connection. */
class Child {
  /** Starts it, and keeps its cell busy. */
  readonly cell: string;
  readonly gone: Promise<true>;
  readonly #connected: Promise<Socket>;

  constructor() {
    const path = join(tempDirectory(), "s");
    this.cell = `child ${path}\nbusy`;
    const server = createServer().listen(path);
    onTestFinished(() => void server.close());
    this.#connected = once(server, "connection").then(([socket]) => socket as Socket);
    this.gone = this.#connected.then(async (socket) => {
      // A killed process may reset its connection.
      socket.on("error", () => {}).resume();
      await once(socket, "close");
      return true as const;
    });
  }

  async runs(): Promise<void> {
    await this.#connected;
  }
}

describe.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)("%s while a cell runs", (signal, status) => {
  test("ends the run, the kernel and what the kernel started", async () => {
    const shell = new Shell();
    const child = new Child();
    const run = start(shell, "run", shell.notebook("a.ipynb", [child.cell]), "--json");
    await child.runs();
    run.process.kill(signal);
    expect((await run.ended).code).toBe(status);
    expect(await child.gone).toBe(true);
  });
});

test("kill -9 of the run leaves no kernel behind", async () => {
  const shell = new Shell();
  const child = new Child();
  const run = start(shell, "run", shell.notebook("a.ipynb", [child.cell]), "--json");
  await child.runs();
  run.process.kill("SIGKILL");
  expect((await run.ended).signal).toBe("SIGKILL");
  expect(await child.gone).toBe(true);
});

test("two ^C end a run whose kernel takes no interrupt", async () => {
  const shell = new Shell({ manners: ["ignores-interrupt"] });
  const child = new Child();
  const run = start(shell, "run", shell.notebook("a.ipynb", [child.cell]), "--json");
  await child.runs();
  run.process.kill("SIGINT");
  run.process.kill("SIGINT");
  // Two signals that come in the same instant are one: the second is sent until it is seen.
  const again = setInterval(() => run.process.kill("SIGINT"), 50);
  const { code } = await run.ended;
  clearInterval(again);
  expect(code).toBe(130);
  expect(await child.gone).toBe(true);
});

test.skipIf(process.platform === "win32")("a run piped into head ends quietly when head does", async () => {
  const shell = new Shell();
  const path = shell.notebook("a.ipynb", ["flood 20000 100", "busy"]);
  const command = `"$0" "$1" run "$2" | head -1; echo "\${PIPESTATUS[0]}"`;
  const { stdout, stderr } = await promisify(execFile)("bash", ["-c", command, process.execPath, program, path], {
    cwd: shell.directory,
    env: shell.env,
  });
  expect(stdout).toMatch(/^0\s*\n141\n$/);
  expect(stderr).toMatch(/^kernel: Fake .*\n(?:\d+ of \d+ cells ran.*\n)?$/);
});

describe.skipIf(!existsSync("/dev/full"))("a full disk behind stdout is named, with status 4", () => {
  test.each([
    ["convert", "a.ipynb", "-", "--to", "percent"],
    ["cells", "a.ipynb"],
    ["cells", "a.ipynb", "--json"],
    ["run", "a.ipynb"],
    ["run", "a.ipynb", "--json"],
    ["--version"],
  ])("nbls %s %s %s", async (...argv) => {
    const shell = new Shell();
    shell.notebook("a.ipynb", ["flood 10", "flood 10"]);
    const run = promisify(execFile)("bash", ["-c", '"$@" >/dev/full', "bash", process.execPath, program, ...argv], {
      cwd: shell.directory,
      env: shell.env,
    });
    await expect(run).rejects.toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/^nbls: .*ENOSPC: no space left on device/m),
    });
  });
});

test("state and runtime directories that cannot be made: one place instead, the same at each run, and a warning", async () => {
  const shell = new Shell();
  const file = shell.file("file", "");
  const temporary = join(shell.directory, "tmp");
  mkdirSync(temporary);
  const path = shell.notebook("a.ipynb", ['stream stdout "kept\\n"']);
  const env = { ...shell.env, TMPDIR: temporary, NBLS_STATE_DIR: join(file, "s"), NBLS_RUNTIME_DIR: join(file, "r") };
  const place = { cwd: shell.directory, env };
  for (let round = 0; round < 2; round += 1) {
    const { code, stderr } = await new ProgramRun(program, place, ["run", path]).ended;
    expect(stderr).toMatch(/warn .*cannot be used .* is used instead/);
    expect(code).toBe(0);
  }
  expect(readdirSync(temporary)).toEqual([expect.stringMatching(/^nbls-[^-]+$/)]);
  expect((await new ProgramRun(program, place, ["output", path, "1"]).ended).stdout).toBe("kept\n");
});

test("a run leaves no file in the runtime directory", async () => {
  const shell = new Shell();
  expect((await start(shell, "run", shell.notebook("a.ipynb", ['stream stdout "x\\n"'])).ended).code).toBe(0);
  expect(readdirSync(join(shell.directory, "../run"))).toEqual([]);
});

test("the tour runs with nothing but a python3", async () => {
  const shell = new Shell({ env: { JUPYTER_PATH: "" } });
  copyFileSync(join(import.meta.dirname, "../../fixtures/notebooks/tour.ipynb"), join(shell.directory, "tour.ipynb"));
  const { code, stdout, stderr } = await start(shell, "run", "tour.ipynb").ended;
  expect(stderr).toMatch(/^kernel: /);
  expect(stdout).toMatch(/^Python 3\.\d+/);
  expect(stdout).toContain("counting  ████████████████████  100 %\ndone\n");
  expect(stdout).toContain("Jupiter     97");
  expect(stdout).toContain("Some HTML with a list:\n\n• café & crème\n• 1 < 2\n");
  expect(stdout).toContain("Some Markdown with a formula");
  expect(stdout).toContain("['tea took 0.1 s', 'coffee took 0.2 s']");
  expect(stdout).toContain("ZeroDivisionError: division by zero");
  expect(stdout).toContain("everything above is still here");
  expect(code).toBe(0);
});

test("nbls --version and nbls lsp load no ZeroMQ", async () => {
  const shell = new Shell();
  const preload = shell.file("no-zeromq.cjs", `process.dlopen = () => { throw new Error("native code was loaded"); };`);
  const place = { cwd: shell.directory, env: { ...shell.env, NODE_OPTIONS: `--require ${preload}` } };
  expect(await new ProgramRun(program, place, ["--version"]).ended).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^nbls \d/),
    stderr: "",
  });
  const server = new ProgramRun(program, place, ["lsp", "--stdio"]);
  const body = JSON.stringify({
    jsonrpc: "2.0",
    id: 1,
    method: "initialize",
    params: { processId: null, rootUri: null, capabilities: {} },
  });
  server.process.stdin?.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  await server.until(/"executeCommandProvider"/);
  server.process.stdin?.end();
  expect(await server.ended).toMatchObject({ code: 1, stderr: "" });
});

const deno = realKernel("deno");
test.skipIf(deno === undefined)("what Deno prints after its cell has ended is not lost", { tags: ["kernel"] }, async () => {
  const shell = new Shell({ env: { PATH: `${dirname(deno?.argv[0] ?? "")}:${process.env["PATH"]}` } });
  const path = shell.file("a.ts", "// %%\nfor (let i = 0; i < 20000; i++) console.log(i);\n// %%\nconsole.log('end')\n");
  const { code, stdout } = await start(shell, "run", path).ended;
  expect(stdout.split("\n").length).toBe(20_002);
  expect(code).toBe(0);
});

test.skipIf(deno === undefined)("what Deno prints after its cell has ended is saved", { tags: ["kernel"] }, async () => {
  const shell = new Shell({ env: { PATH: `${dirname(deno?.argv[0] ?? "")}:${process.env["PATH"]}` } });
  const source = "for (let i = 0; i < 20000; i++) console.log(i);";
  const metadata = { language_info: { name: "typescript" } };
  const cell = { cell_type: "code", execution_count: null, id: "c1", metadata: {}, outputs: [], source: [source] };
  const notebook = { cells: [cell], metadata, nbformat: 4, nbformat_minor: 5 };
  const path = shell.file("a.ipynb", JSON.stringify(notebook));
  expect((await start(shell, "run", path, "--save").ended).code).toBe(0);
  const saved = JSON.parse(shell.read("a.ipynb")) as { cells: { outputs: { text: string[] }[] }[] };
  expect(saved.cells[0]?.outputs.flatMap(({ text }) => text)).toHaveLength(20_000);
});
