// @module-tag process
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { BlobStore } from "../../server/hub/blobs.ts";
import { DiskSync } from "../../server/hub/disk-sync.ts";
import { tempDirectory } from "../real-kernels.ts";

/** Puts blobs that a collection is about to remove, each for the last moment, and looks whether they are there. */
const writer = (root: string) => `
import { utimesSync } from "node:fs";
import { BlobStore } from ${JSON.stringify(join(root, "server/hub/blobs.ts"))};
const blobs = new BlobStore(process.argv[2], { written() {} });
let lost = 0;
for (let round = 0; round < 2_000; round += 1) {
  const bytes = Buffer.from(process.argv[3] + (round % 5));
  const id = blobs.put(bytes);
  try { utimesSync(blobs.path(id), 0, 0); } catch {}
  if (blobs.put(bytes) !== id || blobs.read(id)?.equals(bytes) !== true) lost += 1;
}
process.exit(lost === 0 ? 0 : 1);
`;

test("processes that put a blob while others collect it never miss it", async () => {
  const directory = tempDirectory();
  const program = join(directory, "writer.mjs");
  const root = join(import.meta.dirname, "../..");
  const stdin = { contents: writer(root), resolveDir: root, loader: "ts" } as const;
  await build({ stdin, bundle: true, platform: "node", format: "esm", outfile: program, logLevel: "silent" });
  const state = join(directory, "state");
  const writers = ["a", "b"].map((name) => spawn(process.execPath, [program, state, name], { stdio: "inherit" }));
  let running = writers.length;
  const ends = writers.map(async (child) => {
    const [code] = (await once(child, "exit")) as [number | null];
    running -= 1;
    return code;
  });
  const blobs = new BlobStore(state, new DiskSync());
  while (running > 0) {
    blobs.collect(new Set());
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await Promise.all(ends)).toEqual([0, 0]);
});
