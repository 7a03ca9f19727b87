// @module-tag editor
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { buildProgram } from "../cli/built-program.ts";
import { fixture } from "../formats/fixtures.ts";
import { pythonWith, whyMissing } from "../real-kernels.ts";
import { below, Neovim, neovimDesk } from "./neovim-desk.ts";
import { realEditors } from "./real-editors.ts";

let program = "";
beforeAll(async () => {
  program = await buildProgram("test-editors-neovim");
});

const loop = "# %% loop\nimport time\nfor i in range(4):\n    print('step', i)\n    time.sleep(0.4)\n";

describe.for(realEditors("neovim"))("$name", ({ launch, missing }) => {
  const python = pythonWith("ipykernel7");
  const why = launch === undefined ? missing : python === undefined ? whyMissing("ipykernel7") : undefined;
  const deskOf = (files: { readonly [name: string]: string }, configuration?: string) =>
    neovimDesk({ program, python }, files, configuration);
  const open = (desk: ReturnType<typeof deskOf>, file: string) => {
    if (launch === undefined) throw new Error(missing);
    return new Neovim(launch, desk, file);
  };

  test("a cell's output comes line by line before the cell ends, and an error on its line", async ({ skip }) => {
    if (why !== undefined) return skip(why);
    const neovim = open(deskOf({ "day.py": `${loop}\n# %% error\nx = 1\nx / 0\n` }), "day.py");
    await neovim.until(/# %% loop/u);
    await neovim.press("\\r");
    for (const count of [1, 2, 3]) {
      const lines = await neovim.untilBelow("time.sleep", new RegExp(`^(?:step \\d\\n?){${count}}$`, "u"));
      expect(lines.join("\n")).toMatch(/# %% loop \[(?:1|\*)\] ● running/u);
      if (count === 2) await neovim.capture("streaming");
    }
    await neovim.until(/# %% loop \[1\] ✓ [\d.]+ s/u);
    await neovim.press("/x =<CR>\\r");
    const lines = await neovim.until(/# %% error \[2\] ✗/u);
    expect(below(lines, "x / 0")).toContain("ZeroDivisionError: division by zero");
    await neovim.until(/^E *x \/ 0/mu);
    await neovim.capture("error");
  });

  test("a plot is given to the terminal and stands in its placeholders", async ({ skip }) => {
    if (why !== undefined) return skip(why);
    const plot = "# %%\nimport matplotlib.pyplot as plt\nplt.plot([1, 3, 2]);\n\n# %% next\n1 + 1\n";
    const neovim = open(deskOf({ "plot.py": plot }), "plot.py");
    await neovim.until(/# %%/u);
    await neovim.press("\\n");
    await neovim.untilBelow("plt.plot", /\u{10eeee}/u);
    // oxlint-disable-next-line no-control-regex
    expect(neovim.terminal.written).toMatch(/\u001b_Ga=T,U=1,f=100,t=f,q=2,i=\d+,c=\d+,r=\d+;[\w+/=]+\u001b/u);
    // The cursor has gone to the next cell.
    await neovim.press("\\r");
    await neovim.untilBelow("1 + 1", /^2$/u);
    await neovim.capture("plot");
  });

  test("questions of a cell are asked, and a password is not shown", async ({ skip }) => {
    if (why !== undefined) return skip(why);
    const questions =
      "# %%\nfrom getpass import getpass\nname = input('Who? ')\nword = getpass('Word? ')\nprint(name, word[::-1])\n";
    const neovim = open(deskOf({ "ask.py": questions }), "ask.py");
    await neovim.until(/# %%/u);
    await neovim.press("\\r");
    await neovim.until(/^Who\?/mu);
    await neovim.press("Ada");
    await neovim.until(/^Who\? Ada$/mu);
    await neovim.capture("input");
    await neovim.press("<CR>");
    await neovim.until(/^Word\?/mu);
    await neovim.press("terces");
    await neovim.until(/^Word\? \*{6}$/mu);
    await neovim.press("<CR>");
    await neovim.untilBelow("print(name", /Ada secret/u);
    expect(neovim.terminal.written).not.toContain("terces");
  });

  test("a loop is interrupted, and can be saved meanwhile", async ({ skip }) => {
    if (why !== undefined) return skip(why);
    const desk = deskOf({ "loop.py": "# %%\nimport time\nwhile True:\n    time.sleep(0.05)\n" });
    const neovim = open(desk, "loop.py");
    await neovim.until(/# %%/u);
    await neovim.press("\\r");
    await neovim.until(/● running/u);
    await neovim.press("Go# the end<Esc>:w<CR>");
    await neovim.until(/written/u);
    await neovim.press("\\i");
    await neovim.until(/■ interrupted/u);
    await neovim.capture("interrupted");
    expect(readFileSync(join(desk.project, "loop.py"), "utf8")).toContain("# the end");
  });

  test("outputs stay with their cells when lines come above a running one, cells move, and the file is opened again", async ({
    skip,
  }) => {
    if (why !== undefined) return skip(why);
    const desk = deskOf({ "day.py": `# %% one\nprint('first')\n\n${loop}` });
    const neovim = open(desk, "day.py");
    await neovim.until(/# %% one/u);
    await neovim.press("\\a");
    await neovim.untilBelow("time.sleep", /^step 0$/mu);
    await neovim.press("ggjOimport os<CR>import re<Esc>");
    await neovim.untilBelow("time.sleep", /step 0\nstep 1\nstep 2\nstep 3/u);
    const edited = await neovim.until(/# %% loop \[2\] ✓/u);
    expect(below(edited, "print('first')")).toBe("first");
    await neovim.capture("edited");

    await neovim.press("\\J");
    await neovim.until((screen) => screen.indexOf("# %% loop") < screen.indexOf("# %% one"));
    const moved = await neovim.untilBelow("print('first')", /^first$/u);
    expect(below(moved, "time.sleep")).toBe("step 0\nstep 1\nstep 2\nstep 3");
    // By hand as well: cut, and put back at the top.
    await neovim.press("/one$<CR>daj");
    await neovim.until((screen) => !screen.includes("# %% one"));
    await neovim.press("ggP");
    const put = await neovim.untilBelow("print('first')", /^first$/u);
    expect(below(put, "time.sleep")).toBe("step 0\nstep 1\nstep 2\nstep 3");
    await neovim.capture("moved");

    await neovim.press(":wq<CR>");
    await neovim.terminal.ended;
    const again = open(desk, "day.py");
    const lines = await again.untilBelow("time.sleep", /step 0\nstep 1\nstep 2\nstep 3/u);
    expect(below(lines, "print('first')")).toBe("first");
    await again.capture("reopened");
  });

  test.for([
    ["jupyter", 2, "print('b')"],
    ["vscode", 8, "print(1)"],
    ["colab", 4, "print('hi')"],
  ] as const)(
    "of a notebook of %s only the cell that was edited and run changes its bytes",
    async ([name, indent, code], { skip }) => {
      if (why !== undefined) return skip(why);
      const file = `${name}.ipynb`;
      const desk = deskOf({ [file]: fixture(file) });
      const neovim = open(desk, file);
      await neovim.until((screen) => screen.includes(code));
      await neovim.capture(`${name}-opened`);
      await neovim.press(`/${code}<CR>oprint('edited')<Esc>\\r`);
      await neovim.until(/✓/u);
      await neovim.until(/│ edited/u);
      await neovim.press(":w<CR>");
      await neovim.until(/written/u);
      await neovim.capture(`${name}-saved`);

      const cellsOf = (text: string) => text.split(`\n${" ".repeat(indent)}{\n`);
      const before = cellsOf(fixture(file));
      const after = cellsOf(readFileSync(join(desk.project, file), "utf8"));
      expect(after).toHaveLength(before.length);
      const changed = after.flatMap((cell, index) => (cell === before[index] ? [] : [index]));
      expect(changed).toEqual([before.findIndex((cell) => cell.includes(code))]);
      expect(after[changed[0] ?? 0]).toContain("edited\\n");

      // What the save did is no step to undo, and what came before it can be undone.
      await neovim.press("u");
      await neovim.until((screen) => !screen.includes("print('edited')"));
      await neovim.press(":wq<CR>");
      await neovim.terminal.ended;
      expect(JSON.parse(readFileSync(join(desk.project, file), "utf8")).cells).toHaveLength(before.length - 1);
    },
  );
});
