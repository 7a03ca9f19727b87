import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { BlobStore } from "../../server/hub/blobs.ts";
import { collectBlobs } from "../../server/hub/blob-collection.ts";
import { DiskSync } from "../../server/hub/disk-sync.ts";
import { tempDirectory } from "../real-kernels.ts";
import { openStore } from "./open-store.ts";

const open = (state = tempDirectory()) => ({ state, folder: join(state, "blobs"), blobs: new BlobStore(state, new DiskSync()) });
const longAgo = new Date(0);

test("bytes come back as they were, under one name for one content", () => {
  const { blobs, folder } = open();
  const ids = new Set<string>();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const id = blobs.put(bytes);
      ids.add(id);
      expect(blobs.read(id)).toEqual(Buffer.from(bytes));
      expect(new BlobStore(join(folder, ".."), new DiskSync()).put(bytes)).toBe(id);
    }),
  );
  expect(new Set(readdirSync(folder))).toEqual(ids);
});

test("a PNG's file says that it is one", () => {
  const { blobs } = open();
  const png = Buffer.from("89504e470d0a1a0a00", "hex");
  expect(blobs.path(blobs.put(png))).toMatch(/\/[0-9a-f]{64}\.png$/);
  expect(blobs.put(Buffer.from("text"))).toMatch(/^[0-9a-f]{64}$/);
});

test.each(["../../precious", "/etc/passwd", "", "0".repeat(63), `${"0".repeat(64)}/../precious`, `${"0".repeat(64)}.jpg`])(
  "the forged id %j leads to no file",
  (id) => {
    const { blobs } = open();
    expect(blobs.read(id)).toBeUndefined();
    expect(() => blobs.path(id)).toThrow("is no blob");
  },
);

test("a link that was planted in the store is neither read nor written through", () => {
  const { state, folder, blobs } = open();
  const id = blobs.put(Buffer.from("picture"));
  const precious = join(state, "precious");
  writeFileSync(precious, "private");
  renameSync(join(folder, id), join(folder, "moved"));
  symlinkSync(precious, join(folder, id));
  expect(blobs.read(id)).toBeUndefined();
  expect(blobs.put(Buffer.from("picture"))).toBe(id);
  expect(readFileSync(precious, "utf8")).toBe("private");
  expect(lstatSync(join(folder, id)).isSymbolicLink()).toBe(false);
  expect(blobs.read(id)?.toString()).toBe("picture");
});

test("what was damaged on disk is no blob any more, and is written anew", () => {
  const { folder, blobs } = open();
  const id = blobs.put(Buffer.from("picture"));
  writeFileSync(join(folder, id), "half");
  expect(blobs.read(id)).toBeUndefined();
  blobs.put(Buffer.from("picture"));
  expect(blobs.read(id)?.toString()).toBe("picture");
});

test("a folder in a blob's place is refused, and nothing half-written stays", () => {
  const { folder, blobs } = open();
  const id = blobs.put(Buffer.from("picture"));
  renameSync(join(folder, id), join(folder, "moved"));
  mkdirSync(join(folder, id));
  expect(() => blobs.put(Buffer.from("picture"))).toThrow(id);
  expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

test("only what nothing refers to and nobody has put lately is collected", () => {
  const { folder, blobs } = open();
  const [used, unused, fresh] = ["used", "unused", "fresh"].map((text) => blobs.put(Buffer.from(text)));
  for (const id of [used, unused]) utimesSync(join(folder, id ?? ""), longAgo, longAgo);
  writeFileSync(join(folder, "not ours"), "");
  utimesSync(join(folder, "not ours"), longAgo, longAgo);
  expect(blobs.collect(new Set([used ?? ""]))).toBe(1);
  expect(new Set(readdirSync(folder))).toEqual(new Set([used, fresh, "not ours"]));
  expect(blobs.read(unused ?? "")).toBeUndefined();
  utimesSync(join(folder, fresh ?? ""), longAgo, longAgo);
  blobs.put(Buffer.from("fresh"));
  expect(blobs.collect(new Set([used ?? ""]))).toBe(0);
});

test("a collection that was killed half-way loses nothing that is used", () => {
  const { folder, blobs } = open();
  const id = blobs.put(Buffer.from("picture"));
  renameSync(join(folder, id), join(folder, `${id}.leaving`));
  expect(blobs.read(id)?.toString()).toBe("picture");
  blobs.collect(new Set([id]), 0);
  expect(readdirSync(folder)).toEqual([id]);
});

test("blobs that a log refers to are never collected, whatever else there is", () => {
  const text = fc.string({ minLength: 20, maxLength: 40 });
  fc.assert(
    fc.property(fc.array(fc.tuple(text, fc.boolean()), { maxLength: 12 }), (displays) => {
      const limits = { inlineDataMax: 16, blobCacheMax: 0 };
      const first = openStore(tempDirectory(), limits);
      const { stateDirectory, blobs, store, start } = first;
      const run = start("kept");
      const dropped = start("dropped");
      for (const [data, isKept] of displays) (isKept ? run : dropped).message("display_data", { data: { "text/html": data } });
      store.forgetOutputs("dropped");
      store.close();
      const folder = join(stateDirectory, "blobs");
      if (displays.length > 0) for (const name of readdirSync(folder)) utimesSync(join(folder, name), longAgo, longAgo);
      collectBlobs(stateDirectory, blobs);
      const kept = displays.filter(([, isKept]) => isKept).map(([data]) => data);
      const again = openStore(stateDirectory, limits);
      const shown = again.folds.stored("kept")().outputs();
      expect(shown.map((output) => "data" in output && output.data["text/html"])).toEqual(kept);
      expect(again.problems).toEqual([]);
      const names = displays.length > 0 ? readdirSync(folder).filter((name) => name !== "collected") : [];
      expect(names).toHaveLength(new Set(kept).size);
    }),
    { numRuns: 30 },
  );
});
