import { inflateSync } from "node:zlib";
import jpeg from "jpeg-js";
import { GifReader } from "omggif";
import { PNG } from "pngjs";
import { imageSize } from "./image-size.ts";
import type { Raster } from "./raster.ts";

/** What is larger when decoded is refused before it is decoded. */
const pixelsMax = 25_000_000;

/** Decodes a PNG, a JPEG or the first frame of a GIF. Throws where the bytes are no such picture, or too large. */
export function decodeImage(mediaType: string, bytes: Uint8Array): Raster {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = imageSize(mediaType, buffer.subarray(0, 400_000).toString("base64"));
  if (size === undefined) throw new Error(`no ${mediaType}`);
  requireSize(size);
  switch (mediaType) {
    case "image/png":
      return decodePng(buffer);
    case "image/jpeg":
      return jpeg.decode(buffer, {
        useTArray: true,
        formatAsRGBA: true,
        maxResolutionInMP: pixelsMax / 1e6,
        maxMemoryUsageInMB: 512,
      });
    case "image/gif":
      return decodeGif(buffer);
    default:
      throw new Error(`${mediaType} cannot be decoded`);
  }
}

/** `pngjs` inflates what is interlaced without a bound of its own, so that a small file could ask for gigabytes. */
function decodePng(buffer: Buffer): Raster {
  const isInterlaced = buffer[28] === 1;
  if (isInterlaced) inflateSync(pngData(buffer), { maxOutputLength: pixelsMax * 8 + 1_000_000 });
  return PNG.sync.read(buffer);
}

/** The compressed data of all `IDAT` chunks. */
function pngData(buffer: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 8; at + 12 <= buffer.length;) {
    const length = buffer.readUInt32BE(at);
    if (buffer.toString("latin1", at + 4, at + 8) === "IDAT") parts.push(buffer.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  return Buffer.concat(parts);
}

function decodeGif(buffer: Buffer): Raster {
  const reader = new GifReader(buffer);
  // A frame may claim to be larger than its screen.
  requireSize(reader.frameInfo(0));
  const { width, height } = reader;
  const data = new Uint8Array(width * height * 4);
  reader.decodeAndBlitFrameRGBA(0, data);
  return { width, height, data };
}

function requireSize({ width, height }: { readonly width: number; readonly height: number }): void {
  if (width < 1 || height < 1 || width * height > pixelsMax) throw new Error(`${width}×${height} is too large to decode`);
}

/** A raster as a PNG. */
export function encodePng({ width, height, data }: Raster): Uint8Array {
  const png = new PNG({ width, height });
  png.data = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return PNG.sync.write(png, { deflateLevel: 6 });
}
