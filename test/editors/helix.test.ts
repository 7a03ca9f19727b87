// @module-tag editor
import { existsSync, mkdirSync, readFileSync, watch } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { TextLines } from "../../server/base/text.ts";
import { ipynb, newNotebook, openIpynb } from "../../server/formats/ipynb.ts";
import { buildProgram } from "../cli/built-program.ts";
import { fixture } from "../formats/fixtures.ts";
import { pythonWith, whyMissing } from "../real-kernels.ts";
import { openEditor, type Desk } from "./desk.ts";
import { helixDesk } from "./helix-desk.ts";
import { realEditors, type EditorLaunch } from "./real-editors.ts";
import type { Terminal } from "./terminal.ts";

let program = "";
beforeAll(async () => {
  program = await buildProgram("test-editors-helix");
});

/** Helix at a desk that is set up as the README says. */
class Helix {
  readonly desk: Desk;
  readonly terminal: Terminal;
  readonly #launch: EditorLaunch;
  readonly #name: string;
  readonly #captures: string;
  readonly #log: string;

  constructor(launch: EditorLaunch, desk: Desk, name: string) {
    this.desk = desk;
    this.#launch = launch;
    this.#name = name;
    this.#log = join(desk.home, ".cache/helix", `${name}.log`);
    mkdirSync(dirname(this.#log), { recursive: true });
    this.#captures = `helix-${launch.version}`;
    this.terminal = openEditor(launch, desk, ["-v", "--log", this.#log, name]);
  }

  /** Starts Helix anew at the same desk. */
  again(name: string): Helix {
    return new Helix(this.#launch, this.desk, name);
  }

  /** The line, counted from 1, on which the text beside the notebook has these characters and no others. */
  lineOf(line: string): number {
    const text = readFileSync(join(this.desk.project, this.#name.replace(".ipynb", ".nbls.py")), "utf8");
    const index = text.split("\n").indexOf(line);
    if (index < 0) throw new Error(`no line ${line} in ${text}`);
    return index + 1;
  }

  async save(name: string): Promise<void> {
    await this.command(":w");
    await this.terminal.until(new RegExp(`${name} is saved`, "u"));
  }

  async command(line: string): Promise<void> {
    await this.terminal.type(line);
    await this.terminal.keys("Enter");
  }

  /** Waits until Helix has told the server of a document with that name: it says so in its log. */
  async opened(name: string): Promise<void> {
    await this.terminal.until(/NOR/u);
    const told = new RegExp(`didOpen.*/${name}"`, "u");
    await inFolder(dirname(this.#log), () => existsSync(this.#log) && told.test(readFileSync(this.#log, "utf8")));
  }

  /** Presses the keys behind `space n`, with the cursor in that line, counted from 1. */
  async press(line: number, ...keys: readonly string[]): Promise<void> {
    await this.terminal.keys(...`${line}`, "g", "g", "Space", "n", ...keys);
  }

  /** Types below that line, and leaves the insert mode again. */
  async typeBelow(line: number, text: string): Promise<void> {
    await this.terminal.keys(...`${line}`, "g", "g", "o");
    await this.terminal.until(/INS/u);
    await this.terminal.type(text);
    await this.terminal.keys("Escape");
    await this.terminal.until(/NOR/u);
  }

  /** Waits for the screen, keeps a capture of it, and returns its text. */
  async shows(wanted: RegExp, capture: string): Promise<string> {
    const lines = await this.terminal.until(wanted);
    await this.terminal.capture(`${this.#captures}/${capture}`);
    return lines.join("\n");
  }
}

/** Resolves when something has become true of the files in a folder. */
async function inFolder(folder: string, isTrue: () => boolean): Promise<void> {
  await new Promise<void>((resolve) => {
    const check = () => {
      if (!isTrue()) return;
      watcher.close();
      resolve();
    };
    const watcher = watch(folder, check);
    check();
  });
}

const day = `# %% loop
import time
for i in range(3):
    print("item", i, flush=True)
    time.sleep(0.4)

# %% error
x = 1
x / 0

# %% plot
import matplotlib.pyplot as plt
plt.plot([1, 3, 2]);

# %% endless
while True:
    time.sleep(0.01)

# %% question
"hello " + input("name? ")
# Ada
`;

describe.for(realEditors("helix"))("$name", ({ launch, missing }) => {
  const python = pythonWith("ipykernel7");
  const why = launch === undefined ? missing : python === undefined ? whyMissing("ipykernel7") : undefined;
  const open = (name: string, content: string) => {
    if (launch === undefined || python === undefined) throw new Error(why);
    // Nothing tells that the terminal of a test shows pictures.
    const desk = helixDesk(launch, { program, python }, { [`project/${name}`]: content }, { graphics: "kitty" });
    return new Helix(launch, desk, name);
  };
  const isOld = launch?.version.startsWith("25.01") === true;

  test("cells run by a key: output comes line by line, errors at their line, plots, an interrupt, a question", async ({
    skip,
  }) => {
    if (why !== undefined) return skip(why);
    const helix = open("day.py", day);
    await helix.opened("day.py");
    await helix.press(2, "r");
    const first = await helix.shows(/item 0/u, "streaming");
    expect(first).toMatch(/# %% loop +.*running/u);
    expect(first).not.toContain("item 2");
    await helix.shows(/# %% loop +\[1\] ✓[\s\S]*item 2/u, "ran");

    await helix.press(8, "r");
    expect(await helix.shows(/# %% error +\[2\] ✗/u, "error")).toMatch(/x \/ 0\n +└─ZeroDivisionError: division by zero/u);

    await helix.press(12, "r");
    expect(await helix.shows(/\u{10EEEE}/u, "plot")).toMatch(/# %% plot/u);
    expect(helix.terminal.written).toContain("_G");

    await helix.press(16, "r");
    await helix.shows(/# %% endless +.*running/u, "endless");
    await helix.typeBelow(1, "# above what runs");
    await helix.shows(/above what runs[\s\S]*# %% endless +.*running/u, "edited-above");
    await helix.press(17, "i");
    await helix.shows(/# %% endless +\[4\] ■ interrupted/u, "interrupted");

    await helix.press(21, "r");
    await helix.shows(/asks: name\?/u, "question");
    if (isOld) {
      // The answer is selected, and a code action takes it.
      await helix.terminal.keys("2", "2", "g", "g", "w", "w", "Space", "a");
      await helix.shows(/Answer the kernel: Ada/u, "answer");
      await helix.terminal.keys("Enter");
    } else {
      await helix.press(21, "t");
      await helix.terminal.type("Ada");
      await helix.shows(/replyInput .*Ada/u, "answer");
      await helix.terminal.keys("Enter");
    }
    await helix.shows(/'hello Ada'/u, "answered");
  });

  test("further keys: the next cell, running on, the whole output, selected lines, a list, a restart", async ({ skip }) => {
    if (why !== undefined) return skip(why);
    const text = "# %%\nprint('one')\n\n# %%\nprint('two')\nprint('three')\n\n# %%\nprint('four')\n";
    const helix = open("keys.py", text);
    await helix.opened("keys.py");
    await helix.press(1, "]");
    await helix.terminal.until(/ 5:1\s*$/mu);
    await helix.press(2, "n");
    await helix.shows(/└─one[\s\S]* 5:1\s*$/mu, "advanced");
    await helix.terminal.keys("Space", "n", "n");
    await helix.shows(/└─two\n +three[\s\S]* 9:1\s*$/mu, "advanced-again");
    await helix.press(5, "o");
    await helix.shows(/1 +two\n +2 +three\n[\s\S]*keys\.py-.*\.txt/u, "whole-output");
    await helix.command(":bc");
    await helix.terminal.until(/└─one/u);
    if (!isOld) {
      await helix.press(6, "s");
      await helix.shows(/# %% +\[3\] ✓[^\n]*\n.*print\('two'\)\n.*print\('three'\)\n +└─three/u, "lines");
    }
    await helix.press(1, "l");
    expect(await helix.shows(/Kernels[\s\S]*keys\.py/u, "list")).toMatch(/Python .* +(?:idle|busy) +\[\d\]/u);
    await helix.command(":bc");
    await helix.terminal.until(/└─one/u);
    await helix.press(1, "R");
    await helix.press(9, "k");
    await helix.shows(/# %% +\[1\] ✓[\s\S]*# %% +\[2\] ✓[\s\S]*# %%\n/u, "restarted");
  });

  test("a cell of an .ipynb is moved and run; saved and opened again, its output is there", async ({ skip }) => {
    if (why !== undefined) return skip(why);
    const helix = open("a.ipynb", notebookOf("x = 1", "'moved' + ' up'", "x"));
    await helix.opened("a.nbls.py");
    await helix.press(helix.lineOf("'moved' + ' up'"), "K");
    await helix.terminal.until(/# %%\n +\d+ +'moved' \+ ' up'\n[\s\S]*x = 1/u);
    await helix.terminal.keys("u");
    await helix.terminal.until(/x = 1\n[\s\S]*# %%\n +\d+ +'moved' \+ ' up'\n/u);
    await helix.terminal.keys("U");
    await helix.terminal.until(/# %%\n +\d+ +'moved' \+ ' up'\n[\s\S]*x = 1/u);
    await helix.press(helix.lineOf("x = 1"), "r");
    await helix.shows(/└─'moved up'/u, "moved");
    await helix.save("a.ipynb");
    const { cells } = openIpynb(readFileSync(join(helix.desk.project, "a.ipynb"), "utf8")).notebook;
    expect(cells.map(({ id, source }) => [id, source])).toEqual([
      ["cell-1", "'moved' + ' up'"],
      ["cell-0", "x = 1"],
      ["cell-2", "x"],
    ]);
    expect(cells[0]?.outputs).toHaveLength(1);
    // The development version kills its servers when it quits.
    await helix.command(":qa");
    await helix.terminal.ended;
    await inFolder(helix.desk.project, () => !existsSync(join(helix.desk.project, "a.nbls.py")));

    const again = helix.again("a.ipynb");
    await again.shows(/\[1\][\s\S]*└─'moved up'/u, "reopened");
  });

  test.for(["jupyter.ipynb", "vscode.ipynb", "colab.ipynb"])(
    "%s: one cell is edited and run, and only its bytes differ",
    async (name, { skip }) => {
      if (why !== undefined) return skip(why);
      const before = fixture(name);
      const helix = open(name, before);
      const text = name.replace(".ipynb", ".nbls.py");
      await helix.opened(text);
      const index = openIpynb(before).notebook.cells.findIndex(({ kind, source }) => kind === "code" && source !== "");
      const line = helix.lineOf(openIpynb(before).notebook.cells[index]?.source.split("\n")[0] ?? "");
      await helix.typeBelow(line, "print('from helix')");
      await helix.press(line, "r");
      await helix.shows(/\[1\] ✓/u, `saved-${name}`);
      await helix.save(name);
      const after = readFileSync(join(helix.desk.project, name), "utf8");
      expect(openIpynb(after).notebook.cells[index]?.source).toContain("print('from helix')");
      expect(JSON.stringify(openIpynb(after).notebook.cells[index]?.outputs)).toContain("from helix");
      expect(withoutCell(after, index)).toBe(withoutCell(before, index));
    },
  );
});

function notebookOf(...sources: readonly string[]): string {
  const base = { kind: "code", language: "python", metadata: {}, executionCount: null, outputs: [] } as const;
  return openIpynb(newNotebook({ language: "python" })).rewrite(
    sources.map((source, index) => ({ ...base, id: `cell-${index}`, source })),
  );
}

/** The bytes of an `.ipynb` besides those of one cell. */
function withoutCell(text: string, index: number): string {
  const lines = new TextLines(text);
  const cell = ipynb.open(lines, { path: "a.ipynb" }).cells[index];
  if (cell === undefined) throw new Error(`no cell ${index}`);
  return lines.slice(0, cell.start) + lines.slice(cell.start + cell.lineCount, lines.lineCount);
}
