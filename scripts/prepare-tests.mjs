#!/usr/bin/env node
/**
 * Prepares what the tests need under `.cache/` and says which pieces it could not get.
 * Quick when all is there. With NBLS_REQUIRE_ALL=1 a missing piece is a failure.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { prepareKernels } from "./prepare/kernels.mjs";

const cache = join(import.meta.dirname, "..", ".cache");
mkdirSync(cache, { recursive: true });
const kernels = prepareKernels(cache);
writeFileSync(join(cache, "kernels.json"), `${JSON.stringify(kernels, null, 2)}\n`);

let missingCount = 0;
for (const [name, { launch, missing }] of Object.entries(kernels)) {
  if (missing !== undefined) missingCount += 1;
  process.stdout.write(`${name.padEnd(12)}${launch ? launch.displayName : `missing: ${missing}`}\n`);
}
if (missingCount > 0 && process.env.NBLS_REQUIRE_ALL === "1") {
  process.stdout.write(`${missingCount} missing, and NBLS_REQUIRE_ALL=1 asks for all\n`);
  process.exitCode = 1;
}
