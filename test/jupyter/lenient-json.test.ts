import fc from "fast-check";
import { expect, test } from "vitest";
import { readJson } from "../../server/jupyter/lenient-json.ts";

function read(text: string | Buffer): unknown {
  return readWithSteps(text).value;
}

function readWithSteps(text: string | Buffer): { readonly value: unknown; readonly steps: number } {
  const reading = readJson(Buffer.from(text));
  for (let steps = 0; ; steps += 1) {
    const { done, value } = reading.next();
    if (done === true) return { value, steps };
  }
}

test("any JSON reads as JSON.parse reads it, compact or indented", () => {
  fc.assert(
    fc.property(fc.jsonValue({ depthSize: "large" }), fc.constantFrom("", "\t", "  \r\n"), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      expect(read(text)).toEqual(JSON.parse(text));
    }),
  );
});

test("a string longer than a piece keeps every escape and character at the seams", () => {
  const part = fc.constantFrom("\\n", '\\"', "\\\\", "\\u00e9", "\\ud83d\\ude00", "é", "😀", "plain ", "x".repeat(40_000));
  fc.assert(
    fc.property(fc.array(part, { minLength: 4, maxLength: 12 }), fc.nat(5), (parts, shift) => {
      const text = `"${"s".repeat(shift)}${parts.join("").repeat(3)}"`;
      expect(read(text)).toBe(JSON.parse(text));
    }),
    { numRuns: 60 },
  );
});

test("what is not JSON is a SyntaxError, and nothing else is read as another value", () => {
  const damage = fc.tuple(fc.jsonValue(), fc.nat(), fc.constantFrom("", "]", "}", ",", '"', "\\", ":", "x", "1"));
  fc.assert(
    fc.property(damage, ([value, at, insert]) => {
      const text = JSON.stringify(value);
      const cut = at % (text.length + 1);
      const damaged = text.slice(0, cut) + insert + text.slice(cut + 1);
      let expected: unknown;
      try {
        expected = JSON.parse(damaged);
      } catch {
        expected = SyntaxError;
      }
      if (expected === SyntaxError) expect(() => read(damaged)).toThrow(SyntaxError);
      else expect(read(damaged)).toEqual(expected);
    }),
    { numRuns: 2_000 },
  );
});

test("NaN and Infinity of Python's json are numbers, and text in strings stays text", () => {
  expect(read('{"a": NaN, "b": [Infinity, -Infinity, -0.5e3], "c": "NaN"}')).toEqual({
    a: Number.NaN,
    b: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -500],
    c: "NaN",
  });
});

test("a member named __proto__ is a member and not the prototype", () => {
  const value = read('{"__proto__": {"polluted": true}}');
  expect(Object.keys(value as object)).toEqual(["__proto__"]);
  expect((value as { polluted?: boolean }).polluted).toBeUndefined();
});

test("100,000 nested arrays do not exhaust the stack", () => {
  const depth = 100_000;
  let value = read("[".repeat(depth) + "]".repeat(depth));
  let levels = 0;
  for (; Array.isArray(value); value = value[0]) levels += 1;
  expect(levels).toBe(depth);
});

test("a large text is read in many short steps", () => {
  const numbers = JSON.stringify(Array.from({ length: 200_000 }, (_, index) => index * 1.5));
  expect(readWithSteps(numbers).steps).toBeGreaterThan(numbers.length / 100_000);
  const image = JSON.stringify({ "image/png": "A".repeat(5_000_000) });
  expect(readWithSteps(image).steps).toBeGreaterThan(50);
});
