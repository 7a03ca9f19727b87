import fc from "fast-check";
import { expect, test } from "vitest";
import { lcsLines, lineNow } from "../../server/hub/line-map.ts";

test("lines that an edit left alone are found again", () => {
  expect(lineNow("a\nb\nc", "a\nnew\nb\nc", 1)).toBe(2);
  expect(lineNow("a\nb\nc", "a\nc", 1)).toBeUndefined();
  expect(lineNow("a\nb\nc", "x\na\nb changed\nc", 2)).toBe(3);
  expect(lineNow("a\nb", "if x:\n  a\n  b", 1)).toBe(2);
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
