import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { parentPort } from "node:worker_threads";
import { convertImage, type ImageRequest } from "./render/convert-image.ts";
import { SvgDecoder } from "./render/decode-svg.ts";

/**
 * A thread: pictures are decoded here, so that none, however large or hostile, keeps a door from answering. It is started
 * when the first one has to be, so that the decoders cost nothing before.
 */
const svg = new SvgDecoder({
  module: async () => await readFile(createRequire(import.meta.filename).resolve("@resvg/resvg-wasm/index_bg.wasm")),
  fonts: async () => {
    const found = await Promise.allSettled(fontFiles.map(async (path) => await readFile(path)));
    return found.flatMap((result) => (result.status === "fulfilled" ? [result.value] : [])).slice(0, 2);
  },
});

/** A plain font of each usual system; the first two that are there are enough for the labels of plots. */
const fontFiles = [
  "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
  "/usr/share/fonts/TTF/DejaVuSans.ttf",
  "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf",
  "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf",
  "/usr/share/fonts/liberation-sans/LiberationSans-Regular.ttf",
  "/usr/share/fonts/noto/NotoSans-Regular.ttf",
  "/System/Library/Fonts/Supplemental/Arial.ttf",
  "C:\\Windows\\Fonts\\arial.ttf",
];

parentPort?.on("message", (message: { readonly id: number; readonly request: ImageRequest }) => {
  convertImage(message.request, svg).then(
    (result) => parentPort?.postMessage({ id: message.id, result }),
    (error: unknown) => {
      parentPort?.postMessage({ id: message.id, error: error instanceof Error ? error.message : String(error) });
    },
  );
});
