#!/usr/bin/env node
/**
 * Prepares what the tests need under `.cache/` and says which pieces it could not get.
 * Quick when all is there. With NBLS_REQUIRE_ALL=1 a missing piece is a failure.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { prepareEditors } from "./prepare/editors.mjs";
import { prepareKernels } from "./prepare/kernels.mjs";
import { prepareKitty } from "./prepare/kitty.mjs";

const cache = join(import.meta.dirname, "..", ".cache");
mkdirSync(cache, { recursive: true });
let missingCount = 0;

/** Keeps a list for the tests to read, and prints it. */
function tell(file, pieces) {
  writeFileSync(join(cache, file), `${JSON.stringify(pieces, null, 2)}\n`);
  for (const [name, { launch, missing }] of Object.entries(pieces)) {
    if (missing !== undefined) missingCount += 1;
    process.stdout.write(`${name.padEnd(18)}${launch ? (launch.displayName ?? launch.version) : `missing: ${missing}`}\n`);
  }
}

tell("kernels.json", prepareKernels(cache));
tell("editors.json", prepareEditors(cache));
tell("kitty.json", prepareKitty(cache));
if (missingCount > 0 && process.env.NBLS_REQUIRE_ALL === "1") {
  process.stdout.write(`${missingCount} missing, and NBLS_REQUIRE_ALL=1 asks for all\n`);
  process.exitCode = 1;
}
