import { joinMultiline, type MimeBundle } from "../jupyter/nbformat.ts";
import { htmlToText } from "./html.ts";
import { imageSize } from "./image-size.ts";

/** What a terminal shows of a mime bundle, before sanitising; ANSI colours are still in it. */
export function mimeText(data: MimeBundle): string {
  const text = (mediaType: string) => (Object.hasOwn(data, mediaType) ? joinMultiline(data[mediaType]) : undefined);
  const plain = text("text/plain");
  const readable = plain !== undefined && !isBareRepr(plain) ? plain : undefined;
  const image = imageText(data);
  // A text that stands for the picture (a formula, a drawing in characters) is worth more than the picture's size.
  if (image !== undefined) return readable === undefined ? image : `${readable}\n${image}`;
  const markdown = text("text/markdown");
  if (markdown !== undefined) return markdown;
  // What prints a table as text aligns it for a terminal better than we can from its HTML.
  if (readable !== undefined) return readable;
  const html = text("text/html");
  const fromHtml = html === undefined ? "" : htmlToText(html);
  if (fromHtml !== "") return fromHtml;
  const latex = text("text/latex");
  if (latex !== undefined) return latex;
  if (data["application/json"] !== undefined) return JSON.stringify(data["application/json"], null, 2);
  return (
    plain ??
    Object.keys(data)
      .map((mediaType) => `[${mediaType}]`)
      .join(" ")
  );
}

/** `<Figure size 640x480 with 1 Axes>`, `<IPython.core.display.HTML object>`: the form of an object that has nothing to say. */
function isBareRepr(text: string): boolean {
  return /^<[^\n]*>$/.test(text.trim());
}

function imageText(data: MimeBundle): string | undefined {
  const mediaType = Object.keys(data).find((name) => name.startsWith("image/"));
  if (mediaType === undefined) return undefined;
  const size = imageSize(mediaType, joinMultiline(data[mediaType]) ?? "");
  return size === undefined ? `[${mediaType}]` : `[${mediaType} ${size.width}×${size.height}]`;
}

/** One type's data as it is: text, base64, or JSON; `undefined` where the bundle does not have the type. */
export function mimeSource(data: MimeBundle, mediaType: string): string | undefined {
  if (!Object.hasOwn(data, mediaType)) return undefined;
  return joinMultiline(data[mediaType]) ?? JSON.stringify(data[mediaType]);
}
