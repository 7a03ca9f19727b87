import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OutputFold } from "../../server/outputs/fold.ts";

describe("outputs", () => {
  test("text of the same stream is one output, and another stream begins a new one", () => {
    const fold = new OutputFold(1_000);
    for (const [name, text] of [
      ["stdout", "a"],
      ["stdout", "b"],
      ["stderr", "c"],
      ["stdout", "d"],
    ])
      fold.apply("stream", { name, text });
    expect(fold.outputs().map((output) => output.output_type === "stream" && `${output.name} ${output.text}`)).toEqual([
      "stdout ab",
      "stderr c",
      "stdout d",
    ]);
  });

  test("clear_output with wait keeps the old output until the next one comes", () => {
    const fold = new OutputFold(1_000);
    fold.apply("stream", { name: "stdout", text: "old" });
    expect(fold.apply("clear_output", { wait: true })).toBe(false);
    expect(fold.outputs()).toHaveLength(1);
    fold.apply("stream", { name: "stdout", text: "new" });
    expect(fold.outputs()).toEqual([{ output_type: "stream", name: "stdout", text: "new" }]);
  });

  test("update_display_data changes the display where it stands", () => {
    const fold = new OutputFold(1_000);
    fold.apply("display_data", { data: { "text/plain": "1" }, metadata: {}, transient: { display_id: "d" } });
    fold.apply("stream", { name: "stdout", text: "between" });
    fold.apply("update_display_data", { data: { "text/plain": ["2", "!"] }, metadata: {}, transient: { display_id: "d" } });
    expect(fold.outputs()[0]).toEqual({ output_type: "display_data", data: { "text/plain": "2!" }, metadata: {} });
  });

  test("a window of the last lines says how many it hides", () => {
    const fold = new OutputFold(10_000);
    for (let line = 0; line < 100; line += 1) fold.apply("stream", { name: "stdout", text: `${line}\n` });
    const window = fold.window({ tailLines: 3 });
    expect(window).toEqual({
      outputs: [{ output_type: "stream", name: "stdout", text: "97\n98\n99\n" }],
      firstOutput: 0,
      firstLine: 97,
      hiddenLineCount: 97,
      clearCount: 0,
      settledLineCount: 0,
    });
    expect(fold.window({ from: { output: 0, line: 98 } }).outputs).toEqual([
      { output_type: "stream", name: "stdout", text: "98\n99\n" },
    ]);
  });

  test("text past the limit is dropped behind a marker", () => {
    const fold = new OutputFold(1_048_576);
    fold.apply("stream", { name: "stdout", text: "x".repeat(1_048_577) });
    expect(fold.apply("stream", { name: "stdout", text: "more" })).toBe(false);
    expect(JSON.stringify(fold.outputs())).toContain("output limit of 1 MB reached");
  });

  test("content of the wrong types does no harm", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("stream", "display_data", "execute_result", "error", "update_display_data", "clear_output", "x"),
        fc.dictionary(fc.constantFrom("name", "text", "data", "metadata", "transient", "traceback", "wait"), fc.anything()),
        (type, content) => {
          const fold = new OutputFold(1_000);
          fold.apply(type, content);
          fold.outputs();
        },
      ),
    );
  });
});

test("what is saved of a long stream comes in parts of whole lines", () => {
  const fold = new OutputFold(10_000_000);
  const text = `${"0123456789\n".repeat(60_000)}open`;
  fold.apply("stream", { name: "stdout", text });
  fold.apply("stream", { name: "stderr", text: "short\n" });
  const [long, short] = fold.outputsInParts();
  const parts = [...(long?.output_type === "stream" ? (long.parts?.() ?? []) : [])];
  expect(parts.length).toBeGreaterThan(2);
  expect(parts.slice(0, -1).every((part) => part.endsWith("\n"))).toBe(true);
  expect(parts.join("")).toBe(text);
  expect([long, short]).toEqual(fold.outputs());
  expect(short).not.toHaveProperty("parts");
});
