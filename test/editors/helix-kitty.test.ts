// @module-tag editor
import { spawnSync } from "node:child_process";
import { beforeAll, describe, expect, test } from "vitest";
import { newNotebook, openIpynb } from "../../server/formats/ipynb.ts";
import { buildProgram } from "../cli/built-program.ts";
import { pythonWith, whyMissing } from "../real-kernels.ts";
import { extent, isCurve, isWhite, keepScreenshot, openKitty, whyNoKitty } from "../runs/kitty.ts";
import { helixDesk } from "./helix-desk.ts";
import { realEditors } from "./real-editors.ts";

let program = "";
beforeAll(async () => {
  program = await buildProgram("test-editors-helix-kitty");
});

const plot = `import matplotlib.pyplot as plt
plt.figure(figsize=(5, 2.5))
plt.plot([1, 3, 2, 4], linewidth=4);`;

describe.for(realEditors("helix"))("$name", ({ launch, missing }) => {
  test("in a real kitty the plot of a notebook is on the screen when it is opened", async ({ skip }) => {
    const python = pythonWith("ipykernel7");
    if (launch === undefined) return skip(missing);
    if (python === undefined) return skip(whyMissing("ipykernel7"));
    if (whyNoKitty !== undefined) return skip(whyNoKitty);
    const cell = {
      kind: "code",
      language: "python",
      metadata: {},
      executionCount: null,
      outputs: [],
      id: "plot",
      source: plot,
    } as const;
    const notebook = openIpynb(newNotebook({ language: "python" })).rewrite([cell]);
    const { project, env } = helixDesk(launch, { program, python }, { "project/plot.ipynb": notebook });
    const ran = spawnSync(process.execPath, [program, "run", "--save", "plot.ipynb"], { cwd: project, env: { ...env } });
    expect(ran.status).toBe(0);
    const place = { cwd: project, env: { ...env, ...launch.environment, COLORTERM: "truecolor" } };
    const screenOf = await openKitty(place, [launch.program, ...launch.args, "plot.ipynb"]);
    // kitty draws when it likes, and tells nobody.
    const pixelsOfCurve = () => extent(screenOf(), isCurve).count;
    await expect.poll(pixelsOfCurve, { timeout: 40_000, interval: 200 }).toBeGreaterThan(200);
    const screen = screenOf();
    keepScreenshot(`helix-${launch.version}`, screen);
    const [paper, curve] = [extent(screen, isWhite), extent(screen, isCurve)];
    expect(paper.right - paper.left).toBeGreaterThan(200);
    expect(curve.right).toBeLessThan(paper.right);
  });
});
