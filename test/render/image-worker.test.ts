import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { PNG } from "pngjs";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { WorkerCalls } from "../../server/base/worker-calls.ts";
import type { ConvertedImage } from "../../server/render/convert-image.ts";
import { capturedData } from "./captured.ts";

const root = join(import.meta.dirname, "../..");
const file = join(root, ".cache/test-worker/image-worker.cjs");

beforeAll(async () => {
  const { bundle } = (await import(pathToFileURL(join(root, "scripts/bundle.mjs")).href)) as {
    bundle(input: { readonly entryPoints: readonly string[] }, outfile: string): Promise<void>;
  };
  await bundle({ entryPoints: ["server/image-worker.ts"] }, file);
});

function worker(timeoutMs = 20_000): WorkerCalls {
  const calls = new WorkerCalls(file, { timeoutMs, idleMs: 1_000, heapMegabytesMax: 256 });
  onTestFinished(async () => await calls.dispose());
  return calls;
}

const request = (mediaType: string, bytes: Buffer) => ({ mediaType, bytes, form: "png", width: 300, height: 300 });
const jpeg = () => request("image/jpeg", Buffer.from(capturedData("jpeg", "image/jpeg"), "base64"));
const svg = (source: string) => request("image/svg+xml", Buffer.from(source));

test("pictures are converted in a thread, one after the other, and a bad one is only itself", async () => {
  const calls = worker();
  const answers = await Promise.allSettled([
    calls.call(jpeg()),
    calls.call(svg("no picture")),
    calls.call(svg(capturedData("matplotlib-svg", "image/svg+xml"))),
  ]);
  expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  for (const answer of answers) {
    if (answer.status === "rejected") continue;
    const converted = answer.value as ConvertedImage;
    expect(PNG.sync.read(Buffer.from(converted.form === "png" ? converted.png : [])).width).toBeGreaterThan(40);
  }
});

test("a picture that takes too long is given up, and the next one is drawn", async () => {
  const calls = worker(1_500);
  // Each use draws ten times what the one before it draws.
  const uses = Array.from({ length: 9 }, (_none, level) => `<g id="g${level + 1}">${`<use href="#g${level}"/>`.repeat(10)}</g>`);
  const bomb = `<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"><defs><rect id="g0" width="9" height="9"/>${uses.join("")}</defs><use href="#g9"/></svg>`;
  await expect(calls.call(svg(bomb))).rejects.toThrow();
  await expect(calls.call(jpeg())).resolves.toMatchObject({ form: "png" });
});

test("a GIF over which its decoder loops for ever is given up", async () => {
  const calls = worker(1_500);
  // Found by fuzzing.
  const gif =
    "R0lGODdhGADQAIE6AP8AALYAAAAAAAAAACwAAAAAGBgbAHgIIgABCBxdsOzBgwgTKtXIsKG9hxAjSpxIPKKoExgzatxoMCAAIfkEDQAAAQAszwAAABgAEACBAAD/AAAAAAAAAAAACCIAAQgcSLCgIoMIEypcIbChw4eaI0qcSLGixYsYM2rcaDAgADs=";
  await expect(calls.call(request("image/gif", Buffer.from(gif, "base64")))).rejects.toThrow("no answer");
  await expect(calls.call(jpeg())).resolves.toMatchObject({ form: "png" });
});

test("a program that is not there is an error of the call", async () => {
  const calls = new WorkerCalls(join(root, "no-such-worker.cjs"), { timeoutMs: 5_000, idleMs: 100, heapMegabytesMax: 64 });
  await expect(calls.call({})).rejects.toThrow();
  await calls.dispose();
});
