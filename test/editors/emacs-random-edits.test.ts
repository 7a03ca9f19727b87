// @module-tag editor
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { beforeAll, describe, expect, test } from "vitest";
import { buildProgram } from "../cli/built-program.ts";
import { emacsDesk, emacsPackage } from "./emacs-desk.ts";
import { realEditors } from "./real-editors.ts";

let program = "";
beforeAll(async () => {
  program = await buildProgram("test-editors-emacs-edits");
});

const cells = Array.from({ length: 30 }, (_, index) => `# %% cell ${index}\nx${index} = ${index}\n\n`).join("");

describe.for(realEditors("emacs"))("$name", ({ launch, missing }) => {
  test("whatever is typed, the server has the text, and each label and output its cell", async ({ skip }) => {
    if (launch === undefined) return skip(missing);
    const desk = emacsDesk(launch, { program }, { "a.py": cells });
    const script = join(import.meta.dirname, "emacs-random-edits.el");
    const argv = [...launch.args, "-Q", "--batch", "-L", emacsPackage, "-l", script, "a.py"];
    const emacs = spawn(launch.program, argv, {
      cwd: desk.project,
      env: { ...desk.env, ...launch.environment, LC_ALL: "C.UTF-8" },
    });
    const [stdout, stderr] = await Promise.all([text(emacs.stdout), text(emacs.stderr), once(emacs, "close")]);
    // What Emacs said besides is told with a failure.
    expect({ stdout, stderr }).toEqual({ stdout: expect.stringMatching(/^\d+ cells\n$/u), stderr: expect.any(String) });
  });
});
