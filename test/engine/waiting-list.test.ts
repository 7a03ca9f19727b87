import fc from "fast-check";
import { expect, test } from "vitest";
import type { Execution } from "../../server/engine/execution.ts";
import { WaitingList } from "../../server/engine/waiting-list.ts";
import { OutputFold } from "../../server/outputs/fold.ts";

function execution(id: string, cellId: string, origin: "user" | "automatic"): Execution {
  return {
    id,
    notebookKey: "a.py",
    cellId,
    source: "",
    mayFail: false,
    origin,
    allowStdin: false,
    timeoutMs: 0,
    fold: new OutputFold(1),
    state: "queued",
    executionCount: null,
  };
}

test("runs of a user go before automatic ones, each first come first served, a cell once", () => {
  const step = fc.record({
    cellId: fc.constantFrom("a", "b", "c"),
    origin: fc.constantFrom("user" as const, "automatic" as const),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const list = new WaitingList();
      let expected: Execution[] = [];
      for (const [index, { cellId, origin }] of steps.entries()) {
        const added = execution(String(index), cellId, origin);
        expect(list.add(added)).toBe(expected.find((other) => other.cellId === cellId));
        expected = [...expected.filter((other) => other.cellId !== cellId), added];
      }
      expected = [
        ...expected.filter(({ origin }) => origin === "user"),
        ...expected.filter(({ origin }) => origin === "automatic"),
      ];
      expect(list.all()).toEqual(expected);
      expect(Array.from({ length: expected.length }, () => list.take())).toEqual(expected);
      expect(list.take()).toBeUndefined();
    }),
  );
});

test("one that is put back runs next", () => {
  const list = new WaitingList();
  const [first, second] = [execution("1", "a", "user"), execution("2", "b", "user")];
  list.add(first);
  list.add(second);
  const taken = list.take();
  if (taken !== undefined) list.putBack(taken);
  expect(list.all()).toEqual([first, second]);
});
