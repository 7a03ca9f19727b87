// @module-tag editor
import { beforeAll, describe, expect, test } from "vitest";
import { buildProgram } from "../cli/built-program.ts";
import { emacsDesk, initFile, prefixed } from "./emacs-desk.ts";
import { realEditors } from "./real-editors.ts";

let program = "";
beforeAll(async () => {
  program = await buildProgram("test-editors-emacs-eglot");
});

const embedded = '(setq nbls-settings (list :kernel.embedded "always"))';
const ofEglot = '(setq-default eglot-workspace-configuration (list :nbls (list :kernel.embedded "always")))';
const text = '# %% first\nname = input("Name? ")\nprint("hello", name)\n\n# %% second\nprint(len(name))\n';

describe.for(realEditors("emacs"))("$name", ({ launch, missing }) => {
  const shots = `emacs-${launch?.version}`;

  test("eglot runs nbls, and the same code draws", async ({ skip }) => {
    if (launch === undefined) return skip(missing);
    const desk = emacsDesk(launch, { program, init: initFile({ eglot: true, more: ofEglot }) }, { "a.py": text });
    const emacs = desk.open("a.py");
    await emacs.until(/# %% first {2}▶$/mu);
    await emacs.until(/\[eglot:/u);
    await emacs.type("# above");
    await emacs.keys("Enter", ...prefixed("c"));
    // What was typed just before counts: the cell at point is that of the text as it is.
    await emacs.keys("C-n", ...prefixed("c"));
    await emacs.until(/^Name\?$/mu);
    await emacs.type("Ada");
    await emacs.keys("Enter");
    const screen = await emacs.until(/# above\n.*# %% first {2}▶ \[1\] ✓.*\n.*\n.*print\("hello", name\)\n.*│ hello Ada$/mu);
    // Outputs are drawn once: nothing of them is a diagnostic.
    expect(screen.filter((line) => line.includes("hello Ada"))).toHaveLength(1);
    await emacs.capture(`${shots}/eglot`);
    await emacs.keys("M->");
    await emacs.type("name.is");
    await emacs.keys("C-M-i");
    await emacs.until(/isalpha/u);
  });

  test("beside another server of eglot's, in the same buffer", async ({ skip }) => {
    if (launch === undefined) return skip(missing);
    // Any server will do, and one is there: nbls as a plain one, whose own drawing is turned off.
    const other = `(require 'eglot)
      (add-to-list 'eglot-server-programs
                   '(python-base-mode . ("nbls" "lsp" :initializationOptions (:nbls (:outputs.diagnostics "off")))))
      (add-hook 'python-base-mode-hook #'eglot-ensure)`;
    const desk = emacsDesk(launch, { program, init: initFile({ more: `${embedded}\n${other}` }) }, { "a.py": text });
    const emacs = desk.open("a.py", { columns: 130 });
    await emacs.until((screen) => /# %% first {2}▶$/mu.test(screen) && /\[eglot:/u.test(screen));
    await emacs.keys(...prefixed("c"));
    await emacs.until(/^Name\?$/mu);
    await emacs.type("Bo");
    await emacs.keys("Enter");
    const screen = await emacs.until(/│ hello Bo$/mu);
    expect(screen.join("\n")).toMatch(/nbls\[Python.*\[eglot:/u);
    await emacs.capture(`${shots}/beside-eglot`);
  });
});
