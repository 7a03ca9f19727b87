import fc from "fast-check";
import { expect, test } from "vitest";
import { lineNow, raisedLine } from "../../server/hub/error-line.ts";
import { lcsLines } from "../../server/hub/line-map.ts";

test("lines that an edit left alone are found again", () => {
  expect(lineNow("a\nb\nc", "a\nnew\nb\nc", 1)).toBe(2);
  expect(lineNow("a\nb\nc", "a\nc", 1)).toBeUndefined();
  expect(lineNow("a\nb\nc", "x\na\nb changed\nc", 2)).toBe(3);
});

test("mapped lines are equal and keep their order", () => {
  const lines = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 30 });
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      let last = -1;
      for (const [from, to] of [...lcsLines(before, after)].sort(([a], [b]) => a - b)) {
        expect(after[to]).toBe(before[from]);
        expect(to).toBeGreaterThan(last);
        last = to;
      }
    }),
  );
});

test.each([
  [
    "IPython 9",
    [
      "\u001b[31mZeroDivisionError\u001b[39m   Traceback",
      "\u001b[36mCell\u001b[39m\u001b[36m \u001b[39m\u001b[32mIn[3]\u001b[39m\u001b[32m, line 2\u001b[39m\n      1 x\n----> 2 1/0",
    ],
    3,
    1,
  ],
  ["IPython 8.5", ["ZeroDivisionError", "Cell \u001b[0;32mIn [3], line 4\u001b[0m\n"], 3, 3],
  ["IPython 7.31", ["Input \u001b[0;32mIn [7]\u001b[0m, in \u001b[0;36m<cell line: 5>\u001b[0;34m()\u001b[0m"], 7, 4],
  ["another cell's frame only", ["Cell In[1], line 9"], 3, undefined],
  ["the innermost of two frames of the cell", ["Cell In[3], line 5\nCell In[3], line 2, in f()"], 3, 1],
] as const)("the line that raised: %s", (_, traceback, count, expected) => {
  expect(raisedLine(traceback, count)).toBe(expected);
});
