// @module-tag editor
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { beforeAll, describe, expect, test } from "vitest";
import { buildProgram } from "../cli/built-program.ts";
import { neovimDesk } from "./neovim-desk.ts";
import { realEditors } from "./real-editors.ts";

let program = "";
beforeAll(async () => {
  program = await buildProgram("test-editors-neovim-edits");
});

const notebook = Array.from({ length: 12 }, (_, index) => `# %% cell ${index}\na${index} = ${index}\nprint(a${index})\n\n`).join(
  "",
);

describe.for(realEditors("neovim"))("$name", ({ launch, missing }) => {
  test("cells are drawn where the server has them, whatever was edited and by what", async ({ skip }) => {
    if (launch === undefined) return skip(missing);
    const { project, env } = neovimDesk({ program }, { "edits.py": notebook });
    const seed = String(1 + Math.floor(Math.random() * 1e6));
    const script = join(import.meta.dirname, "neovim-edits.lua");
    const args = [...launch.args, "--headless", "edits.py", "-S", script];
    const neovim = spawn(launch.program, args, {
      cwd: project,
      env: { ...env, ...launch.environment, NBLS_TEST_SEED: seed },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [said, complained] = await Promise.all([text(neovim.stdout), text(neovim.stderr), once(neovim, "close")]);
    expect({ seed, said, complained }).toEqual({ seed, said: "same 40\n", complained: expect.any(String) });
  });
});
