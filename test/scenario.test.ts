// @module-tag process
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runScenario } from "./lsp/scenario.ts";

const folder = join(import.meta.dirname, "scenarios");

test.each(readdirSync(folder))("%s", { timeout: 60_000 }, async (name) => {
  const path = join(folder, name);
  await expect(await runScenario(readFileSync(path, "utf8"))).toMatchFileSnapshot(path);
});
