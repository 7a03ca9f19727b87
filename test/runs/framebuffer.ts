import { readFileSync } from "node:fs";
import { PNG } from "pngjs";

/**
 * The screen of an Xvfb that was started with `-fbdir`: a file in the format of xwd (X11/XWDFile.h), whose header is
 * big-endian and whose pixels, at a depth of 24, are four bytes in the order that the header names.
 */
export function screenshot(file: string): PNG {
  const dump = readFileSync(file);
  const field = (index: number) => dump.readUInt32BE(index * 4);
  const [headerBytes, width, height, isBigEndian, bitsPerPixel, bytesPerLine, colorCount] = [0, 4, 5, 7, 11, 12, 19].map(field);
  if (
    headerBytes === undefined ||
    width === undefined ||
    height === undefined ||
    bytesPerLine === undefined ||
    bitsPerPixel !== 32
  )
    throw new Error(`no screen of 32 bits a pixel in ${file}`);
  const from = headerBytes + (colorCount ?? 0) * 12;
  const png = new PNG({ width, height });
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      const at = from + y * bytesPerLine + x * 4;
      const pixel = isBigEndian === 1 ? dump.readUInt32BE(at) : dump.readUInt32LE(at);
      png.data.writeUInt32BE(((pixel << 8) | 0xff) >>> 0, (y * width + x) * 4);
    }
  return png;
}
