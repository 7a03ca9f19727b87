import { expect, test } from "vitest";
import { reportTable } from "../scripts/bench/report.mjs";

const subject = (p50: number) => ({ p50, p95: 2 * p50 });

test("a benchmark says of each target whether the median meets it, of the reference or of another subject", () => {
  const table = reportTable({
    delay: {
      title: "delay",
      reference: "raw",
      unit: "ms",
      subjects: { ours: subject(12), raw: subject(10), plain: subject(100) },
      targets: [
        { subject: "ours", timesMax: 1.2 },
        { subject: "ours", overMax: 1 },
        { subject: "ours", of: "plain", timesMax: 0.1 },
        { subject: "plain", of: "ours", overMax: 90 },
      ],
    },
  });
  expect(table.split("\n").slice(2)).toEqual([
    "| delay | ours | 12.0 ms | 24.0 ms | 1.20 ×, +2.00 ms | ≤ 1.2 ×: met; ≤ +1 ms: **missed**; ≤ 0.1 × of plain: **missed** |",
    "|  | raw | 10.0 ms | 20.0 ms | reference |  |",
    "|  | plain | 100 ms | 200 ms | 10.00 ×, +90.0 ms | ≤ +90 ms of ours: met |",
    "",
  ]);
});

test("a benchmark of several programs compares each with its own reference, at the quantile that its target is about", () => {
  const table = reportTable({
    typing: {
      title: "typing",
      reference: { one: "one alone", two: "two alone" },
      unit: "ms",
      subjects: {
        one: { p50: 10, p95: 12 },
        "one alone": { p50: 8, p95: 10 },
        two: { p50: 1, p95: 9 },
        "two alone": { p50: 1, p95: 2 },
      },
      targets: [
        { subject: "one", at: "p95", timesMax: 1.5 },
        { subject: "two", at: "p95", timesMax: 1.5 },
      ],
    },
  });
  expect(table.split("\n").slice(2)).toEqual([
    "| typing | one | 10.0 ms | 12.0 ms | 1.25 ×, +2.00 ms | p95 ≤ 1.5 ×: met |",
    "|  | one alone | 8.00 ms | 10.0 ms | reference |  |",
    "|  | two | 1.00 ms | 9.00 ms | 1.00 ×, +0.00 ms | p95 ≤ 1.5 ×: **missed** |",
    "|  | two alone | 1.00 ms | 2.00 ms | reference |  |",
    "",
  ]);
});
