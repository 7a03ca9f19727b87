import { decodeImage, encodePng } from "./decode-image.ts";
import type { SvgDecoder } from "./decode-svg.ts";
import { scaled, type Raster } from "./raster.ts";
import { sixelSequence } from "./sixel.ts";

/** What a terminal wants of a picture. Sizes are in pixels. */
export interface ImageRequest {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly form: "png" | "pixels" | "sixel";
  readonly width: number;
  readonly height: number;
}

/** `png` keeps a picture's own size where that is smaller; the others are exactly as large as asked for. */
export type ConvertedImage =
  | { readonly form: "png"; readonly png: Uint8Array }
  | { readonly form: "pixels"; readonly raster: Raster }
  | { readonly form: "sixel"; readonly sixel: string };

/** Decodes a picture and gives it the wanted form. Takes its time, and rejects what is no picture: to be called in a thread. */
export async function convertImage(request: ImageRequest, svg: SvgDecoder): Promise<ConvertedImage> {
  const { mediaType, bytes, form, width, height } = request;
  const raster =
    mediaType === "image/svg+xml"
      ? await svg.decode(Buffer.from(bytes).toString("utf8"), width, height)
      : decodeImage(mediaType, bytes);
  switch (form) {
    case "png": {
      const isLarger = raster.width > width || raster.height > height;
      return { form, png: encodePng(isLarger ? fitted(raster, width, height) : raster) };
    }
    case "pixels":
      return { form, raster: scaled(raster, width, height) };
    case "sixel":
      return { form, sixel: sixelSequence(scaled(raster, width, height)) };
  }
}

function fitted(raster: Raster, widthMax: number, heightMax: number): Raster {
  const scale = Math.min(widthMax / raster.width, heightMax / raster.height);
  return scaled(raster, Math.max(1, Math.round(raster.width * scale)), Math.max(1, Math.round(raster.height * scale)));
}
