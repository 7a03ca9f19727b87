import { createRequire } from "node:module";
import { randomInt } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "../..");
/** So many at a time, so that something is seen of it. */
const stride = 10_000;

/** Folds and renders `runs` cells of random bytes and of mutated captures; says what went wrong, and the seed. */
export async function soakRendering(runs) {
  const outfile = join(root, ".cache/soak/fuzz.cjs");
  mkdirSync(join(root, ".cache/soak"), { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: ["test/render/fuzz.ts"],
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    logLevel: "warning",
  });
  const { fuzzRender } = createRequire(import.meta.url)(outfile);
  const folder = join(root, "fixtures/outputs");
  const captures = readdirSync(folder).flatMap((name) => JSON.parse(readFileSync(join(folder, name), "utf8")));
  const seed = randomInt(2 ** 31);
  for (let done = 0; done < runs; done += stride) {
    const failures = fuzzRender(seed + done, Math.min(stride, runs - done), captures);
    for (const failure of failures) process.stdout.write(`rendering, seed ${seed + done}, ${failure}\n`);
    if (failures.length > 0) return false;
  }
  process.stdout.write(`${runs.toLocaleString("en")} cells folded and rendered, seed ${seed}\n`);
  return true;
}
