#!/usr/bin/env node
/**
 * `npm run bench [-- --rounds N] [case or group …]`: medians of interleaved rounds, and their ratio to a named reference of
 * the same run, and to the targets where there are any. A target that is missed is said, and a case that fails fails this.
 * Absolute numbers belong to the machine; the ratios are what to look at. Writes `.cache/bench.json`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { cases, groups } from "./bench/cases.mjs";
import { reportTable } from "./bench/report.mjs";
import { summary } from "./bench/samples.mjs";
import { root, surroundings } from "./bench/surroundings.mjs";

const { values, positionals } = parseArgs({
  options: { rounds: { type: "string", default: "7" } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !(name in cases || name in groups));
if (unknown.length > 0) {
  const known = [...Object.keys(cases), ...Object.keys(groups)].join(", ");
  process.stderr.write(`no such case or group: ${unknown.join(", ")}; there are: ${known}\n`);
  process.exit(2);
}
const wanted = new Set(positionals.length === 0 ? Object.keys(cases) : positionals.flatMap((name) => groups[name] ?? [name]));
for (const script of ["prepare-tests.mjs", "build.mjs"]) {
  const { status } = spawnSync(process.execPath, [join(root, "scripts", script)], { stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0) process.exit(1);
}

const file = join(root, ".cache/bench.json");
const results = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
for (const [name, { title, measure }] of Object.entries(cases)) {
  if (!wanted.has(name)) continue;
  const place = surroundings();
  try {
    const { reference, unit, samples, targets } = await measure(Number(values.rounds), place);
    const subjects = Object.fromEntries(Object.entries(samples).map(([subject, list]) => [subject, summary(list)]));
    results[name] = { title, reference, unit, subjects, targets };
    process.stdout.write(`\n${reportTable({ [name]: results[name] })}`);
    // After each case, so that a run that is cut short keeps what it measured.
    writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
  } catch (error) {
    process.stdout.write(`\n${title}: ${error.stack}\n`);
    process.exitCode = 1;
  } finally {
    place.remove();
  }
}
// A case that failed may have left a server or a kernel running, which would keep this process waiting for ever.
process.exit(process.exitCode ?? 0);
