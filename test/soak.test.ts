// @module-tag process
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";

test("20 starts and stops leave no process, file or socket behind", { tags: ["kernel"], timeout: 180_000 }, async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, "../scripts/soak.mjs"), "cycles", "20"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      said += chunk;
    });
  }
  const [code] = (await once(child, "close")) as [number | null];
  expect({ code, said }).toEqual({ code: 0, said: expect.stringMatching(/nothing left behind|skipped/) });
});
