// @module-tag editor
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { buildProgram } from "../cli/built-program.ts";
import { pythonWith, whyMissing } from "../real-kernels.ts";
import { deskWith, openEditor } from "./desk.ts";
import { realEditors } from "./real-editors.ts";

const plugin = join(import.meta.dirname, "../../clients/neovim");

let program = "";
beforeAll(async () => {
  program = await buildProgram("test-editors-neovim");
});

const init = `
vim.opt.runtimepath:prepend("${plugin}")
vim.keymap.set("n", "<Space>r", "<Plug>(nbls-runCell)")
vim.keymap.set("n", "<Space>n", "<Plug>(nbls-runCellAdvance)")
`;

const day = [
  "# %% loop",
  "import time",
  "for i in range(3):",
  "    print(i, flush=True)",
  "    time.sleep(0.3)",
  "",
  "# %% error",
  "x = 1",
  "x / 0",
  "",
];

describe.for(realEditors("neovim"))("$name", ({ launch, missing }) => {
  test("a day", async ({ skip }) => {
    const python = pythonWith("ipykernel7");
    if (launch === undefined) return skip(missing);
    if (python === undefined) return skip(whyMissing("ipykernel7"));
    const desk = deskWith({ program, python }, { ".config/nvim/init.lua": init, "project/day.py": day.join("\n") });
    const terminal = openEditor(launch, desk, ["day.py"]);
    await terminal.until(/# %% loop/u);
    await terminal.keys("Space", "r");
    await terminal.until(/│ 0/u);
    await terminal.capture(`${launch.editor}-${launch.version}/streaming`);
    await terminal.until(/│ 2/u);
    await terminal.capture(`${launch.editor}-${launch.version}/ran`);
    await terminal.keys("G", "Space", "r");
    await terminal.until(/ZeroDivisionError/u);
    await terminal.capture(`${launch.editor}-${launch.version}/error`);
    expect(true).toBe(true);
  });
});
