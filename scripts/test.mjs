#!/usr/bin/env node
/**
 * `npm test`: prepares the kernels, builds, checks, tests. Every part runs even when an earlier one failed, so that one
 * run tells all. The last line is the count of the test runner's own report.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { summarise } from "./test-summary.mjs";

const root = join(import.meta.dirname, "..");
const reportFile = join(root, ".cache/test-report.json");

function runs(title, program, ...args) {
  process.stdout.write(`\n== ${title}\n`);
  // npm and npx are scripts on Windows, which only a shell starts.
  const shell = process.platform === "win32" && program === "npm";
  return spawnSync(program, args, { cwd: root, stdio: "inherit", shell }).status === 0;
}

mkdirSync(join(root, ".cache"), { recursive: true });
rmSync(reportFile, { force: true });
const failedParts = [
  ["prepare", runs("prepare", process.execPath, "scripts/prepare-tests.mjs")],
  ["build", runs("build", process.execPath, "scripts/build.mjs")],
  ["check", runs("check", "npm", "run", "--silent", "check")],
  [
    "test",
    runs(
      "test",
      process.execPath,
      "node_modules/vitest/vitest.mjs",
      "run",
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${reportFile}`,
      ...process.argv.slice(2),
    ),
  ],
].flatMap(([name, ok]) => (ok ? [] : [name]));

if (failedParts.length > 0) {
  process.stdout.write(`\nfailed: ${failedParts.join(", ")}\n`);
  process.exitCode = 1;
}
let report = { testResults: [] };
try {
  report = JSON.parse(readFileSync(reportFile, "utf8"));
} catch (error) {
  process.stdout.write(`no report of the test runner: ${error.message}\n`);
  process.exitCode = 1;
}
const { line, ok } = summarise(report);
if (!ok) process.exitCode = 1;
process.stdout.write(`${line}\n`);
