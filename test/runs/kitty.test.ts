// @module-tag process
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PNG } from "pngjs";
import { expect, test } from "vitest";
import { buildProgram } from "../cli/built-program.ts";
import { extent, isCurve, isWhite, keepScreenshot, openKitty, whyNoKitty } from "./kitty.ts";
import { kernelArguments, missing, placeWith } from "./real-notebook.ts";

const noScript = spawnSync("script", ["--version"]).status === 0 ? undefined : "no util-linux script";
const why = whyNoKitty ?? missing("ipykernel7") ?? noScript;

test.skipIf(why !== undefined)(
  `in a real kitty a plot of nbls run is on the screen${why === undefined ? "" : ` (${why})`}`,
  { tags: ["kernel"], timeout: 60_000 },
  async () => {
    const program = await buildProgram("kitty");
    const place = placeWith("plot.py", "ipykernel7");
    const nbls = [process.execPath, program, "run", "plot.py", ...kernelArguments("ipykernel7")].map((word) => `'${word}'`);
    // What reaches the terminal is kept beside being drawn.
    const shell = ["/bin/sh", "-c", `script -qefc "${nbls.join(" ")}" bytes; touch over; exec sleep 60`];
    const screenOf = await openKitty(place, shell);
    await expect.poll(() => existsSync(join(place.cwd, "over")), { timeout: 40_000 }).toBe(true);
    const bytes = readFileSync(join(place.cwd, "bytes"), "utf8");

    // The picture is sent as it is, in pieces, without asking for an answer, to be shown where its placeholders stand.
    const [first = "", ...rest] = bytes.match(/\u001b_G[^\u001b]*\u001b\\/g) ?? [];
    const fields = /^\u001b_G([^;]*);/.exec(first)?.[1]?.split(",") ?? [];
    expect(fields).toEqual(expect.arrayContaining(["U=1", "f=100", "q=2"]));
    const data = [first, ...rest].map((piece) => /;([^\u001b]*)/.exec(piece)?.[1] ?? "").join("");
    const sent = PNG.sync.read(Buffer.from(data, "base64"));
    const [columns, rows] = ["c", "r"].map((name) => Number(fields.find((field) => field.startsWith(`${name}=`))?.slice(2)));
    const lines = bytes.split("\n").filter((line) => line.includes("\u{10eeee}"));
    expect(lines).toHaveLength(rows ?? 0);
    for (const line of lines) expect(line.match(/\u{10eeee}/gu)).toHaveLength(columns ?? 0);
    expect(bytes).toContain("after the plot");

    // kitty draws when it likes, and tells nobody.
    await expect.poll(() => extent(screenOf(), isCurve).count, { timeout: 15_000, interval: 100 }).toBeGreaterThan(200);
    const screen = screenOf();
    const paper = extent(screen, isWhite);
    const curve = extent(screen, isCurve);
    const [width, height] = [paper.right - paper.left, paper.bottom - paper.top];
    expect(width / height).toBeGreaterThan((sent.width / sent.height) * 0.9);
    expect(width / height).toBeLessThan((sent.width / sent.height) * 1.1);
    expect(curve.left).toBeGreaterThan(paper.left);
    expect(curve.right).toBeLessThan(paper.right);
    keepScreenshot("plot", screen);
  },
);
