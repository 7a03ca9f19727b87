import fc from "fast-check";
import { expect, test } from "vitest";
import { OutputFold, type FoldWindow } from "../../server/outputs/fold.ts";
import { linesBetween, plainTextOf } from "../../server/outputs/plain-text.ts";
import type { TextStore } from "../../server/outputs/text-log.ts";

/** Text with enough lines that some are settled, and some that are not complete, coloured or empty. */
const text = fc
  .tuple(
    fc.constantFrom("a\n", "\n", "long line ".repeat(30) + "\n", "\u001b[31mred\n"),
    fc.nat({ max: 300 }),
    fc.constantFrom("", "open"),
  )
  .map(([line, count, open]) => line.repeat(count) + open);
const message = fc.oneof(
  fc.tuple(fc.constant("stream"), fc.record({ name: fc.constantFrom("stdout", "stderr"), text })),
  fc.tuple(
    fc.constant("display_data"),
    fc.record({ data: fc.record({ "text/plain": fc.constantFrom("", "x", "x\n", "x\ny\n\n") }) }),
  ),
  fc.tuple(
    fc.constant("error"),
    fc.record({ ename: fc.constant("E"), evalue: fc.constant("v"), traceback: fc.constant(["a", "b"]) }),
  ),
);

function folded(messages: readonly (readonly [string, object])[]): OutputFold {
  const stored: string[] = [];
  const store: TextStore = { append: (block) => stored.push(block) - 1, read: (handle) => stored[handle] ?? "" };
  const fold = new OutputFold(1e9, store);
  for (const [type, content] of messages) fold.apply(type, { ...content });
  return fold;
}

function pagesOf(fold: OutputFold, lengthMax: number): FoldWindow[] {
  const pages: FoldWindow[] = [];
  for (let from: FoldWindow["next"] = { output: 0, line: 0 }; from !== undefined; from = pages.at(-1)?.next)
    pages.push(fold.window({ from, lengthMax }));
  return pages;
}

test("pages of outputs, one after the other, are the outputs", () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 6 }), fc.integer({ min: 1, max: 20_000 }), (messages, lengthMax) => {
      const fold = folded(messages);
      const joined = fold.outputs().map((output) => (output.output_type === "stream" ? { ...output, text: "" } : undefined));
      for (const { outputs, firstOutput } of pagesOf(fold, lengthMax)) {
        for (const [offset, output] of outputs.entries()) {
          const stream = joined[firstOutput + offset];
          if (output.output_type === "stream" && stream !== undefined) stream.text += output.text;
          else expect(output).toEqual(fold.outputs()[firstOutput + offset]);
        }
      }
      const streams = fold.outputs().map((output) => (output.output_type === "stream" ? output : undefined));
      expect(joined).toEqual(streams);
    }),
  );
});

test("lines asked for by their numbers are those of the whole text", () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 6 }), fc.nat({ max: 900 }), fc.nat({ max: 400 }), (messages, offset, limit) => {
      const fold = folded(messages);
      const lines = plainTextOf(fold.outputs()).split("\n");
      if (lines.at(-1) === "") lines.pop();
      const expected = { text: lines.slice(offset, offset + limit).join("\n"), lineCount: lines.length };
      expect(linesBetween(fold.texts(), offset, limit)).toEqual(expected);
    }),
  );
});

test("a page of a long text costs the page: of the blocks on disk only those it stands in are read", () => {
  const stored: string[] = [];
  let read = 0;
  const store: TextStore = {
    append: (block) => stored.push(block) - 1,
    read: (handle) => {
      read += stored[handle]?.length ?? 0;
      return stored[handle] ?? "";
    },
  };
  const fold = new OutputFold(1e9, store);
  // As a kernel sends it that collects what was printed: in one piece.
  const line = (index: number) => `line ${index}`.padEnd(99);
  const whole = Array.from({ length: 200_000 }, (_, index) => line(index)).join("\n");
  fold.apply("stream", { name: "stdout", text: whole });
  expect(linesBetween(fold.texts(), 100_000, 3).text).toBe([100_000, 100_001, 100_002].map(line).join("\n"));
  const { outputs } = fold.window({ from: { output: 0, line: 50_000 }, lengthMax: 1_000 });
  expect(outputs).toHaveLength(1);
  expect(read).toBeGreaterThan(0);
  expect(read).toBeLessThan(1_000_000);
});
