import type { MimeBundle, Output } from "../jupyter/nbformat.ts";
import { bundleText } from "./bundle-text.ts";
import { imageSize } from "./image-size.ts";

/** A picture as an output holds it: base64, or the source of an SVG. */
export interface ImageSource {
  readonly mediaType: string;
  readonly data: string;
  readonly width: number;
  readonly height: number;
}

/** What can be decoded, the form that needs least work first. */
const drawable = ["image/png", "image/jpeg", "image/gif", "image/svg+xml"] as const;

/** Pictures larger than this are named, not drawn: decoded they would take 100 MB. */
const pixelsMax = 25_000_000;
/** kitty refuses more. */
const sideMax = 10_000;
const svgLengthMax = 8 * 1024 * 1024;

/** The picture of a bundle; `undefined` where it has none that can be drawn. Only headers are read. */
export function bundleImage(data: MimeBundle): ImageSource | undefined {
  for (const mediaType of drawable) {
    const text = bundleText(data, mediaType);
    if (text === undefined || (mediaType === "image/svg+xml" && text.length > svgLengthMax)) continue;
    const size = imageSize(mediaType, text);
    if (size === undefined || !isDrawable(size)) continue;
    return { mediaType, data: text, ...size };
  }
  return undefined;
}

/** The last `countMax` pictures that a client with graphics would see of these outputs, in their order; others are not read. */
export function outputImages(outputs: readonly Output[], countMax = Infinity): ImageSource[] {
  const images: ImageSource[] = [];
  for (const output of outputs.toReversed()) {
    if (images.length >= countMax) break;
    const image = "data" in output ? bundleImage(output.data) : undefined;
    if (image !== undefined) images.push(image);
  }
  return images.reverse();
}

/** The bytes of a picture; an SVG's are its source. */
export function imageBytes({ mediaType, data }: ImageSource): Uint8Array {
  return mediaType === "image/svg+xml" ? Buffer.from(data, "utf8") : Buffer.from(data, "base64");
}

/** `[image/png 640×480]`: what stands for a picture that is not drawn. */
export function imageLabel(data: MimeBundle): string | undefined {
  const mediaType = Object.keys(data).find((name) => name.startsWith("image/"));
  if (mediaType === undefined) return undefined;
  const size = imageSize(mediaType, bundleText(data, mediaType) ?? "");
  if (size === undefined) return `[${mediaType}]`;
  return `[${mediaType} ${size.width}×${size.height}${isDrawable(size) ? "" : ", too large to draw"}]`;
}

function isDrawable({ width, height }: { readonly width: number; readonly height: number }): boolean {
  return width >= 1 && height >= 1 && width <= sideMax && height <= sideMax && width * height <= pixelsMax;
}
