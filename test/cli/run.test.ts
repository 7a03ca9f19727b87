// @module-tag process
import { chmodSync, readdirSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";
import { Shell } from "./run-cli.ts";
import { screenOf } from "./screen.ts";

// Each run starts a kernel of its own, on machines that are busy with other tests.
vi.setConfig({ testTimeout: 30_000 });

const say = (text: string) => `stream stdout ${JSON.stringify(`${text}\n`)}`;

test("a notebook runs: outputs on stdout, the kernel and its reason on stderr", async () => {
  const shell = new Shell();
  const { status, stdout, stderr } = await shell.run("run", shell.notebook("a.ipynb", [say("one"), say("two")]));
  expect(stdout).toBe("one\ntwo\n");
  expect(stderr).toMatch(/^kernel: Fake \(.*notebook.*\)\n2 of 2 cells ran, [\d.]+ s\n$/);
  expect(status).toBe(0);
});

test("a # %% script runs as well", async () => {
  const shell = new Shell();
  const path = shell.file("a.py", `# %%\n${say("one")}\n# %% [markdown]\n# text\n# %%\n${say("two")}\n`);
  expect(await shell.run("run", path, "--kernel", "fake")).toMatchObject({ status: 0, stdout: "one\ntwo\n" });
});

test("a second run prints nothing of the first", async () => {
  const shell = new Shell();
  const path = shell.notebook("a.ipynb", [say("one"), "sleep 1"]);
  expect((await shell.run("run", path)).stdout).toBe("one\n");
  expect((await shell.run("run", path)).stdout).toBe("one\n");
});

test("output is printed while its cell runs", async () => {
  const shell = new Shell();
  const command = shell.start("run", shell.notebook("a.ipynb", [`${say("early")}\nbusy`]));
  await command.until(/early/);
  command.signal("SIGINT");
  expect((await command.ended).status).toBe(130);
});

describe("errors", () => {
  test("the run stops at the first one, with its traceback and status 1", async () => {
    const shell = new Shell();
    const path = shell.notebook("a.ipynb", [say("one"), "error ValueError bad", say("never")]);
    const { status, stdout, stderr } = await shell.run("run", path);
    expect(stdout).toMatch(/^one\n[^]*ValueError: bad\n$/);
    expect(stdout).not.toContain("never");
    expect(stderr).toContain("error: cell c2");
    expect(stderr).toContain("2 of 3 cells ran, 1 failed");
    expect(status).toBe(1);
  });

  test("one in a cell tagged raises-exception is no failure", async () => {
    const shell = new Shell();
    const path = shell.notebook("a.ipynb", [{ source: "error E on-purpose", tags: ["raises-exception"] }, say("after")]);
    const { status, stdout } = await shell.run("run", path);
    expect(stdout).toMatch(/on-purpose[^]*after\n$/);
    expect(status).toBe(0);
  });

  test("--keep-going runs what follows, and the status still says 1", async () => {
    const shell = new Shell();
    const path = shell.notebook("a.ipynb", ["error E one", say("two"), "error E three"]);
    const { status, stdout, stderr } = await shell.run("run", path, "--keep-going");
    expect(stdout).toMatch(/one[^]*two[^]*three/);
    expect(stderr).toContain("3 of 3 cells ran, 2 failed");
    expect(status).toBe(1);
  });

  test("a kernel that dies ends the run even with --keep-going: the state of the cells above is gone", async () => {
    const shell = new Shell();
    const { status, stdout, stderr } = await shell.run("run", shell.notebook("a.ipynb", ["die", say("never")]), "--keep-going");
    expect(stdout).not.toContain("never");
    expect(stderr).toMatch(/error: cell c1: .+/);
    expect(status).toBe(1);
  });
});

describe("which cells", () => {
  test("--cells, --from and --to choose", async () => {
    const shell = new Shell();
    const path = shell.notebook("a.ipynb", [say("one"), { source: say("two"), tags: ["mid"] }, say("three"), say("four")]);
    expect((await shell.run("run", path, "--cells", "mid,c4")).stdout).toBe("two\nfour\n");
    expect((await shell.run("run", path, "--from", "2", "--to", "3")).stdout).toBe("two\nthree\n");
  });

  test("a cell that is not there is named, with status 2", async () => {
    const shell = new Shell();
    const { status, stderr } = await shell.run("run", shell.notebook("a.ipynb", [say("one")]), "--cells", "nope");
    expect(stderr).toMatch(/no cell has the id, number, tag or title "nope"[^]*usage: nbls run FILE/);
    expect(status).toBe(2);
  });

  test("a notebook without cells has nothing to run", async () => {
    const shell = new Shell();
    const { status, stderr } = await shell.run("run", shell.notebook("a.ipynb", []));
    expect(stderr).toContain("no code cell to run");
    expect(status).toBe(0);
  });
});

describe("--save", () => {
  test("stores outputs and counts, and nothing else changes", async () => {
    const shell = new Shell();
    const path = shell.notebook("a.ipynb", [say("one")]);
    const before = JSON.parse(shell.read("a.ipynb"));
    expect(await shell.run("run", path, "--save")).toMatchObject({ status: 0 });
    const [cell] = before.cells;
    const outputs = [{ name: "stdout", output_type: "stream", text: ["one\n"] }];
    expect(JSON.parse(shell.read("a.ipynb"))).toEqual({ ...before, cells: [{ ...cell, execution_count: 1, outputs }] });
    expect(readdirSync(shell.directory)).toEqual(["a.ipynb"]);
  });

  test("stores what there is when a cell fails", async () => {
    const shell = new Shell();
    expect(await shell.run("run", shell.notebook("a.ipynb", ["error E bad", say("never")]), "--save")).toMatchObject({
      status: 1,
    });
    const { cells } = JSON.parse(shell.read("a.ipynb"));
    expect(cells[0].outputs).toMatchObject([{ output_type: "error", ename: "E" }]);
    expect(cells[1]).toMatchObject({ execution_count: null, outputs: [] });
  });

  test("without it the file stays as it is", async () => {
    const shell = new Shell();
    const path = shell.notebook("a.ipynb", [say("one")]);
    const before = shell.read("a.ipynb");
    await shell.run("run", path);
    expect(shell.read("a.ipynb")).toBe(before);
  });

  test("a read-only file is refused before anything runs", async () => {
    const shell = new Shell();
    const path = shell.notebook("a.ipynb", [say("one")]);
    chmodSync(path, 0o444);
    const { status, stdout, stderr } = await shell.run("run", path, "--save");
    expect(stdout).toBe("");
    expect(stderr).toContain("is read-only");
    expect(status).toBe(4);
  });

  test("a file in a read-only folder is refused before anything runs", async () => {
    const shell = new Shell();
    const path = shell.notebook("a.ipynb", [say("one")]);
    chmodSync(shell.directory, 0o555);
    const { status, stdout, stderr } = await shell.run("run", path, "--save");
    chmodSync(shell.directory, 0o755);
    expect(stdout).toBe("");
    expect(stderr).toContain("is in a folder that is read-only");
    expect(status).toBe(4);
  });

  test("a file that may not be read is not called read-only", async () => {
    const shell = new Shell();
    const path = shell.notebook("a.ipynb", [say("one")]);
    chmodSync(path, 0o000);
    const { status, stdout, stderr } = await shell.run("run", path, "--save");
    expect(stdout).toBe("");
    expect(stderr).toContain("cannot be read: permission denied");
    expect(stderr).not.toContain("read-only");
    expect(status).toBe(4);
  });

  test("is refused for a script, which holds no outputs", async () => {
    const shell = new Shell();
    const { status, stderr } = await shell.run("run", shell.file("a.py", "# %%\n1\n"), "--save");
    expect(stderr).toContain("--save needs an .ipynb");
    expect(status).toBe(2);
  });
});

describe("ending early", () => {
  test("^C while a cell runs interrupts it, keeps what it printed and cancels the rest", async () => {
    const shell = new Shell();
    const command = shell.start("run", shell.notebook("a.ipynb", [`${say("early")}\nbusy`, say("never")]), "--save");
    await command.until(/early/);
    command.signal("SIGINT");
    const { status, stdout } = await command.ended;
    expect(stdout).toContain("early\n");
    expect(stdout).not.toContain("never");
    expect(JSON.parse(shell.read("a.ipynb")).cells[0].outputs[0]).toMatchObject({ text: ["early\n"] });
    expect(status).toBe(130);
  });

  test("^C while the kernel starts ends the run", async () => {
    const shell = new Shell({ manners: ["never-answers"] });
    const command = shell.start("run", shell.notebook("a.ipynb", [say("never")]));
    await command.until(/^kernel: /m);
    command.signal("SIGINT");
    expect((await command.ended).status).toBe(130);
  });

  test("^C before anything has started ends the run", async () => {
    const shell = new Shell();
    const command = shell.start("run", shell.notebook("a.ipynb", [say("never")]));
    await command.listening;
    command.signal("SIGINT");
    const { status, stdout } = await command.ended;
    expect(stdout).toBe("");
    expect(status).toBe(130);
  });

  test("a second ^C ends the process at once", async () => {
    const shell = new Shell({ manners: ["ignores-interrupt"] });
    const command = shell.start("run", shell.notebook("a.ipynb", [`${say("early")}\nsleep 1500`]));
    await command.until(/early/);
    command.signal("SIGINT");
    command.signal("SIGINT");
    expect(command.exitedNow).toBe(130);
    await command.ended;
  });

  test("--timeout interrupts the cell, with status 5", async () => {
    const shell = new Shell();
    const { status, stdout } = await shell.run("run", shell.notebook("a.ipynb", [`${say("early")}\nbusy`]), "--timeout", "3");
    expect(stdout).toContain("early");
    expect(status).toBe(5);
  });

  test.each([
    ["^C", []],
    ["a timeout", ["--timeout", "2"]],
  ])("the cell that %s ended is not counted as one that ran", async (_what, options) => {
    const shell = new Shell();
    const path = shell.notebook("a.ipynb", [say("one"), `${say("early")}\nbusy`, say("never")]);
    const command = shell.start("run", path, ...options);
    await command.until(/early/);
    if (options.length === 0) command.signal("SIGINT");
    expect((await command.ended).stderr).toMatch(/^1 of 3 cells ran, (?:interrupted|timed out), /m);
  });

  test("a closed terminal ends the run with status 129", async () => {
    const shell = new Shell();
    const command = shell.start("run", shell.notebook("a.ipynb", [`${say("early")}\nbusy`]));
    await command.until(/early/);
    command.signal("SIGHUP");
    expect((await command.ended).status).toBe(129);
  });

  test("a reader of stdout that goes away ends the run quietly", async () => {
    const shell = new Shell();
    const command = shell.start("run", shell.notebook("a.ipynb", [`${say("early")}\nbusy`]));
    await command.until(/early/);
    command.stdout.destroy();
    const { status, stderr } = await command.ended;
    expect(status).toBe(141);
    expect(stderr).not.toContain("error");
  });
});

describe("no kernel", () => {
  test("one that dies at its start says why, with status 3", async () => {
    const shell = new Shell({ manners: ["dies=No module named gremlin"] });
    const { status, stdout, stderr } = await shell.run("run", shell.notebook("a.ipynb", [say("never")]));
    expect(stdout).toBe("");
    expect(stderr).toContain("No module named gremlin");
    expect(status).toBe(3);
  });

  test("for a language that nobody installed says what to install, with status 3", async () => {
    const shell = new Shell();
    const metadata = { kernelspec: { name: "x", language: "klingon", display_name: "K" }, language_info: { name: "klingon" } };
    const cell = { cell_type: "code", id: "a", metadata: {}, execution_count: null, outputs: [], source: ["Qapla'"] };
    const path = shell.file("k.ipynb", JSON.stringify({ cells: [cell], metadata, nbformat: 4, nbformat_minor: 5 }));
    const { status, stdout, stderr } = await shell.run("run", path);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/[Ii]nstall/);
    expect(status).toBe(3);
  });

  test("a name that no kernel has is answered with those there are", async () => {
    const shell = new Shell();
    const { status, stderr } = await shell.run("run", shell.notebook("a.ipynb", [say("never")]), "--kernel", "nope");
    expect(stderr).toMatch(/nope[^]*fake/);
    expect(status).toBe(3);
  });
});

describe("input()", () => {
  test("is answered line by line from a pipe", async () => {
    const shell = new Shell();
    const command = shell.start("run", shell.notebook("a.ipynb", ['input "name? "', 'password "secret? "']));
    command.stdin.end("Ada\nxyzzy\n");
    const { status, stdout, stderr } = await command.ended;
    expect(stdout).toMatch(/Ada[^]*xyzzy/);
    expect(stderr).toContain("name? ");
    expect(status).toBe(0);
  });

  test("at the end of the pipe the cell is interrupted and does not wait for ever", async () => {
    const shell = new Shell();
    const command = shell.start("run", shell.notebook("a.ipynb", ['input "name? "']));
    command.stdin.end();
    const { status, stderr } = await command.ended;
    expect(stderr).toContain("stdin has ended");
    expect(status).toBe(1);
  });
});

describe("--json", () => {
  test("has one event a line, in order, the end of each cell after its outputs", async () => {
    const shell = new Shell();
    const { status, stdout } = await shell.run("run", shell.notebook("a.ipynb", [say("one"), "error E bad"]), "--json");
    const events = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line))
      .filter(({ type }) => type !== "kernel");
    expect(events.map(({ type, cellId, state }) => [type, cellId, state].filter(Boolean).join(" "))).toEqual([
      "started",
      "execution c1 running",
      "output c1",
      "execution c1 succeeded",
      "execution c2 running",
      "output c2",
      "execution c2 failed",
      "message",
      "finished",
    ]);
    expect(events[0]).toMatchObject({ cellIds: ["c1", "c2"], language: "python" });
    expect(events.at(-1)).toMatchObject({ status: 1, executed: 2, failed: 1 });
    expect(status).toBe(1);
  });
});

test("--json tells no state of the kernel twice, and none after the last cell", async () => {
  const shell = new Shell();
  const { stdout } = await shell.run(
    "run",
    shell.notebook("a.ipynb", [`${say("one")}\nsleep 300`, `${say("two")}\nsleep 300`]),
    "--json",
  );
  const events = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const kernels = events.flatMap(({ type, kernel }) => (type === "kernel" ? [JSON.stringify(kernel)] : []));
  expect(kernels.length).toBeGreaterThan(1);
  for (const [index, kernel] of kernels.entries()) expect(kernel).not.toBe(kernels[index - 1]);
  expect(kernels.at(-1)).not.toMatch(/"status":"dead"|"executionCount":0/);
});

describe("on a terminal", () => {
  test("one of 0 columns, which was never told its size, gets no progress line", async () => {
    const shell = new Shell({ columns: 0 });
    const { stdout, stderr } = await shell.run("run", shell.notebook("a.ipynb", [`${say("one")}\nsleep 300`]));
    expect(stdout).toBe("one\n");
    expect(stderr).toMatch(/^kernel: .*\n1 of 1 cells ran.*\n$/);
  });

  test("a progress line makes way for outputs and is gone at the end", async () => {
    const shell = new Shell({ columns: 60 });
    const command = shell.start("run", shell.notebook("a.ipynb", [`${say("one")}\nsleep 300`, say("two")]));
    await command.until(/\[1\/2\] c1 {2}[\d.]+ s/);
    const { stdout, stderr } = await command.ended;
    expect(stdout).toBe("one\ntwo\n");
    const lines = screenOf(stderr, 60);
    expect(lines.at(-2)).toMatch(/^2 of 2 cells ran/);
    expect(lines.join("\n")).not.toContain("[1/2]");
  });

  test("colours are shown, and not with NO_COLOR", async () => {
    const red = 'stream stdout "\\u001b[31mred\\u001b[0m\\n"';
    const shell = new Shell({ columns: 60 });
    expect((await shell.run("run", shell.notebook("a.ipynb", [red]))).stdout).toBe("\u001b[31mred\u001b[0m\n");
    const plain = new Shell({ columns: 60, env: { NO_COLOR: "1" } });
    expect((await plain.run("run", plain.notebook("a.ipynb", [red]))).stdout).toBe("red\n");
  });
});
