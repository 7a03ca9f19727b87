// @module-tag process
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test, vi } from "vitest";
import { buildProgram } from "../cli/built-program.ts";
import { Terminal } from "../editors/terminal.ts";
import { kernelArguments, missing, placeWith } from "./real-notebook.ts";

// `nbls run` in a real terminal, tmux. What is on the screen is kept in .cache/captures/run-*.

vi.setConfig({ testTimeout: 60_000 });

let program = "";
beforeAll(async () => {
  program = await buildProgram("terminal-runs");
});

const tmux = spawnSync("tmux", ["-V"]).error;
const why = tmux === undefined ? missing("ipykernel7") : `no tmux: ${tmux.message} (Debian: apt-get install tmux)`;

/** A test with a terminal, or, where there is none, one that is skipped with the reason; with NBLS_REQUIRE_ALL=1 a failure. */
function inTerminal(what: string, body: () => Promise<void>): void {
  const skip = why !== undefined && process.env["NBLS_REQUIRE_ALL"] !== "1";
  test.skipIf(skip)(`${what}${skip ? ` (${why})` : ""}`, { tags: ["kernel"] }, async () => {
    expect(why).toBeUndefined();
    await body();
  });
}

interface Look {
  readonly columns?: number;
  readonly rows?: number;
  /** Words for `env`. */
  readonly env?: readonly string[];
  /** What reads its stdout, as ` | head`. */
  readonly reader?: string;
}

/** Runs a notebook of fixtures/runs, or `source`, in a terminal; the shell tells its status and stays. */
function runIn(file: string, { columns = 80, rows = 40, env = [], reader = "" }: Look = {}, source?: string): Terminal {
  const place = placeWith(source === undefined ? file : "plot.py", "ipykernel7");
  if (source !== undefined) writeFileSync(join(place.cwd, file), source);
  const nbls = [process.execPath, program, "run", file, ...kernelArguments("ipykernel7")];
  const shell = ["sh", "-c", `"$@"${reader}; echo "status $?"; read line`, "sh", "env", ...env, ...nbls];
  return new Terminal(shell, place, { columns, rows });
}

const isOver = /^status \d+$/m;
/** What is above the status, without blank lines below it. */
const withoutEnd = (lines: readonly string[]) =>
  lines.slice(
    0,
    lines.findIndex((line) => isOver.test(line)),
  );
const esc = "\u001b";

inTerminal("what the reader of a pipe prints does not stand behind a progress line", async () => {
  const source = '# %%\nprint("one")\nimport time; time.sleep(0.5)\n# %%\nprint("two")\ntime.sleep(0.5)\n';
  const terminal = runIn("piped.py", { reader: " | head" }, source);
  const lines = withoutEnd(await terminal.until(isOver));
  expect(lines.slice(1)).toEqual(["one", "two", expect.stringMatching(/^2 of 2 cells ran/)]);
});

inTerminal("in 256 colours a traceback keeps its colours", async () => {
  const terminal = runIn("failing.py", { env: ["-u", "COLORTERM"] });
  const lines = withoutEnd(await terminal.until(isOver));
  expect(lines.slice(1, 4)).toEqual(["before", expect.stringMatching(/^ZeroDivisionError +Traceback/), "Cell In[2], line 2"]);
  expect(lines.slice(-3)).toEqual([
    "ZeroDivisionError: division by zero",
    expect.stringMatching(/^error: cell \S+ \(fails\) failed$/),
    expect.stringMatching(/^2 of 3 cells ran, 1 failed, [\d.]+ s$/),
  ]);
  const styled = (await terminal.styled()).join("\n");
  expect(styled).toContain(`${esc}[31mZeroDivisionError${esc}[39m: division by zero`);
  expect(styled).toContain(`${esc}[38;5;28m`);
  await terminal.capture("run-256-colours/traceback");
});

inTerminal("with NO_COLOR there is no colour and a bar is still drawn in its line", async () => {
  const terminal = runIn("rich_text.py", { env: ["NO_COLOR=1"] });
  const lines = withoutEnd(await terminal.until(isOver));
  expect(lines.slice(1, -1)).toEqual([
    "      Planets",
    "┏━━━━━━━━━┳━━━━━━━┓",
    "┃ name    ┃ moons ┃",
    "┡━━━━━━━━━╇━━━━━━━┩",
    "│ Earth   │     1 │",
    "│ Jupiter │    95 │",
    "└─────────┴───────┘",
    "hot and cold",
    "load ━━━━━━━━━━ 4",
    "fit  ━━━━━━━━━━ 4",
    "step 0",
    "step 1",
    "steps 2",
  ]);
  expect((await terminal.styled()).join("\n")).not.toContain(esc);
  await terminal.capture("run-no-color/rich");
});

inTerminal("a dumb terminal gets no escape sequence, each line once it is complete", async () => {
  const terminal = runIn("rich_text.py", { env: ["TERM=dumb"] });
  const lines = withoutEnd(await terminal.until(isOver));
  expect(lines).toEqual(expect.arrayContaining(["│ Jupiter │    95 │", "hot and cold", "fit  ━━━━━━━━━━ 4", "steps 2"]));
  expect(terminal.written).not.toContain(esc);
  await terminal.capture("run-dumb/rich");
});

inTerminal("nested progress bars are redrawn in their lines, and gone bars leave none", async () => {
  const terminal = runIn("progress.py");
  const lines = withoutEnd(await terminal.until(isOver));
  expect(lines.slice(1, 9)).toEqual([
    "outer 3/3",
    "",
    "inner 0 2/2",
    "inner 1 2/2",
    "outer   2/2",
    "row 0 3/3",
    "row 1 3/3",
    "row 2 3/3",
  ]);
  expect(lines.slice(-3, -1)).toEqual(["out 3/3", "after"]);
  await terminal.capture("run-256-colours/progress");
});

inTerminal("bars that are wider than the screen are redrawn where they wrap, and the last one is cut", async () => {
  const source = `# %% bars
from tqdm import tqdm
bars = {"ncols": 60, "mininterval": 0, "miniters": 1, "bar_format": "{desc} {n}/{total} |{bar}| end"}
for outer in tqdm(range(3), desc="outer", **bars):
    for inner in tqdm(range(3), desc="inner", leave=False, **bars):
        pass
`;
  const terminal = runIn("bars.py", { columns: 40, rows: 30 }, source);
  const lines = withoutEnd(await terminal.until(isOver));
  expect(lines.slice(2, 4)).toEqual([expect.stringMatching(/^outer 3\/3 \|█+$/), expect.stringMatching(/^█+\| end$/)]);
  expect(lines.join("\n").match(/outer/g)).toHaveLength(1);
  await terminal.capture("run-narrow/progress");
});

inTerminal("a question has a line of its own, and what was being written goes on below it", async () => {
  const source = `# %% asks
print("10 %", end="", flush=True)
name = input("go on? ")
print("\\r20 %", end="", flush=True)
name = input("and now? ")
# %% next
print("next")
`;
  const terminal = runIn("asks.py", {}, source);
  for (const question of [/go on\?/, /and now\?/]) {
    await terminal.until(question);
    await terminal.type("yes");
    await terminal.keys("Enter");
  }
  const lines = withoutEnd(await terminal.until(isOver));
  expect(lines.slice(1, -1)).toEqual(["10 %", "go on? yes", "20 %", "and now? yes", "next"]);
  await terminal.capture("run-256-colours/question-in-a-bar");
});

inTerminal("input() is asked below what was printed, and a password is not shown", async () => {
  const terminal = runIn("questions.py");
  await terminal.until(/name\? $|name\?$/m);
  await terminal.type("Ada");
  await terminal.keys("Enter");
  await terminal.until(/secret\?/);
  await terminal.type("pw123");
  await terminal.keys("Enter");
  const lines = withoutEnd(await terminal.until(isOver));
  expect(lines.slice(1, -1)).toEqual(["name? Ada", "hello Ada", "secret?", "5"]);
  expect(terminal.written).not.toContain("pw123");
  await terminal.capture("run-256-colours/questions");
});

inTerminal("a plot is drawn of half blocks where there is nothing better", async () => {
  const terminal = runIn("plot.py");
  const lines = withoutEnd(await terminal.until(isOver));
  expect(lines.join("\n")).toMatch(/[▀▄]{20}/);
  expect(lines.at(-2)).toBe("after the plot");
  expect((await terminal.styled()).join("\n")).toMatch(/\[48;2;255;255;255m/);
  await terminal.capture("run-256-colours/plot");
});
