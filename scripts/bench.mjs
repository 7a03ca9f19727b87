#!/usr/bin/env node
/**
 * `npm run bench [-- --rounds N] [case …]`: medians of interleaved rounds, and their ratio to a named reference of the same run.
 * Absolute numbers belong to the machine; the ratios are what to look at. Writes `.cache/bench.json`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { cases } from "./bench/cases.mjs";
import { reportTable } from "./bench/report.mjs";
import { summary } from "./bench/samples.mjs";
import { root, surroundings } from "./bench/surroundings.mjs";

const { values, positionals } = parseArgs({
  options: { rounds: { type: "string", default: "7" } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !(name in cases));
if (unknown.length > 0) {
  process.stderr.write(`no such case: ${unknown.join(", ")}; there are: ${Object.keys(cases).join(", ")}\n`);
  process.exit(2);
}
for (const script of ["prepare-tests.mjs", "build.mjs"]) {
  const { status } = spawnSync(process.execPath, [join(root, "scripts", script)], { stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0) process.exit(1);
}

const file = join(root, ".cache/bench.json");
const results = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
for (const [name, { title, measure }] of Object.entries(cases)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const place = surroundings();
  try {
    const { reference, unit, samples } = await measure(Number(values.rounds), place);
    const subjects = Object.fromEntries(Object.entries(samples).map(([subject, list]) => [subject, summary(list)]));
    results[name] = { title, reference, unit, subjects };
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
