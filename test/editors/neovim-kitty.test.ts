// @module-tag editor
import { beforeAll, describe, expect, test } from "vitest";
import { buildProgram } from "../cli/built-program.ts";
import { pythonWith, whyMissing } from "../real-kernels.ts";
import { extent, isCurve, isWhite, keepScreenshot, openKitty, whyNoKitty } from "../runs/kitty.ts";
import { neovimDesk } from "./neovim-desk.ts";
import { realEditors } from "./real-editors.ts";

let program = "";
beforeAll(async () => {
  program = await buildProgram("test-editors-neovim-kitty");
});

const plot = `# %% a plot
import matplotlib.pyplot as plt
plt.figure(figsize=(5, 2.5))
plt.plot([1, 3, 2, 4], linewidth=4);

# %% numbers
for i in range(3):
    print(i, end=" ")

# %% wrong
x = 1
x / 0
`;

describe.for(realEditors("neovim"))("$name", ({ launch, missing }) => {
  test("in a real kitty a plot is on the screen", async ({ skip }) => {
    const python = pythonWith("ipykernel7");
    if (launch === undefined) return skip(missing);
    if (python === undefined) return skip(whyMissing("ipykernel7"));
    if (whyNoKitty !== undefined) return skip(whyNoKitty);
    const { project, env } = neovimDesk({ program, python }, { "plot.py": plot });
    const command = [launch.program, ...launch.args, "plot.py", "+Nbls runAll"];
    const screenOf = await openKitty({ cwd: project, env: { ...env, ...launch.environment } }, command);
    // kitty draws when it likes, and tells nobody.
    const pixelsOfCurve = () => extent(screenOf(), isCurve).count;
    await expect.poll(pixelsOfCurve, { timeout: 40_000, interval: 200 }).toBeGreaterThan(200);
    const screen = screenOf();
    const [paper, curve] = [extent(screen, isWhite), extent(screen, isCurve)];
    expect(paper.right - paper.left).toBeGreaterThan(300);
    expect(curve.left).toBeGreaterThan(paper.left);
    expect(curve.right).toBeLessThan(paper.right);
    keepScreenshot(`neovim-${launch.version}`, screen);
  });
});
