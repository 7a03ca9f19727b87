// @module-tag process
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { openProject } from "../lsp/open-project.ts";
import { environment, missing, nameOf, type KernelName } from "./real-notebook.ts";

// The same notebooks as in shell.test.ts, as an editor sees them: the last that it is told of each cell.

vi.setConfig({ testTimeout: 60_000 });

type Lines = readonly (readonly { readonly text: string }[])[];

/** An editor that draws outputs itself and answers questions, with the notebook open and all of it run. */
async function run(kernel: KernelName, file: string, deadlineMs = 30_000) {
  const { client, open } = await openProject({
    capabilities: { experimental: { nbls: { outputs: true, requestInput: true, graphics: "kitty" } } },
    settings: kernel === "embedded" ? embedded : { "kernel.default": nameOf(kernel) ?? null },
    env: environment(kernel),
    answers: { "nbls/requestInput": () => ({ value: "pw123" }) },
  });
  const notebook = await open(file, readFileSync(join(import.meta.dirname, "../../fixtures/runs", file), "utf8"));
  const executionIds = await notebook.execute();
  await client.expect(
    "nbls/didChangeExecution",
    ({ executionId, state }) => executionId === executionIds.at(-1) && state !== "queued" && state !== "running",
    deadlineMs,
  );
  const shown = executionIds.map((id) => client.all("nbls/didChangeOutputs").findLast(({ executionId }) => executionId === id));
  return { client, shown, lines: shown.map(({ lines }): Lines => lines) };
}

const embedded = { "kernel.default": null, "kernel.embedded": "always" };

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
const textOf = (lines: Lines) => lines.map((line) => line.map(({ text }) => text).join(""));

on(withPackages, "a wide data frame fits the editor, its header stands out, and it says how to see the rest", async (kernel) => {
  const { lines } = await run(kernel, "frames.py");
  const [wide = [], long = []] = lines;
  for (const line of textOf(wide)) expect(line.length).toBeLessThanOrEqual(120);
  expect(wide[0]).toEqual([{ text: expect.stringMatching(/^ +column_0 .* … .* column_29$/), bold: true }]);
  expect(textOf(wide)).toContainEqual(expect.stringMatching(/^… (\d+ )?more columns \(nbls\.openOutput shows all\)$/));
  expect(textOf(long).at(-1)).toBe("1000 rows × 2 columns");
});

on(withPackages, "tqdm's bars, nested or with positions, stay in their lines", async (kernel) => {
  const { lines } = await run(kernel, "progress.py");
  expect(lines.map(textOf)).toEqual([
    ["outer 3/3", expect.stringMatching(/^ *$/)],
    ["inner 0 2/2", "inner 1 2/2", "outer   2/2"],
    ["row 0 3/3", "row 1 3/3", "row 2 3/3"],
    // `tqdm.write` goes to stdout while the bar is on stderr: which comes first is the kernel's.
    expect.arrayContaining(["wrote 0", "wrote 1", "wrote 2", "steps 3/3"]),
    ["out 3/3", "after"],
  ]);
});

on(withPackages, "rich's table, colours and bars come as spans in colours", async (kernel) => {
  const { lines } = await run(kernel, "rich_text.py");
  const [table = [], colours, bars] = lines;
  expect(table[0]).toEqual([{ text: "      Planets      ", italic: true }]);
  expect(table[4]).toEqual([{ text: "│" }, { text: " Earth   ", fg: 6 }, { text: "│     1 │" }]);
  // The built-in kernel is no notebook to rich, which then prints without colours.
  const hot =
    kernel === "embedded"
      ? [{ text: "hot and cold" }]
      : [{ text: "hot", bold: true, fg: 1 }, { text: " and " }, { text: "cold", fg: 2 }];
  expect(colours).toEqual([hot]);
  const bar = { text: "━━━━━━━━━━", fg: 8 };
  expect(bars).toEqual([
    [{ text: "load " }, bar, { text: " 4" }],
    [{ text: "fit  " }, bar, { text: " 4" }],
  ]);
});

on(withPackages, "a plot is a file and room for it", async (kernel) => {
  const { shown } = await run(kernel, "plot.py");
  const [image] = shown[0].images;
  const png = readFileSync(image.path);
  expect(png.subarray(1, 4).toString()).toBe("PNG");
  expect(shown[0].lines.length).toBeGreaterThanOrEqual(image.rows);
  expect(JSON.stringify(shown[0]).length).toBeLessThan(2_048);
});

on(["ipykernel7", "ipykernel6", "embedded"], "a failure three calls deep shows each of them, in colours", async (kernel) => {
  const { client, lines } = await run(kernel, "failing.py");
  const text = textOf(lines[1] ?? []);
  expect(text[0]).toBe("before");
  expect(text.at(-1)).toBe("ZeroDivisionError: division by zero");
  expect(text.filter((line) => line.startsWith("---")).map((line) => line.replace(/^-+> \d+ */, ""))).toEqual([
    "outer([])",
    "return middle(values)",
    "return inner(values)",
    "return sum(values) / len(values)",
  ]);
  expect(lines[1]?.at(-1)?.[0]).toEqual({ text: "ZeroDivisionError", fg: 1 });
  expect(client.all("nbls/didChangeExecution").at(-1)).toMatchObject({ state: "cancelled", reason: "earlier_error" });
});

on(
  ["ipykernel7", "ipykernel6", "embedded"],
  "input() and getpass() ask the editor, the latter for a password",
  async (kernel) => {
    const { client, lines } = await run(kernel, "questions.py");
    expect(client.all("nbls/requestInput")).toMatchObject([
      { prompt: "name? ", password: false },
      { prompt: "secret? ", password: true },
    ]);
    expect(lines.map(textOf)).toEqual([["hello pw123"], ["5"]]);
  },
);

on(["ipykernel7"], "of 100 MB of text the editor gets the last lines and how many are above", async (kernel) => {
  const { client, shown, lines } = await run(kernel, "flood.py", 55_000);
  const text = textOf(lines[0] ?? []);
  expect(text.at(-1)).toBe("999999".padEnd(99, "x"));
  expect(shown[0].hiddenLineCount).toBe(1_000_000 - text.length);
  // What it was told all in all is what it could show, at its pace, and not the text.
  expect(client.transcript.join("").length).toBeLessThan(10_000_000);
});

on(["deno"], "values in colours, a table, and an error with its calls", async (kernel) => {
  const { lines } = await run(kernel, "tour.ts");
  expect(lines[0]?.[0]).toContainEqual({ text: '"Earth"', fg: 2 });
  expect(lines.slice(1).map(textOf)).toEqual([
    ["hot and cold", "to stderr"],
    ["a  b", "─  ─", "1  2"],
    [
      "Error: no luck",
      ...["inner", "middle", "outer"].map((name) => expect.stringContaining(`at ${name} (`)),
      expect.any(String),
    ],
  ]);
});

on(["irkernel"], "a data frame, a progress bar, and an error with its calls", async (kernel) => {
  const { lines } = await run(kernel, "tour.R");
  const [frame = [], bar = [], , failure = []] = lines.map(textOf);
  expect(frame.slice(1)).toEqual(["city     rain", "<chr>   <dbl>", "─────  ──────", "Oslo   763.25", "Rome   799.00"]);
  expect(bar).toEqual(["  |====================| 100%"]);
  expect(failure.join("\n")).toMatch(/^Error in inner\(x\): no luck\nTraceback:\n\n1\. outer\("luck"\)\n2\. middle.*\n3\. inner/);
});
