import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Kernel → check → "pass", "n/a: why" or "fail", in the order in which the checks run. */
export interface ConformanceResults {
  readonly [kernel: string]: { readonly [check: string]: string };
}

const cache = join(import.meta.dirname, "..", "..", ".cache");
const resultsFile = join(cache, "conformance.json");
/** The table as the README has it. */
const tableFile = join(cache, "conformance.md");

/** Keeps what this run found out, as data and as a table; kernels that it did not see stay as they were. */
export function saveConformance(results: ConformanceResults): void {
  mkdirSync(cache, { recursive: true });
  const all = { ...readConformance(), ...results };
  writeFileSync(resultsFile, `${JSON.stringify(all, undefined, 2)}\n`);
  writeFileSync(tableFile, conformanceTable(all));
}

/** What the last runs found out; empty before the first. */
function readConformance(): ConformanceResults {
  try {
    return JSON.parse(readFileSync(resultsFile, "utf8")) as ConformanceResults;
  } catch {
    return {};
  }
}

/** A Markdown table, checks down and kernels across, with the reasons of what is not applicable below it. */
export function conformanceTable(results: ConformanceResults): string {
  const kernels = Object.keys(results);
  const checks = [...new Set(kernels.flatMap((kernel) => Object.keys(results[kernel] ?? {})))];
  const notes: string[] = [];
  const cell = (kernel: string, check: string): string => {
    const result = results[kernel]?.[check] ?? "";
    if (result === "pass") return "✓";
    if (!result.startsWith("n/a: ")) return result;
    const note = result.slice("n/a: ".length);
    if (!notes.includes(note)) notes.push(note);
    return `n/a ${notes.indexOf(note) + 1}`;
  };
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rows = checks.map((check) => row([check, ...kernels.map((kernel) => cell(kernel, check))]));
  return [
    row(["Check", ...kernels]),
    row(["---", ...kernels.map(() => "---")]),
    ...rows,
    "",
    ...notes.map((note, index) => `${index + 1}. ${note}`),
    "",
  ].join("\n");
}
