/** Width and height of an image in pixels, read from its header alone; `undefined` where it does not tell. */
export function imageSize(mediaType: string, data: string): { width: number; height: number } | undefined {
  if (mediaType === "image/svg+xml") return svgSize(data);
  // A JPEG may have a preview and a colour profile before its size; the others tell it in the first bytes.
  const headBytes = mediaType === "image/jpeg" ? 256 * 1024 : 64;
  const bytes = Buffer.from(data.slice(0, Math.ceil((headBytes * 4) / 3) + 64), "base64");
  if (mediaType === "image/png") return pngSize(bytes);
  if (mediaType === "image/gif") return gifSize(bytes);
  if (mediaType === "image/jpeg") return jpegSize(bytes);
  if (mediaType === "image/webp") return webpSize(bytes);
  return undefined;
}

function pngSize(bytes: Buffer): { width: number; height: number } | undefined {
  if (bytes.length < 24 || bytes.readUInt32BE(12) !== 0x49484452) return undefined;
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

function gifSize(bytes: Buffer): { width: number; height: number } | undefined {
  if (bytes.length < 10 || bytes.toString("latin1", 0, 3) !== "GIF") return undefined;
  return { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) };
}

function jpegSize(bytes: Buffer): { width: number; height: number } | undefined {
  let at = 2;
  while (at + 9 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0;
    // Start of frame, of any coding; 0xc4, 0xc8 and 0xcc are tables.
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc)
      return { width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) };
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return undefined;
}

function webpSize(bytes: Buffer): { width: number; height: number } | undefined {
  if (bytes.length < 30) return undefined;
  switch (bytes.toString("latin1", 12, 16)) {
    case "VP8X":
      return { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 };
    case "VP8 ":
      return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff };
    case "VP8L": {
      const bits = bytes.readUInt32LE(21);
      return { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 };
    }
    default:
      return undefined;
  }
}

function svgSize(source: string): { width: number; height: number } | undefined {
  const root = /<svg\b[^>]*>/i.exec(source.slice(0, 16 * 1024))?.[0];
  if (root === undefined) return undefined;
  const length = (name: string) =>
    /^[\d.]+/.exec(new RegExp(`\\b${name}\\s*=\\s*["']\\s*([\\d.]+(?:px|pt)?)\\s*["']`).exec(root)?.[1] ?? "")?.[0];
  const [width, height] = [length("width"), length("height")];
  if (width !== undefined && height !== undefined)
    return { width: Math.round(Number(width)), height: Math.round(Number(height)) };
  const box = /\bviewBox\s*=\s*["']\s*[-\d.]+[\s,]+[-\d.]+[\s,]+([\d.]+)[\s,]+([\d.]+)/.exec(root);
  return box === null ? undefined : { width: Math.round(Number(box[1])), height: Math.round(Number(box[2])) };
}
