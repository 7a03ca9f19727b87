import { expect, test } from "vitest";
import { jsonLines } from "../../server/render/json.ts";
import { plainText } from "../../server/render/span.ts";
import { captured, display, shown } from "./captured.ts";

const folded = (value: unknown, height = 20) => plainText(jsonLines(value, { width: 80, height }));

test("JSON that a kernel sent is folded where it is long", () => {
  expect(shown(captured("json"))).toMatchInlineSnapshot(`
    "{
      "name": "nbls",
      "list": [
        0,
        1,
        2,
        3,
        4,
        5,
        6,
        7,
        8,
        9,
        … 30 more
      ],
      "nested": { "a": null, "b": true }
    }"
  `);
});

test("keys, texts, numbers and words have colours", () => {
  expect(jsonLines({ a: ["x", 1, null] }, { width: 80, height: 20 })).toEqual([
    [{ text: "{" }],
    [
      { text: "  " },
      { text: '"a"', fg: 4 },
      { text: ": " },
      { text: "[" },
      { text: '"x"', fg: 2 },
      { text: ", " },
      { text: "1", fg: 3 },
      { text: ", " },
      { text: "null", fg: 5 },
      { text: "]" },
    ],
    [{ text: "}" }],
  ]);
});

test("inner values are folded first, and a fold says how much it holds", () => {
  const rows = Array.from({ length: 8 }, (_none, index) => ({ index, values: Array.from({ length: 30 }, () => "a long text") }));
  expect(folded(rows, 10)).toContain("{… 2 keys}");
  expect(folded(rows, 10)).toContain("… 3 more");
});

test("everything is there where all is wanted", () => {
  const value = { list: Array.from({ length: 500 }, (_none, index) => `entry ${index}`) };
  expect(JSON.parse(folded(value, Infinity))).toEqual(value);
});

test("a value nested deeper than the stack is folded, not fatal", () => {
  let value: unknown = 1;
  for (let depth = 0; depth < 100_000; depth += 1) value = [value];
  expect(folded(value)).toContain("[… 1 item]");
  expect(folded(value, Infinity)).toContain("[… 1 item]");
});

test("vendors' types built on JSON are read, and the plain type goes first", () => {
  expect(shown([display({ "application/vnd.x.v1+json": { b: 1 }, "application/json": { a: 1 } })])).toBe('{ "a": 1 }');
  expect(shown([display({ "application/vnd.x.v1+json": ['{"b"', ": 1}"] })])).toBe('{ "b": 1 }');
});
