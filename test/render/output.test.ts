import { expect, test } from "vitest";
import type { Output } from "../../server/jupyter/nbformat.ts";
import { plainText, renderOutputs } from "../../server/render/output.ts";

const everything = { columnsMax: Infinity, linesMax: Infinity, color: true };

function stream(text: string): Output {
  return { output_type: "stream", name: "stdout", text };
}

function display(data: { readonly [mediaType: string]: unknown }): Output {
  return { output_type: "display_data", data, metadata: {} };
}

function text(...outputs: Output[]): string {
  return plainText(renderOutputs(outputs, everything).lines);
}

test("a stream's colours become spans", () => {
  expect(renderOutputs([stream("a \u001b[1;31mred\u001b[0m\nb\n")], everything)).toEqual({
    lines: [[{ text: "a " }, { text: "red", fg: 1, bold: true }], [{ text: "b" }]],
    hiddenLineCount: 0,
    images: [],
  });
});

test("without colour the lines are bare text", () => {
  const { lines } = renderOutputs([stream("\u001b[31mred\u001b[0m and not")], { ...everything, color: false });
  expect(lines).toEqual([[{ text: "red and not" }]]);
});

test("only the last lines are shown, and the others counted, over all outputs", () => {
  const outputs = [stream("1\n2\n3\n"), stream("4\n5\n")];
  const rendered = renderOutputs(outputs, { ...everything, linesMax: 3 });
  expect(plainText(rendered.lines)).toBe("3\n4\n5");
  expect(rendered.hiddenLineCount).toBe(2);
});

test.each([0, 1, 2, 3, 4, 5, 6])("shown and hidden lines add up with a window of %i", (linesMax) => {
  const rendered = renderOutputs([stream("\n\na\n"), stream("b\n"), stream("")], { ...everything, linesMax });
  expect(rendered.lines.length).toBe(Math.min(linesMax, 4));
  expect(rendered.hiddenLineCount).toBe(4 - Math.min(linesMax, 4));
});

test("a colour that was set above the window still holds in it", () => {
  const rendered = renderOutputs([stream("\u001b[32mone\ntwo\nthree")], { ...everything, linesMax: 1 });
  expect(rendered.lines).toEqual([[{ text: "three", fg: 2 }]]);
});

test("a hundred megabytes of text cost no more than their last lines and a count", () => {
  const line = `${"x".repeat(99)}\n`;
  const started = performance.now();
  const rendered = renderOutputs([stream(line.repeat(1_000_000))], { ...everything, linesMax: 20 });
  expect(rendered.lines.length).toBe(20);
  expect(rendered.hiddenLineCount).toBe(999_980);
  expect(performance.now() - started).toBeLessThan(2_000);
});

test("a long line is cut to the width, with an ellipsis, by columns and not by characters", () => {
  const { lines } = renderOutputs([stream("abcdefgh\n日本語日本語\nabcdefg\n日本語e\u0301")], { ...everything, columnsMax: 7 });
  expect(plainText(lines)).toBe("abcdef…\n日本語…\nabcdefg\n日本語e\u0301");
});

test("a progress line shows what was written last", () => {
  expect(text(stream("10 %\r50 %\r100 %\ndone\r\n"))).toBe("100 %\ndone");
});

test("an error shows its traceback, and without one its name and value", () => {
  expect(text({ output_type: "error", ename: "E", evalue: "v", traceback: ["\u001b[31mTraceback\u001b[0m", "E: v"] })).toBe(
    "Traceback\nE: v",
  );
  expect(text({ output_type: "error", ename: "E", evalue: "v", traceback: [] })).toBe("E: v");
});

test("an object that prints itself well is not read from its HTML, unless that is a table", () => {
  expect(text(display({ "text/html": "<b>bold</b>", "text/plain": "well printed" }))).toBe("well printed");
  expect(text(display({ "text/html": "<table><tr><td>1</td></tr></table>", "text/plain": "well printed" }))).toBe("1");
});

test("HTML speaks where the plain text is only an object's form", () => {
  expect(text(display({ "text/html": "<b>hi</b> there", "text/plain": "<IPython.core.display.HTML object>" }))).toBe("hi there");
});

test("Markdown is laid out, also where a file holds it in lines", () => {
  expect(text(display({ "text/markdown": ["# Title\n", "*text*"], "text/plain": "<Markdown object>" }))).toBe("Title\n\ntext");
});

const png = Buffer.alloc(32);
png.writeUInt32BE(0x89504e47, 0);
png.writeUInt32BE(0x49484452, 12);
png.writeUInt32BE(640, 16);
png.writeUInt32BE(480, 20);
const gif = Buffer.concat([Buffer.from("GIF89a"), Buffer.from([3, 0, 2, 0, 0, 0])]);
const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc4, 0, 3, 9, 0xff, 0xc2, 0, 17, 8, 0, 30, 0, 40, 3]);

test.each([
  ["image/png", png.toString("base64"), "[image/png 640×480]"],
  ["image/png", `${png.toString("base64")}\n`, "[image/png 640×480]"],
  ["image/gif", gif.toString("base64"), "[image/gif 3×2]"],
  ["image/jpeg", jpeg.toString("base64"), "[image/jpeg 40×30]"],
  ["image/svg+xml", '<svg xmlns="x" width="120" height="60.4px">', "[image/svg+xml 120×60]"],
  ["image/svg+xml", '<svg viewBox="0 0 32 16"/>', "[image/svg+xml 32×16]"],
  ["image/png", "not base64 of anything", "[image/png]"],
  ["image/x-unheard-of", "AAAA", "[image/x-unheard-of]"],
])("%s is named with its size: %s", (mediaType, data, expected) => {
  expect(text(display({ [mediaType]: data, "text/plain": "<Figure size 640x480 with 1 Axes>" }))).toBe(expected);
});

test("a mime bundle without any text is named by its types", () => {
  expect(text(display({ "application/x-unheard-of": "AAAA" }))).toBe("[application/x-unheard-of]");
  expect(text(display({}))).toBe("");
});

test("a vector of R is shown as R prints it, not as the Markdown list that comes with it", () => {
  const data = {
    "text/plain": "[1] 1 2 3",
    "text/markdown": "1. 1\n2. 2\n3. 3\n",
    "text/html": "<ol><li>1</li><li>2</li><li>3</li></ol>",
  };
  const output = { output_type: "execute_result", execution_count: 1, data, metadata: {} } as const;
  expect(plainText(renderOutputs([output], { columnsMax: 80, linesMax: 10, color: false }).lines)).toBe("[1] 1 2 3");
});
