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
