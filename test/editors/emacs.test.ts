// @module-tag editor
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { buildProgram } from "../cli/built-program.ts";
import { pythonWith, whyMissing } from "../real-kernels.ts";
import { emacsDesk, initFile, prefixed } from "./emacs-desk.ts";
import { realEditors } from "./real-editors.ts";

let program = "";
beforeAll(async () => {
  program = await buildProgram("test-editors-emacs");
});

const python = pythonWith("ipykernel7");
const missingPython = whyMissing("ipykernel7");

/** Goes on when the file of that name appears: so the test, and no clock, says when a cell goes on. */
const waiting = ["import os, time", "def until(name):", "    while not os.path.exists(name): time.sleep(0.01)"];

const day = [
  "# %% first",
  ...waiting,
  "",
  "# %% stream",
  'for name in ["one", "two", "three"]:',
  '    print("printed", name)',
  "    until(name)",
  "",
  "# %% error",
  "x = 1",
  "x / 0",
  "",
  "# %% loop",
  "while True:",
  '    print("round")',
  "    time.sleep(0.05)",
  "",
  "# %% ask",
  'print("hello", input("Your name? "))',
  "",
].join("\n");

describe.for(realEditors("emacs"))("$name", ({ launch, missing }) => {
  const shots = `emacs-${launch?.version}`;

  test("a day: run, stream, fail, interrupt, answer, edit, move, save, open again", async ({ skip }) => {
    if (launch === undefined) return skip(missing);
    if (python === undefined) return skip(missingPython);
    const desk = emacsDesk(launch, { program, python }, { "day.py": day });
    const touch = (name: string) => writeFileSync(join(desk.project, name), "");
    const emacs = desk.open("day.py");

    await emacs.until(/^# %% first {2}▶$/mu);
    await emacs.capture(`${shots}/1-open`);
    await emacs.keys(...prefixed("Enter"));
    await emacs.until(/^# %% first {2}▶ \[1\] ✓/mu);

    // Running and advancing has moved to the next cell.
    await emacs.keys(...prefixed("c"));
    await emacs.until(/\[2\] ● running[\s\S]*^│ printed one$/mu);
    expect((await emacs.screen()).join("\n")).not.toContain("printed two");
    touch("one");
    await emacs.until(/^│ printed two$/mu);
    await emacs.capture(`${shots}/2-streaming`);

    // Lines above and inside of the running cell move its output along.
    await emacs.keys("M-<");
    await emacs.type("# above");
    await emacs.keys("Enter");
    await emacs.type("# more");
    await emacs.keys("Enter");
    touch("two");
    await emacs.until(
      /^# above\n# more\n# %% first[\s\S]*^ {4}until\(name\)\n│ printed one\n│ printed two\n│ printed three\n\n# %% error/mu,
    );
    await emacs.capture(`${shots}/3-edited-above`);
    touch("three");
    await emacs.until(/^# %% stream {2}▶ \[2\] ✓/mu);

    await emacs.keys(...prefixed("n"), ...prefixed("n"), ...prefixed("c"));
    await emacs.until(/^# %% error {2}▶ \[3\] ✗[\s\S]*^x \/ 0\n│ ZeroDivisionError/mu);
    await emacs.capture(`${shots}/4-error`);

    await emacs.keys(...prefixed("n"), ...prefixed("c"));
    await emacs.until(/^│ round\n│ round$/mu);
    await emacs.keys(...prefixed("i"));
    await emacs.until(/^# %% loop {2}▶ \[4\] ■ interrupted/mu);
    await emacs.capture(`${shots}/5-interrupted`);

    await emacs.keys(...prefixed("n"), ...prefixed("c"));
    await emacs.until(/^Your name\?/mu);
    await emacs.type("Ada");
    await emacs.keys("Enter");
    await emacs.until(/^│ hello Ada$/mu);
    await emacs.capture(`${shots}/6-answered`);

    // A cell that is cut and put elsewhere has its output there.
    await emacs.keys("M-<", ...prefixed("n"), ...prefixed("n"), ...prefixed("m"), "C-w", "M->", "C-y");
    await emacs.until(/^# %% stream {2}▶ \[2\] ✓[\s\S]*^│ printed three$/mu);
    await emacs.keys("M-<");
    await emacs.until(/^# %% first.*\n[\s\S]*exists\(name\).*\n\n# %% error/mu);
    await emacs.keys("M->");
    await emacs.until(/^# %% stream {2}▶ \[2\] ✓/mu);
    await emacs.capture(`${shots}/7-moved`);

    await emacs.keys("C-x", "C-s");
    await emacs.until(/^Wrote .*day\.py/mu);
    await emacs.keys("C-x", "k", "Enter", "C-x", "C-f");
    await emacs.type("day.py");
    await emacs.keys("Enter");
    await emacs.until(/^# %% first {2}▶ \[1\] ✓/mu);
    await emacs.keys("M->");
    const again = await emacs.until(/^│ printed one\n│ printed two\n│ printed three$/mu);
    expect(again).toContainEqual(expect.stringMatching(/^# %% stream {2}▶ \[2\] ✓/u));
    await emacs.capture(`${shots}/8-opened-again`);
  });

  test("a failed cell is marked where it failed", async ({ skip }) => {
    if (launch === undefined) return skip(missing);
    if (python === undefined) return skip(missingPython);
    const desk = emacsDesk(launch, { program, python }, { "a.py": "# %%\nx = 1\nx / 0\ny = 2\n" });
    const emacs = desk.open("a.py");
    await emacs.until(/▶/u);
    await emacs.keys(...prefixed("c"));
    await emacs.until(/ZeroDivisionError: division by zero/u);
    await emacs.keys("M-<", "C-n", "C-n", "M-:");
    // Diagnostics come a moment after the output.
    await emacs.type("(while (not (get-char-property (point) 'help-echo)) (accept-process-output nil 1))");
    await emacs.keys("Enter", "M-:");
    await emacs.type("(get-char-property (point) 'help-echo)");
    await emacs.keys("Enter");
    await emacs.until(/"ZeroDivisionError: division by zero"/u);
    expect(await emacs.screen()).toContain("x / 0");
    await emacs.capture(`${shots}/error-marked`);
  });

  test("a click on the sign of a cell runs it", async ({ skip }) => {
    if (launch === undefined) return skip(missing);
    const more = '(setq nbls-settings (list :kernel.embedded "always"))\n(xterm-mouse-mode)';
    const desk = emacsDesk(launch, { program, init: initFile({ more }) }, { "a.py": "# %%\n1\n# %% two\nprint('clicked')\n" });
    const emacs = desk.open("a.py");
    const screen = await emacs.until(/^# %% two {2}▶$/mu);
    const row = screen.indexOf("# %% two  ▶");
    const place = `0;${(screen[row] ?? "").indexOf("▶") + 1};${row + 1}`;
    await emacs.type(`\u001b[<${place}M\u001b[<${place}m`);
    expect(await emacs.until(/^│ clicked$/mu)).toContain("# %%  ▶");
  });

  test("a plot is painted over placeholders, and the terminal has it before", async ({ skip }) => {
    if (launch === undefined) return skip(missing);
    if (python === undefined) return skip(missingPython);
    const text = "# %%\nimport matplotlib.pyplot as plt\n_ = plt.plot([1, 4, 2, 8])\n";
    const desk = emacsDesk(
      launch,
      { program, python, init: initFile({ more: '(setq nbls-settings (list :images.graphics "kitty"))' }) },
      { "a.py": text },
    );
    const emacs = desk.open("a.py");
    await emacs.until(/▶/u);
    await emacs.keys(...prefixed("c"));
    const given = () => /_Ga=T,U=1,[^;]*c=(\d+),r=(\d+);/u.exec(emacs.written)?.slice(1).map(Number) ?? [];
    const painted = (screen: string) => screen.split("\n").filter((line) => line.includes("\u{10eeee}"));
    const screen = await emacs.until((shown) => painted(shown).length > 5 && painted(shown).length === given()[1], 60_000);
    await emacs.capture(`${shots}/9-plot`);
    const rows = painted(screen.join("\n"));
    // Each row is as wide as the picture, and names itself by another diacritic.
    expect(rows.map((row) => row.match(/\u{10eeee}/gu)?.length)).toEqual(rows.map(() => given()[0]));
    expect(new Set(rows).size).toBe(rows.length);
    expect(emacs.written.indexOf("_Ga=T")).toBeLessThan(emacs.written.indexOf("\u{10eeee}"));
  });

  test("a password is not shown, and a question that was put off is answered later", async ({ skip }) => {
    if (launch === undefined) return skip(missing);
    const text = '# %% secret\nimport getpass\nprint(len(getpass.getpass("Word: ")))\n# %% ask\nprint(input("Which? "))\n';
    const desk = emacsDesk(
      launch,
      { program, init: initFile({ more: '(setq nbls-settings (list :kernel.embedded "always"))' }) },
      {
        "a.py": text,
      },
    );
    const emacs = desk.open("a.py");
    await emacs.until(/▶/u);
    await emacs.keys(...prefixed("c"));
    await emacs.until(/^Word:$/mu);
    await emacs.type("swordfish");
    await emacs.until(/^Word: \*{9}$/mu);
    await emacs.keys("Enter");
    await emacs.until(/^│ 9$/mu);
    await emacs.keys(...prefixed("n"), ...prefixed("c"));
    await emacs.until(/^Which\?$/mu);
    await emacs.keys("C-g");
    await emacs.until((screen) => !/^Which/mu.test(screen));
    await emacs.keys(...prefixed("I"));
    await emacs.until(/^Input:$/mu);
    await emacs.type("later");
    await emacs.keys("Enter");
    expect(await emacs.until(/^│ later$/mu)).not.toContain("swordfish");
  });

  test("the question of an interrupted cell leaves the minibuffer", async ({ skip }) => {
    if (launch === undefined) return skip(missing);
    const settings = '(setq nbls-settings (list :kernel.embedded "always" :execution.timeoutSeconds 1))';
    const desk = emacsDesk(launch, { program, init: initFile({ more: settings }) }, { "a.py": '# %% ask\ninput("Which? ")\n' });
    const emacs = desk.open("a.py");
    await emacs.until(/▶/u);
    await emacs.keys(...prefixed("c"));
    await emacs.until(/^Which\?$/mu);
    await emacs.until((screen) => /interrupted/u.test(screen) && !/^Which\?/mu.test(screen));
    await emacs.type("typed");
    expect((await emacs.until(/^typed/mu))[1]).toMatch(/^typed# %% ask/u);
  });

  test("a long output opens in pages, and is drawn no higher than half of the window", async ({ skip }) => {
    if (launch === undefined) return skip(missing);
    const desk = emacsDesk(
      launch,
      { program, init: initFile({ more: '(setq nbls-settings (list :kernel.embedded "always"))' }) },
      {
        "a.py": "# %%\nfor i in range(5000): print(i)\n# %% last\n",
      },
    );
    const emacs = desk.open("a.py", { rows: 20 });
    await emacs.until(/▶/u);
    await emacs.keys(...prefixed("c"));
    const screen = await emacs.until(/^│ … 49\d\d more lines\n[\s\S]*^│ 4999$/mu);
    expect(screen.filter((line) => line.startsWith("│")).length).toBeLessThanOrEqual(11);
    await emacs.keys(...prefixed("o"), "C-x", "o");
    await emacs.until(/^0\n1\n2$/mu);
    await emacs.keys("M->");
    await emacs.until(/^1999\n… 3000 more lines/mu);
    await emacs.keys("C-a", "Enter");
    await emacs.until(/^2000\n2001$/mu);
    await emacs.keys("M->");
    await emacs.until(/^3999\n… 1000 more lines/mu);
    await emacs.keys("C-a", "Enter");
    await emacs.until(/^4000\n4001$/mu);
    await emacs.keys("M->");
    await emacs.until(/^4998\n4999$/mu);
    await emacs.capture(`${shots}/10-output`);
  });
});
