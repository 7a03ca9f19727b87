import { expect, test } from "vitest";
import type { Output } from "../../server/jupyter/nbformat.ts";
import { OutputFold } from "../../server/outputs/fold.ts";
import { plainText } from "../../server/render/span.ts";
import { renderOutputs } from "../../server/render/output.ts";

// What users of other notebooks had to report of printed text, each under its symptom. `repo#n` are threads on GitHub.

const esc = "\u001b";

function folded(...chunks: readonly string[]): readonly Output[] {
  const fold = new OutputFold(1e9);
  for (const text of chunks) fold.apply("stream", { name: "stdout", text });
  return fold.outputs();
}

function shown(outputs: readonly Output[], linesMax = Infinity, columnsMax = Infinity): string[] {
  return plainText(renderOutputs(outputs, { color: false, columnsMax, linesMax }).lines).split("\n");
}

/** As tqdm writes it: an inner bar below its outer one, back up by `ESC[A`. */
const nestedBars = Array.from(
  { length: 3 },
  (_, step) => `\router: ${step + 1}/3\n\rinner: ${step}/3\rinner: ${step + 1}/3${esc}[A`,
).join("");

// Progress bars: emacs-jupyter#412, EIN#670, EIN#851, vscode-jupyter#1406, iron#76, tqdm#1728. Blank lines: ipynb.nvim PR#12.
test.each([
  ["a progress bar is one line, however often it was drawn", "\r 10%\r 50%\r100%\n", [["100%", ""]]],
  ["nested progress bars stay two lines", nestedBars, [["outer: 3/3", "inner: 3/3"]]],
  ["a line that ends in \\r\\n keeps its text", "one\r\ntwo\r\n", [["one", "two", ""]]],
  ["a counter that steps back over itself shows its last number", "at 9\b10\b\b11", [["at 11"]]],
  ["blank lines are kept, at the start, between and at the end", "\n\na\n\n\nb\n\n", [["", "", "a", "", "", "b", "", ""]]],
] as const)("%s, whatever pieces it comes in", (_, text, [lines]) => {
  for (let size = 1; size <= text.length; size += 1) {
    const chunks = Array.from({ length: Math.ceil(text.length / size) }, (__, index) =>
      text.slice(index * size, (index + 1) * size),
    );
    expect(folded(...chunks), `pieces of ${size}`).toEqual([{ output_type: "stream", name: "stdout", text: lines.join("\n") }]);
  }
});

// emacs-jupyter#255. Where a terminal is emulated, such a line is wrapped at its width.
test("a line of 10,000 characters is one line, and a narrow client gets its start and a mark", () => {
  const line = "0123456789".repeat(1_000);
  const outputs = folded(line, "\n");
  expect(outputs).toMatchObject([{ text: `${line}\n` }]);
  expect(shown(outputs, 5, 40)).toEqual([`${line.slice(0, 39)}…`]);
});

// vscode-jupyter#7419, molten#27, jupynium#79.
test("of 100,000 lines none is lost, and a client with room for three gets three", () => {
  const fold = new OutputFold(1e9);
  const all = Array.from({ length: 100_000 }, (_, line) => `${line}\n`);
  for (const text of all) fold.apply("stream", { name: "stdout", text });
  expect(fold.outputs()).toMatchObject([{ text: all.join("") }]);
  expect(fold.window({ tailLines: 3 })).toMatchObject({
    outputs: [{ text: "99997\n99998\n99999\n" }],
    hiddenLineCount: 99_997,
  });
});

// jupyter#83.
test("clear_output with wait, and nothing after it, leaves what was there", () => {
  const fold = new OutputFold(1e9);
  fold.apply("stream", { name: "stdout", text: "last state\n" });
  fold.apply("clear_output", { wait: true });
  expect(fold.outputs()).toEqual([{ output_type: "stream", name: "stdout", text: "last state\n" }]);
});

// jupyter#83.
test("clear_output with wait never shows an empty cell between two states", () => {
  const fold = new OutputFold(1e9);
  for (let step = 0; step < 3; step += 1) {
    fold.apply("clear_output", { wait: true });
    fold.apply("stream", { name: "stdout", text: `step ${step}\n` });
    fold.apply("clear_output", { wait: true });
    expect(fold.outputs()).toEqual([{ output_type: "stream", name: "stdout", text: `step ${step}\n` }]);
  }
});

test("stdout and stderr stay in the order in which they were printed", () => {
  const fold = new OutputFold(1e9);
  for (const [name, text] of [
    ["stdout", "a\n"],
    ["stderr", "b\n"],
    ["stdout", "c\n"],
  ] as const)
    fold.apply("stream", { name, text });
  expect(shown(fold.outputs())).toEqual(["a", "b", "c"]);
});

// euporie#144, vscode#117709, single-cell#126.
test("a table that is too wide keeps whole numbers, marks what is left out, and says how to see it", () => {
  const columns = Array.from({ length: 30 }, (_, index) => `column${index}`);
  const cells = (tag: string, values: readonly string[]) => values.map((value) => `<${tag}>${value}</${tag}>`).join("");
  const numbers = columns.map((_, index) => String(1_234_567 + index));
  const html = `<table><thead><tr>${cells("th", columns)}</tr></thead><tbody><tr>${cells("td", numbers)}</tr></tbody></table>`;
  const output: Output = { output_type: "display_data", data: { "text/html": html, "text/plain": "?" }, metadata: {} };
  const { lines } = renderOutputs([output], { color: false, columnsMax: Infinity, linesMax: Infinity, width: 60 });
  const text = plainText(lines);
  for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(60);
  expect(text).toContain("…");
  for (const number of text.match(/\d{5,}/g) ?? []) expect(numbers).toContain(number);
});
