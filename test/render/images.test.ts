import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { crc32, deflateSync } from "node:zlib";
import { PNG } from "pngjs";
import { describe, expect, test } from "vitest";
import { convertImage, type ConvertedImage, type ImageRequest } from "../../server/render/convert-image.ts";
import { decodeImage } from "../../server/render/decode-image.ts";
import { SvgDecoder } from "../../server/render/decode-svg.ts";
import { halfBlockLines } from "../../server/render/half-blocks.ts";
import { cellsFor } from "../../server/render/image-cells.ts";
import { bundleImage, imageBytes, type ImageSource } from "../../server/render/image-source.ts";
import { renderOutputs } from "../../server/render/output.ts";
import { scaled } from "../../server/render/raster.ts";
import { sixelSequence } from "../../server/render/sixel.ts";
import { captured, display, shown } from "./captured.ts";
import { pixelsOfSixel } from "./sixel-reader.ts";

const svg = new SvgDecoder({
  module: async () => readFileSync(createRequire(import.meta.url).resolve("@resvg/resvg-wasm/index_bg.wasm")),
  fonts: async () => [],
});

function sourceOf(name: string): ImageSource {
  for (const output of captured(name)) {
    const image = "data" in output ? bundleImage(output.data) : undefined;
    if (image !== undefined) return image;
  }
  throw new Error(`${name} has no picture`);
}

async function convert<F extends ConvertedImage["form"]>(name: string, form: F, width: number, height: number) {
  const source = sourceOf(name);
  const request: ImageRequest = { mediaType: source.mediaType, bytes: imageBytes(source), form, width, height };
  return (await convertImage(request, svg)) as Extract<ConvertedImage, { readonly form: F }>;
}

function png(width: number, height: number, color: readonly [number, number, number, number]): Buffer {
  const image = new PNG({ width, height });
  for (let at = 0; at < image.data.length; at += 4) image.data.set(color, at);
  return PNG.sync.write(image);
}

describe("every kind of picture that kernels send", () => {
  test.each([
    ["matplotlib", 374, 295],
    ["jpeg", 48, 32],
    ["gif", 24, 16],
  ])("%s becomes a PNG of its own size", async (name, width, height) => {
    const read = PNG.sync.read(Buffer.from((await convert(name, "png", 2_000, 2_000)).png));
    expect([read.width, read.height]).toEqual([width, height]);
  });

  test("an SVG is drawn as large as there is room, on white", async () => {
    const read = PNG.sync.read(Buffer.from((await convert("matplotlib-svg", "png", 400, 400)).png));
    expect(read.width).toBe(400);
    expect([...read.data.subarray(0, 4)]).toEqual([255, 255, 255, 255]);
    // Something is drawn.
    expect(read.data.some((value) => value < 100)).toBe(true);
  });

  test("of a GIF the first frame is shown", async () => {
    const { raster } = await convert("gif", "pixels", 2, 2);
    expect([...raster.data.subarray(0, 4)]).toEqual([255, 0, 0, 255]);
  });

  test("a picture that is too large is made smaller, with its proportions", async () => {
    const read = PNG.sync.read(Buffer.from((await convert("matplotlib", "png", 100, 100)).png));
    expect([read.width, read.height]).toEqual([100, 79]);
  });
});

test("what is no picture, or not the one it says, is refused", async () => {
  for (const mediaType of ["image/png", "image/jpeg", "image/gif", "image/svg+xml", "image/webp"]) {
    const request: ImageRequest = {
      mediaType,
      bytes: Buffer.from("no picture at all, but long enough"),
      form: "png",
      width: 9,
      height: 9,
    };
    await expect(convertImage(request, svg)).rejects.toThrow();
  }
});

describe("hostile pictures", () => {
  test("a PNG of a hundred megapixels is not decoded, and told", () => {
    const head = png(1, 1, [0, 0, 0, 255]);
    head.writeUInt32BE(10_000, 16);
    head.writeUInt32BE(10_000, 20);
    expect(() => decodeImage("image/png", head)).toThrow("too large");
    const bundle = { "image/png": head.toString("base64") };
    expect(bundleImage(bundle)).toBeUndefined();
    expect(shown([display(bundle)])).toBe("[image/png 10000×10000, too large to draw]");
  });

  test("an interlaced PNG cannot inflate to more than its pixels", () => {
    const small = png(8, 8, [1, 2, 3, 255]);
    small[28] = 1;
    const bomb = interlaced(small, Buffer.alloc(300_000_000));
    expect(() => decodeImage("image/png", bomb)).toThrow();
  });

  test("a GIF whose frame is larger than any screen is not decoded", () => {
    const gif = Buffer.from(imageBytes(sourceOf("gif")));
    const frame = gif.indexOf(0x2c);
    gif.writeUInt16LE(65_535, frame + 5);
    gif.writeUInt16LE(65_535, frame + 7);
    expect(() => decodeImage("image/gif", gif)).toThrow();
  });

  test("an SVG with a side of nothing is refused", async () => {
    const request = {
      mediaType: "image/svg+xml",
      bytes: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="1" height="9999999"/>'),
    };
    await expect(convertImage({ ...request, form: "png", width: 100, height: 100 }, svg)).rejects.toThrow();
  });
});

/** The PNG with other data: a bomb has a few bytes that become many. */
function interlaced(small: Buffer, content: Buffer): Buffer {
  const data = Buffer.concat([Buffer.from("IDAT"), deflateSync(content)]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length - 4);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(data));
  const head = Buffer.from(small.subarray(0, 33));
  head.writeUInt32BE(crc32(head.subarray(12, 29)), 29);
  return Buffer.concat([head, length, data, sum, small.subarray(small.length - 12)]);
}

test("pictures are scaled by the mean of what a pixel covers, on white", () => {
  const raster = { width: 2, height: 2, data: Uint8Array.from([0, 0, 0, 255, 255, 255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 0]) };
  expect([...scaled(raster, 1, 1).data]).toEqual([128, 128, 128, 255]);
});

test("a picture keeps its proportions in the cells that it gets, and gets none where there is no room", () => {
  const plot = { width: 640, height: 480 };
  expect(cellsFor(plot, { width: 120, height: 40 })).toEqual({ columns: 80, rows: 30 });
  expect(cellsFor(plot, { width: 120, height: 15 })).toEqual({ columns: 40, rows: 15 });
  expect(cellsFor(plot, { width: 40, height: 40 })).toEqual({ columns: 40, rows: 15 });
  expect(cellsFor(plot, { width: 120, height: 2 })).toBeUndefined();
  expect(cellsFor({ width: 16, height: 16 }, { width: 80, height: 1 })).toEqual({ columns: 2, rows: 1 });
});

test("half blocks have two pixels in a cell", () => {
  const data = Uint8Array.from([255, 0, 0, 255, 255, 0, 0, 255, 0, 0, 255, 255, 0, 0, 255, 255]);
  expect(halfBlockLines({ width: 2, height: 2, data }, true)).toEqual([[{ text: "▀▀", fg: "#ff0000", bg: "#0000ff" }]]);
  expect(halfBlockLines({ width: 2, height: 2, data }, false)).toEqual([[{ text: "▀▀", fg: 196, bg: 21 }]]);
});

test("a sixel has the picture's own pixels", () => {
  const width = 50;
  const height = 20;
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let pixel = 0; pixel < width * height; pixel += 1)
    data.set(
      [
        [255, 0, 0],
        [0, 255, 0],
        [0, 0, 255],
      ][(pixel * 7 + (pixel >> 5)) % 3] ?? [],
      pixel * 4,
    );
  expect(pixelsOfSixel(sixelSequence({ width, height, data }), width, height)).toEqual(data);
});

test("a photograph has more colours than a sixel: each becomes one that is near", () => {
  const width = 64;
  const height = 64;
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let pixel = 0; pixel < width * height; pixel += 1)
    data.set([(pixel * 4) & 255, (pixel >> 4) & 255, (pixel * 13) & 255], pixel * 4);
  const read = pixelsOfSixel(sixelSequence({ width, height, data }), width, height);
  const worst = data.reduce((most, value, index) => Math.max(most, Math.abs(value - (read[index] ?? 0))), 0);
  expect(worst).toBeLessThan(80);
});

test("the lines around a picture stay, and its place is told", () => {
  const before = { output_type: "stream", name: "stdout", text: "a\nb\n" } as const;
  const after = { output_type: "stream", name: "stdout", text: "c\n" } as const;
  const picture = display({ "image/png": png(160, 64, [9, 9, 9, 255]).toString("base64"), "text/plain": "<Figure>" });
  const drawImage = () => ({ columns: 20, rows: 4, lines: Array.from({ length: 4 }, () => [{ text: "x".repeat(20) }]) });
  const { lines, images } = renderOutputs([before, picture, after], { columnsMax: 10, linesMax: 20, color: true, drawImage });
  expect(lines.map((line) => line.map(({ text }) => text).join(""))).toEqual(["a", "b", ...Array(4).fill("x".repeat(20)), "c"]);
  expect(images).toMatchObject([{ line: 2, columns: 20, rows: 4, image: { mediaType: "image/png", width: 160, height: 64 } }]);
});
