#!/usr/bin/env node
/** Puts the tables of the last conformance run and the last benchmark into the README, between their marks. */
import { build } from "esbuild";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { reportTable } from "./bench/report.mjs";

const root = join(import.meta.dirname, "..");
const cached = (name) => join(root, ".cache", name);

/** The results of the conformance suite as Markdown; the suite itself knows how. */
async function conformance() {
  const outfile = cached("bench/conformance-table.mjs");
  const entry = join(root, "test/kernel/conformance-table.ts");
  await build({ entryPoints: [entry], outfile, bundle: true, platform: "node", format: "esm", logLevel: "warning" });
  const { conformanceTable } = await import(pathToFileURL(outfile).href);
  return conformanceTable(JSON.parse(readFileSync(cached("conformance.json"), "utf8")));
}

const tables = {
  conformance: existsSync(cached("conformance.json")) ? await conformance() : undefined,
  bench: existsSync(cached("bench.json")) ? reportTable(JSON.parse(readFileSync(cached("bench.json"), "utf8"))) : undefined,
};

const file = join(root, "README.md");
let readme = readFileSync(file, "utf8");
for (const [name, table] of Object.entries(tables)) {
  if (table === undefined) {
    process.stdout.write(`${name}: not run yet\n`);
    continue;
  }
  const begin = `<!-- begin ${name} -->\n`;
  const from = readme.indexOf(begin) + begin.length;
  const to = readme.indexOf(`<!-- end ${name} -->`);
  readme = `${readme.slice(0, from)}\n${table.trimEnd()}\n\n${readme.slice(to)}`;
}
writeFileSync(file, readme);
