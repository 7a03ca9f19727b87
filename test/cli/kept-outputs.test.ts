// @module-tag process
import { spawn } from "node:child_process";
import { once } from "node:events";
import { beforeAll, expect, test, vi } from "vitest";
import { buildProgram, ProgramRun } from "./built-program.ts";
import { Shell } from "./run-cli.ts";

// Processes of their own, on machines that are busy with other tests.
vi.setConfig({ testTimeout: 60_000 });

let program = "";
beforeAll(async () => {
  program = await buildProgram("test-kept");
});

test("what was printed by a run that kill -9 ended is all there for the next program", async () => {
  const shell = new Shell();
  const path = shell.notebook("a.ipynb", ["flood 200000 90\nbusy"]);
  const run = spawn(process.execPath, [program, "run", path], { cwd: shell.directory, env: shell.env });
  let printed = "";
  run.stdout.setEncoding("utf8");
  for await (const text of run.stdout) {
    printed += text as string;
    // In the middle of it.
    if (printed.length > 4_000_000) break;
  }
  run.kill("SIGKILL");
  await once(run, "exit");
  const again = await new ProgramRun(program, { cwd: shell.directory, env: shell.env }, ["output", path, "1", "--full"]).ended;
  expect(again.code).toBe(0);
  expect(again.stdout.length).toBeGreaterThanOrEqual(printed.length);
  expect(again.stdout.startsWith(printed)).toBe(true);
});

test.skipIf(process.platform === "win32")(
  "a cell runs to its end on a full disk: all is printed, and a message says what is not kept",
  async () => {
    const shell = new Shell();
    const path = shell.file("a.py", "# %%\nflood 1000 8192\n");
    // The limit of a file's size, in blocks of 512 bytes, is what a process can know of a full disk.
    const command = `ulimit -f 4096; exec "${process.execPath}" "${program}" run "${path}" --kernel fake`;
    const run = spawn("sh", ["-c", command], { cwd: shell.directory, env: shell.env });
    let [stdout, stderr] = ["", ""];
    run.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    run.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const [code] = (await once(run, "close")) as [number | null];
    expect(stderr).toMatch(/^error: outputs are not being kept on disk: .*EFBIG.*save the notebook$/m);
    expect(stderr).toMatch(/^error: long output stays in memory: .*EFBIG/m);
    expect(code).toBe(0);
    expect(stdout).toBe(Array.from({ length: 1_000 }, (_, line) => `${String(line).padEnd(8_192)}\n`).join(""));
  },
);
