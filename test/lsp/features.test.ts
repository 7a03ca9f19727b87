import { expect, test } from "vitest";
import { CellView } from "../../server/lsp/cell-view.ts";
import { codeActions } from "../../server/lsp/code-actions.ts";
import { completionList } from "../../server/lsp/completion.ts";
import { outputDiagnostics } from "../../server/lsp/diagnostics.ts";
import { inlayHints } from "../../server/lsp/hints.ts";
import { cellHover, codeHover } from "../../server/lsp/hover.ts";
import { LensCache } from "../../server/lsp/lenses.ts";
import { foldingRanges, selectionRange } from "../../server/lsp/ranges.ts";
import { showOutput } from "../../server/lsp/shown-output.ts";
import { durationText } from "../../server/lsp/status.ts";
import { documentSymbols, flatSymbols } from "../../server/lsp/symbols.ts";
import type { JsonObject } from "../../server/jupyter/message.ts";
import type { Output } from "../../server/jupyter/nbformat.ts";
import { mirrorOf, uri } from "./mirror-of.ts";

const at = (line: number, character = 0) => ({ start: { line, character }, end: { line, character } });
const stream = (text: string): Output => ({ output_type: "stream", name: "stdout", text });

const plainView = { relatedInformation: false, hasHints: false };

function shown(outputs: readonly Output[], bytesMax = 65_536) {
  const window = {
    executionId: "e1",
    seq: 1,
    outputs,
    firstOutput: 0,
    firstLine: 0,
    hiddenLineCount: 0,
    clearCount: 0,
    settledLineCount: 0,
  };
  return showOutput(window, { linesMax: 3, columnsMax: 80, bytesMax, errorsAmongLines: false });
}

test("each code cell has lenses, and the title says its state", () => {
  const { mirror, document } = mirrorOf("# %%\n1\n# %% [markdown]\n# text\n# %%\n2\n");
  mirror.apply({
    type: "execution",
    execution: { textDocument: { uri }, cellId: "c3", executionId: "e1", state: "running", executionCount: 4 },
  });
  const lenses = new LensCache({ tellsState: true }).lenses(document);
  expect(lenses.map(({ range, command }) => `${range.start.line} ${command?.title}`)).toEqual([
    "0 ▶ Run cell",
    "0 Run below",
    "4 ▶ Run cell  [4] ● running",
    "4 ■ Cancel",
    "4 Run above",
    "4 Run below",
  ]);
  expect(lenses[0]?.command).toMatchObject({ command: "nbls.runCell", arguments: [{ uri, cellId: "c1" }] });
});

test("lenses stay as they are for a client that draws the state itself", () => {
  const { mirror, document } = mirrorOf("# %%\n1\n");
  const execution = { textDocument: { uri }, cellId: "c1", executionId: "e1", state: "running" } as const;
  mirror.apply({ type: "execution", execution });
  const lenses = new LensCache({ tellsState: false }).lenses(document);
  expect(lenses.map(({ command }) => command?.title)).toEqual(["▶ Run cell", "Run below"]);
});

test("lenses move when a line is added above their cell", () => {
  const { mirror, document } = mirrorOf("x\n# %%\n1\n# %%\n2\n");
  const cache = new LensCache({ tellsState: true });
  expect(new Set(cache.lenses(document).map(({ range }) => range.start.line))).toEqual(new Set([0, 1, 3]));
  mirror.change(uri, 2, [{ range: at(0), text: "\n" }]);
  document.settle();
  expect(new Set(cache.lenses(document).map(({ range }) => range.start.line))).toEqual(new Set([1, 2, 4]));
});

test("a script without cells gets no lenses, symbols, folds or hints", () => {
  const { document } = mirrorOf("x = 1\n");
  expect(new LensCache({ tellsState: true }).lenses(document)).toEqual([]);
  expect(documentSymbols(document)).toEqual([]);
  expect(foldingRanges(document)).toEqual([]);
  expect(codeActions(document, at(0), undefined, true)).toEqual([]);
});

test("`only` finds exactly one action, so that one key can run the cell", () => {
  const { document } = mirrorOf("# %%\n1\n");
  const kinds = (only: string[] | undefined) =>
    codeActions(document, at(1), only, true).map((action) => "kind" in action && action.kind);
  expect(kinds(["source.nbls.runCell"])).toEqual(["source.nbls.runCell"]);
  expect(kinds(["quickfix"])).toEqual([]);
  expect(kinds(["source"])).toEqual(kinds(undefined));
});

test("a selection can be run as lines, counted from 1", () => {
  const { document } = mirrorOf("# %%\n1\n2\n3\n");
  const selection = { start: { line: 1, character: 0 }, end: { line: 3, character: 0 } };
  const [action] = codeActions(document, selection, ["source.nbls.runLines"], true);
  expect(action?.command).toMatchObject({ arguments: [uri, [2, 3]] });
});

test("clients without action literals get plain commands", () => {
  const { document } = mirrorOf("# %%\n1\n");
  expect(codeActions(document, at(1), undefined, false)[0]).toMatchObject({ command: "nbls.runCell", title: "Run cell" });
});

test("symbols are the cells, with Markdown headings inside", () => {
  const { document } = mirrorOf(
    "# %% Load\nx = 1\n# %% [markdown]\n# # Results\n# ## First\n# ```\n# # no heading\n# ```\n# ## Second\n# %%\ny = 2\n# %%\n",
  );
  const symbols = documentSymbols(document);
  expect(symbols.map(({ name }) => name)).toEqual(["Load", "Results", "y = 2", "Cell 4"]);
  const [results] = symbols[1]?.children ?? [];
  expect(results?.name).toBe("Results");
  expect(results?.children?.map(({ name, range }) => [name, range.start.line, range.end.line])).toEqual([
    ["First", 4, 7],
    ["Second", 8, 8],
  ]);
  expect(flatSymbols(uri, symbols).map(({ name, containerName }) => [name, containerName])).toEqual([
    ["Load", undefined],
    ["Results", undefined],
    ["Results", "Results"],
    ["First", "Results"],
    ["Second", "Results"],
    ["y = 2", undefined],
    ["Cell 4", undefined],
  ]);
});

test("headings are found in a text cell that is one string, and names are free of control characters", () => {
  const { document } = mirrorOf('# %% [markdown]\n"""\n# Title \u001b[31mred\n"""\n# %% a\u0007b\nx\n');
  const [text, code] = documentSymbols(document);
  expect(text?.children?.map(({ name }) => name)).toEqual(["Title red"]);
  expect(code?.name).toBe("ab");
});

test("a cell folds to its marker, and a selection grows from its body to the document", () => {
  const { document } = mirrorOf("# %%\n1\n2\n\n# %%\n3\n");
  expect(foldingRanges(document).map(({ startLine, endLine }) => [startLine, endLine])).toEqual([
    [0, 2],
    [4, 5],
  ]);
  const inner = selectionRange(document, { line: 1, character: 0 });
  expect(inner.range).toEqual({ start: { line: 1, character: 0 }, end: { line: 2, character: 1 } });
  expect(inner.parent?.range).toEqual({ start: { line: 0, character: 0 }, end: { line: 4, character: 0 } });
  expect(inner.parent?.parent?.range.end).toEqual({ line: 6, character: 0 });
});

test("a plain client reads status, output and error from diagnostics", async () => {
  const { mirror, document } = mirrorOf("# %% sum\nfor i in x:\n    print(1/i)\n");
  mirror.apply({
    type: "execution",
    execution: { textDocument: { uri }, cellId: "c1", executionId: "e1", state: "failed", executionCount: 3, durationMs: 12 },
  });
  const error: Output = { output_type: "error", ename: "ZeroDivisionError", evalue: "division by zero", traceback: ["…"] };
  const range = { start: { line: 2, character: 10 }, end: { line: 2, character: 13 } };
  const place = { range, hint: "a hint", related: [{ range: at(1), message: "cell 1" }] };
  document.shown.set("c1", { ...(await shown([stream("1\n2\n3\n4\n5\n"), error])), errorPlace: { place, cellLine: 0 } });
  expect(
    outputDiagnostics(document, plainView).map(({ range, severity, message }) => [severity, range.start, range.end, message]),
  ).toEqual([
    [4, { line: 0, character: 8 }, { line: 0, character: 8 }, "[3] ✗ 12 ms"],
    [3, { line: 2, character: 0 }, { line: 2, character: 0 }, "… 2 more lines (nbls.openOutput shows all)\n3\n4\n5"],
    [1, range.start, range.end, "ZeroDivisionError: division by zero\na hint"],
  ]);
  const related = outputDiagnostics(document, { ...plainView, relatedInformation: true }).at(-1)?.relatedInformation;
  expect(related).toEqual([{ location: { uri, range: at(1) }, message: "cell 1" }]);
  mirror.change(uri, 2, [{ range: at(0), text: "\n\n" }]);
  document.settle();
  expect(outputDiagnostics(document, plainView).at(-1)?.range.start).toEqual({ line: 4, character: 10 });
});

test("no control character of a kernel reaches an editor: colours, cursor movement, tabs", async () => {
  const { document } = mirrorOf("# %%\n1\n");
  document.shown.set("c1", await shown([stream("\u001b[31mred\u001b[0m\ta\rb\u0008\u009b2J\u0000\n")]));
  const [diagnostic] = outputDiagnostics(document, plainView);
  // oxlint-disable-next-line no-control-regex
  expect(diagnostic?.message).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  expect(diagnostic?.message).toContain("b");
});

test("an output that the user hid is only counted", async () => {
  const { document } = mirrorOf("# %%\n1\n");
  document.shown.set("c1", await shown([stream("1\n2\n")]));
  document.hiddenOutputs.add("c1");
  expect(outputDiagnostics(document, plainView).map(({ message }) => message)).toEqual([
    "… 2 more lines (nbls.openOutput shows all)",
  ]);
});

test("one line that is not shown is no lines, in a diagnostic and in a hover", async () => {
  const { document } = mirrorOf("# %%\n1\n");
  document.shown.set("c1", await shown([stream("1\n2\n3\n4\n")]));
  const more = "… 1 more line (nbls.openOutput shows all)";
  expect(outputDiagnostics(document, plainView).map(({ message }) => message)).toEqual([`${more}\n2\n3\n4`]);
  const { contents } = cellHover(document, new CellView(document, document.cells[0]!));
  expect(contents).toMatchObject({ value: expect.stringContaining(`\n\n${more}\n\n`) });
});

test("an error of ten megabytes is not published whole, nor what is said beside it", async () => {
  const { document } = mirrorOf("# %%\n1\n");
  const error = (evalue: string): Output => ({ output_type: "error", ename: "ValueError", evalue, traceback: [] });
  const long = "\u001b[31mz".repeat(2_000_000);
  const place = { hint: long, related: [{ range: at(0), message: long }] };
  document.shown.set("c1", { ...(await shown([error(long)])), errorPlace: { place, cellLine: 0 } });
  const [diagnostic] = outputDiagnostics(document, { ...plainView, relatedInformation: true });
  expect(diagnostic?.message).toMatch(/^ValueError: z{2000,}…\n\(nbls.openOutput shows all\)\nz+…/);
  expect(JSON.stringify(diagnostic).length).toBeLessThan(15_000);
  const messageOf = async (evalue: string, bytesMax?: number) => {
    document.shown.set("c1", await shown([error(evalue)], bytesMax));
    return outputDiagnostics(document, plainView)[0]?.message;
  };
  expect(await messageOf("a\n".repeat(100))).toBe(`ValueError: ${"a\n".repeat(12).trim()}…\n(nbls.openOutput shows all)`);
  expect(await messageOf("éé", 15)).toBe("ValueError: é…\n(nbls.openOutput shows all)");
  expect(await messageOf("éé")).toBe("ValueError: éé");
});

test("hover in a cell's code shows its output too, below what the kernel says of the name", async () => {
  const { document } = mirrorOf("# %% T\nx\n");
  const valueOf = async (inspected: JsonObject | null) => {
    const hover = await codeHover(document, new CellView(document, document.cells[0]!), inspected);
    return hover === null ? null : (hover.contents as { readonly value: string }).value;
  };
  expect(await valueOf(null)).toBeNull();
  expect(await valueOf({ "text/plain": "about x" })).toBe("```text\nabout x\n```");
  document.shown.set("c1", await shown([stream("5\n")]));
  expect(await valueOf(null)).toBe("**T** · not run\n\n```text\n5\n```");
  expect(await valueOf({ "text/markdown": "[x](javascript:y) <script>" })).toBe(
    "[x]\\(javascript:y) \\<script>\n\n---\n\n**T** · not run\n\n```text\n5\n```",
  );
});

test("a hint has the last line of the output", async () => {
  const { mirror, document } = mirrorOf("# %%\nx\n");
  mirror.apply({
    type: "execution",
    execution: { textDocument: { uri }, cellId: "c1", executionId: "e1", state: "succeeded", executionCount: 3, durationMs: 420 },
  });
  document.shown.set("c1", await shown([stream("noise\n"), stream("5.0\n")]));
  expect(inlayHints(document, { start: at(0).start, end: at(9).start })).toEqual([
    { position: { line: 1, character: 1 }, label: "[3] ✓ 0.42 s → 5.0", paddingLeft: true },
  ]);
  const withHints = () => outputDiagnostics(document, { ...plainView, hasHints: true }).map(({ message }) => message);
  expect(withHints()).toEqual(["noise\n5.0"]);
  document.shown.set("c1", await shown([stream("5.0\n")]));
  expect(withHints()).toEqual([]);
});

test("hover on a cell fences its output, whatever backticks are in it", async () => {
  const { document } = mirrorOf("# %% a_b\nx\n");
  document.shown.set("c1", await shown([stream("```\n**no**\n")]));
  const { contents } = cellHover(document, new CellView(document, document.cells[0]!));
  expect(contents).toEqual({ kind: "markdown", value: "**a\\_b** · not run\n\n````text\n```\n**no**\n````" });
});

test("completions replace the kernel's range and keep its order", () => {
  const range = { start: { line: 1, character: 2 }, end: { line: 1, character: 4 } };
  const list = completionList({
    items: [
      { text: "os.path", type: "module" },
      { text: "odd", type: "toString" },
    ],
    ...range,
  });
  expect(list.items).toEqual([
    { label: "os.path", kind: 9, filterText: "os.path", sortText: "00000", textEdit: { range, newText: "os.path" } },
    { label: "odd", filterText: "odd", sortText: "00001", textEdit: { range, newText: "odd" } },
  ]);
  expect(completionList(null)).toEqual({ isIncomplete: true, items: [] });
});

test.each([
  [0.4, "0 ms"],
  [12, "12 ms"],
  [99.7, "0.10 s"],
  [420, "0.42 s"],
  [996, "1.0 s"],
  [3_140, "3.1 s"],
  [42_000, "42 s"],
  [59_700, "1 min 0 s"],
  [125_000, "2 min 5 s"],
])("%d ms read as %s", (durationMs, text) => expect(durationText(durationMs)).toBe(text));

test("no more bytes are shown than wished, and a line that is longer alone is cut between characters", async () => {
  const stream = (text: string): Output => ({ output_type: "stream", name: "stdout", text });
  const linesOf = async (text: string, bytesMax: number) => {
    const { lines, hiddenLineCount } = await shown([stream(text)], bytesMax);
    return [lines.map((line) => line.map((span) => span.text).join("")), hiddenLineCount];
  };
  expect(await linesOf("one\ntwo\nthree\n", 8)).toEqual([["two", "three"], 1]);
  expect(await linesOf("one\ntwo\nthree\n", 7)).toEqual([["three"], 2]);
  expect(await linesOf("one\néé😀\n", 6)).toEqual([["éé…"], 1]);
});
