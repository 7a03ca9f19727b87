// @module-tag process
import { execFile } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { realKernel } from "../real-kernels.ts";
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

/** Whether the process is gone, asked until it is. The test's own timeout bounds the wait. */
async function gone(pid: number): Promise<true> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const tellPid = "child\nbusy";

describe.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)("%s while a cell runs", (signal, status) => {
  test("ends the run, the kernel and what the kernel started", async () => {
    const shell = new Shell();
    const run = start(shell, "run", shell.notebook("a.ipynb", [tellPid]), "--json");
    const [, pid] = await run.until(/"text":"(\d+)/);
    run.process.kill(signal);
    expect((await run.ended).code).toBe(status);
    expect(await gone(Number(pid))).toBe(true);
  });
});

test("kill -9 of the run leaves no kernel behind", async () => {
  const shell = new Shell();
  const run = start(shell, "run", shell.notebook("a.ipynb", [tellPid]), "--json");
  const [, pid] = await run.until(/"text":"(\d+)/);
  run.process.kill("SIGKILL");
  expect((await run.ended).signal).toBe("SIGKILL");
  expect(await gone(Number(pid))).toBe(true);
});

test("two ^C end a run whose kernel takes no interrupt", async () => {
  const shell = new Shell({ manners: ["ignores-interrupt"] });
  const run = start(shell, "run", shell.notebook("a.ipynb", [tellPid]), "--json");
  const [, pid] = await run.until(/"text":"(\d+)/);
  run.process.kill("SIGINT");
  run.process.kill("SIGINT");
  // Two signals that come in the same instant are one: the second is sent until it is seen.
  const again = setInterval(() => run.process.kill("SIGINT"), 50);
  const { code } = await run.ended;
  clearInterval(again);
  expect(code).toBe(130);
  expect(await gone(Number(pid))).toBe(true);
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
