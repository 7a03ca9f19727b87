/**
 * One line of counts from vitest's JSON report, and whether all is well.
 * A file that did not even load has no tests in the report; it counts as one failure.
 */
export function summarise(report) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const file of report.testResults) {
    if (file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed")) counts.failed += 1;
    for (const test of file.assertionResults) counts[test.status in counts ? test.status : "skipped"] += 1;
  }
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
  return { line: `${counts.passed} passed, ${counts.failed} failed${skipped}`, ok: counts.failed === 0 && counts.passed > 0 };
}
