#!/usr/bin/env node
/**
 * `npm run soak [-- cycles [N] | fuzz [N]]`: what needs more runs than a test has time for.
 * `fuzz`: N outputs of random bytes and of mutated messages, folded and rendered.
 * `cycles`: N starts and ends of a server with a kernel, and what they left behind. Without an argument: both.
 */
import { soakCycles } from "./soak/cycles.mjs";
import { soakRendering } from "./soak/rendering.mjs";

const parts = {
  fuzz: { run: soakRendering, count: 100_000 },
  cycles: { run: soakCycles, count: 200 },
};

const [name, given] = process.argv.slice(2);
const chosen = name === undefined ? Object.values(parts) : [parts[name]];
const count = given === undefined ? undefined : Number(given);
if (chosen.includes(undefined) || (count !== undefined && !(Number.isInteger(count) && count > 0))) {
  process.stderr.write(`usage: soak.mjs [${Object.keys(parts).join(" | ")} [COUNT]]\n`);
  process.exit(2);
}
// Each part runs even when an earlier one failed.
for (const part of chosen) if (!(await part.run(count ?? part.count))) process.exitCode = 1;
