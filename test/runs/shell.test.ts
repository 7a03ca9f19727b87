// @module-tag process
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { imageSize } from "../../server/render/image-size.ts";
import type { Output } from "../../server/jupyter/nbformat.ts";
import { buildProgram } from "../cli/built-program.ts";
import { kernelArguments, missing, placeWith, runSaved, textOf, type KernelName } from "./real-notebook.ts";

// Notebooks as people write them, on real kernels, by `nbls run --save`: what is asserted is what the file holds afterwards.
// The snapshots show it as text; `vitest -u` rewrites them.

vi.setConfig({ testTimeout: 60_000 });

let program = "";
beforeAll(async () => {
  program = await buildProgram("real-notebooks");
});

/** One test for each of the kernels. */
function on(kernels: readonly KernelName[], what: string, body: (kernel: KernelName) => Promise<void>): void {
  for (const kernel of kernels) {
    const why = missing(kernel);
    test.skipIf(why !== undefined)(`${kernel}: ${what}${why === undefined ? "" : ` (${why})`}`, { tags: ["kernel"] }, () =>
      body(kernel),
    );
  }
}

const withPackages = ["ipykernel7", "embedded"] as const;
const pythons = ["ipykernel7", "ipykernel6", "embedded"] as const;

async function expectOutputs(name: string, cells: readonly (readonly Output[])[]): Promise<void> {
  const text = cells.map((outputs, index) => `== cell ${index + 1}\n${textOf(outputs).join("\n--\n")}\n`).join("\n");
  await expect(text.replaceAll("\u001b", "␛")).toMatchFileSnapshot(join(import.meta.dirname, "snapshots", `${name}.txt`));
}

on(withPackages, "data frames, wide, long and with several indices, are tables that cut no number", async (kernel) => {
  const { code, outputs } = await runSaved(program, "frames.py", kernel);
  expect(code).toBe(0);
  await expectOutputs(`frames-${kernel}`, outputs);
});

on(withPackages, "tqdm's bars, nested or with positions, are what a terminal would show at the end", async (kernel) => {
  const { code, outputs } = await runSaved(program, "progress.py", kernel);
  expect(code).toBe(0);
  // `tqdm.write` goes to stdout while the bar is on stderr: which comes first is the kernel's.
  const ofBar = ["stderr"];
  await expectOutputs(
    `progress-${kernel}`,
    outputs.map((cell, index) =>
      (index === 3 ? cell.filter((output) => !("name" in output && ofBar.includes(output.name))) : cell).reduce(joined, []),
    ),
  );
});

/** Neighbours of one stream are one. */
function joined(before: readonly Output[], output: Output): readonly Output[] {
  const last = before.at(-1);
  return last?.output_type === "stream" && output.output_type === "stream" && last.name === output.name
    ? [...before.slice(0, -1), { ...last, text: last.text + output.text }]
    : [...before, output];
}

on(withPackages, "rich's tables, colours and progress bars keep their colours and their lines", async (kernel) => {
  const { code, outputs } = await runSaved(program, "rich_text.py", kernel);
  expect(code).toBe(0);
  // In IPython rich displays what it prints, elsewhere it prints it.
  await expectOutputs(`rich-text-${kernel}`, outputs);
});

on(withPackages, "widgets show their text form, and what they capture is not lost", async (kernel) => {
  const { code, outputs } = await runSaved(program, "widgets.py", kernel);
  expect(code).toBe(0);
  await expectOutputs(`widgets-${kernel}`, outputs);
});

on(
  ["ipykernel7"],
  "what a progress bar, Live, interact or an Output widget captures erases nothing of the cell's",
  async (kernel) => {
    const { code, outputs } = await runSaved(program, "output_widgets.py", kernel);
    expect(code).toBe(0);
    await expectOutputs(`output-widgets-${kernel}`, outputs);
  },
);

on(withPackages, "a plot is saved as its picture, and told by type and size in a pipe", async (kernel) => {
  const { code, stdout, outputs } = await runSaved(program, "plot.py", kernel);
  const [plot] = outputs[0] ?? [];
  const png = plot !== undefined && "data" in plot ? plot.data["image/png"] : undefined;
  const size = imageSize("image/png", String(png));
  expect(size).toMatchObject({ width: expect.any(Number), height: expect.any(Number) });
  expect(stdout).toBe(`[image/png ${size?.width}×${size?.height}]\nafter the plot\n`);
  expect(code).toBe(0);
});

on(pythons, "a cell that fails three calls deep shows each of them, and ends the run", async (kernel) => {
  const { code, stdout, stderr, outputs } = await runSaved(program, "failing.py", kernel);
  expect(code).toBe(1);
  expect(stdout).not.toContain("never");
  expect(stderr).toMatch(/^error: cell \S+ \(fails\) failed$/m);
  await expectOutputs(`failing-${kernel}`, outputs);
});

on(pythons, "input() and getpass() are answered from a pipe, and the secret is not shown", async (kernel) => {
  const { code, outputs, stderr } = await runSaved(program, "questions.py", kernel, "Ada\npw123\n");
  expect(code).toBe(0);
  expect(outputs.map((cell) => textOf(cell).join(""))).toEqual(["stdout: hello Ada\n", "stdout: 5\n"]);
  expect(stderr).toContain("name? ");
  expect(stderr).not.toContain("pw123");
});

describe("100 MB of stdout pass through a pipe, every line", () => {
  on(pythons, "in order", async (kernel) => {
    const place = placeWith("flood.py", kernel);
    const child = spawn(process.execPath, [program, "run", "flood.py", ...kernelArguments(kernel)], {
      ...place,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const hash = createHash("sha256");
    let length = 0;
    child.stdout.on("data", (chunk: Buffer) => {
      length += chunk.length;
      hash.update(chunk);
    });
    const [code] = (await once(child, "close")) as [number];
    const expected = createHash("sha256");
    for (let line = 0; line < 1_000_000; line += 1) expected.update(`${String(line).padEnd(99, "x")}\n`);
    expect([code, length, hash.digest("hex")]).toEqual([0, 100_000_000, expected.digest("hex")]);
  });
});

on(["deno"], "values, tables, streams and an error with its calls", async (kernel) => {
  const { code, outputs } = await runSaved(program, "tour.ts", kernel);
  expect(code).toBe(1);
  await expectOutputs("tour-deno", outputs);
});

on(["irkernel"], "a data frame, a progress bar, messages and an error with its calls", async (kernel) => {
  const { code, outputs } = await runSaved(program, "tour.R", kernel);
  expect(code).toBe(1);
  await expectOutputs("tour-r", outputs);
});
