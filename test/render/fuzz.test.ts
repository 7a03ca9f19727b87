import { randomInt } from "node:crypto";
import { expect, test } from "vitest";
import { captured, capturedNames } from "./captured.ts";
import { fuzzRender } from "./fuzz.ts";

const captures = capturedNames.flatMap(captured);

test("whatever a kernel sends: no throw, no control character on the screen, no unbounded time", { timeout: 120_000 }, () => {
  const seed = randomInt(2 ** 31);
  process.stdout.write(`1,000 cells folded and rendered, seed ${seed}\n`);
  expect(fuzzRender(seed, 1_000, captures), `seed ${seed}`).toEqual([]);
});
