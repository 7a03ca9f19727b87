// @module-tag editor
import { beforeAll, describe, expect, test } from "vitest";
import { buildProgram } from "../cli/built-program.ts";
import { emacsDesk, initFile, prefixed } from "./emacs-desk.ts";
import { realEditors } from "./real-editors.ts";

let program = "";
beforeAll(async () => {
  program = await buildProgram("test-editors-emacs-cells");
});

const init = initFile({ more: '(setq nbls-settings (list :kernel.embedded "always"))' });

describe.for(realEditors("emacs"))("$name", ({ launch, missing }) => {
  test("cells are inserted, moved, split, joined and deleted, and each step is undone by one", async ({ skip }) => {
    if (launch === undefined) return skip(missing);
    const desk = emacsDesk(launch, { program, init }, { "a.py": '# %% one\nprint("1")\nprint("2")\n\n# %% two\nx = "🐍"\n' });
    const emacs = desk.open("a.py");
    await emacs.until(/^# %% two {2}▶$/mu);
    await emacs.keys(...prefixed("c"));
    await emacs.until(/^# %% one {2}▶ \[1\] ✓.*\n.*\n.*\n│ 1\n│ 2$/mu);

    await emacs.keys(...prefixed("N"));
    await emacs.until(/^# %% two {2}▶\nx = "🐍"\n\n# %% one {2}▶ \[1\] ✓.*\nprint\("1"\)\nprint\("2"\)\n│ 1\n│ 2$/mu);
    await emacs.capture(`emacs-${launch.version}/cell-moved`);
    await emacs.keys("C-/");
    await emacs.until(/^# %% one {2}▶ \[1\] ✓.*\nprint\("1"\)\nprint\("2"\)\n│ 1\n│ 2\n\n# %% two {2}▶\nx = "🐍"$/mu);

    await emacs.keys("M-<", ...prefixed("B"));
    await emacs.until(/│ 2\n+# %% {2}▶\n+# %% two/mu);
    // The cursor goes to the new cell.
    await emacs.until(/L[67] /u);
    await emacs.type("y = 3");
    await emacs.until(/│ 2\n+# %% {2}▶\ny = 3\n+# %% two/mu);
    await emacs.keys(...prefixed("x"));
    await emacs.until(/│ 2\n+# %% two/mu);

    await emacs.keys("M-<", "C-n", "C-n", ...prefixed("|"));
    await emacs.until(/^# %% one {2}▶ \[1\] ✓.*\nprint\("1"\)\n│ 1\n│ 2\n+# %% {2}▶\nprint\("2"\)$/mu);
    await emacs.keys("C-/");
    await emacs.until(/^print\("1"\)\nprint\("2"\)\n│ 1\n│ 2$/mu);
    await emacs.keys("M-<", ...prefixed("j"));
    await emacs.until(/^print\("2"\)\n+x = "🐍"\n│ 1\n│ 2$/mu);
    await emacs.keys("C-/");
    expect(await emacs.until(/^# %% two {2}▶$/mu)).toContain('x = "🐍"');
  });

  test("another kernel is chosen from a list that says what each one is", async ({ skip }) => {
    if (launch === undefined) return skip(missing);
    const desk = emacsDesk(launch, { program }, { "a.py": "# %%\nprint('here')\n" });
    const emacs = desk.open("a.py");
    await emacs.until(/▶/u);
    await emacs.keys(...prefixed("s"));
    await emacs.until(/^Kernel/mu);
    await emacs.keys("Tab", "Tab");
    await emacs.until(/built in|basic/iu);
    await emacs.capture(`emacs-${launch.version}/kernels`);
    await emacs.type("emb");
    await emacs.keys("Tab", "Enter");
    await emacs.until(/is the kernel of this notebook/u);
    await emacs.keys(...prefixed("c"));
    expect(await emacs.until(/^│ here$/mu)).toContainEqual(expect.stringMatching(/nbls\[Python \(basic\)/u));
  });

  test("a server that ended is said, and another one takes over with the outputs", async ({ skip }) => {
    if (launch === undefined) return skip(missing);
    const desk = emacsDesk(
      launch,
      { program, init },
      { "a.py": "# %%\nimport os\nprint('kept')\n# %% end\nos.kill(os.getppid(), 9)\n" },
    );
    const emacs = desk.open("a.py");
    await emacs.until(/▶/u);
    await emacs.keys(...prefixed("c"));
    await emacs.until(/^│ kept$/mu);
    await emacs.keys("M-:");
    await emacs.type("(kill-process (jsonrpc--process nbls--server))");
    await emacs.keys("Enter");
    await emacs.until(/nbls\[no server\]/u);
    await emacs.type("# typed meanwhile");
    await emacs.keys("Enter", "M-x");
    await emacs.type("nbls-restart-server");
    await emacs.keys("Enter");
    await emacs.until(/nbls\[no kernel\]/u);
    expect(await emacs.until(/^│ kept$/mu)).toContain("# typed meanwhile");
  });

  test.for(["a.py", "a.ipynb"])(
    "without the server %s opens, and why it is no more than a file is said",
    async (name, { skip }) => {
      if (launch === undefined) return skip(missing);
      const files = { "a.py": "# %% here\n", "a.ipynb": '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}' };
      const desk = emacsDesk(
        launch,
        { program, init: initFile({ more: '(setq nbls-command (list "no-such-program"))' }) },
        files,
      );
      const emacs = desk.open(name);
      await emacs.until(/no-such-program/u);
      expect(await emacs.until(name === "a.py" ? /^# %% here$/mu : /"cells"/u)).not.toContainEqual(
        expect.stringContaining("nbls["),
      );
    },
  );
});
