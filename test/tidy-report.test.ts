import { expect, test } from "vitest";
import { summarise } from "../scripts/test-summary.mjs";

const file = (status: string, ...tests: string[]) => ({ status, assertionResults: tests.map((each) => ({ status: each })) });

test("the last line counts tests", () => {
  expect(summarise({ testResults: [file("passed", "passed", "passed"), file("failed", "passed", "failed")] })).toEqual({
    line: "3 passed, 1 failed",
    ok: false,
  });
});

test("skipped tests are counted where there are any, whatever the reason", () => {
  expect(summarise({ testResults: [file("passed", "passed", "pending", "todo", "skipped")] })).toEqual({
    line: "1 passed, 0 failed, 3 skipped",
    ok: true,
  });
});

test("a file that does not load is a failure, though none of its tests is in the report", () => {
  expect(summarise({ testResults: [file("passed", "passed"), file("failed")] })).toEqual({
    line: "1 passed, 1 failed",
    ok: false,
  });
});

test("no tests at all are no success", () => {
  expect(summarise({ testResults: [] })).toEqual({ line: "0 passed, 0 failed", ok: false });
});
