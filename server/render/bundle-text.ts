import { joinMultiline, type MimeBundle } from "../jupyter/nbformat.ts";

/** The text of one type of a bundle; `undefined` where it has none. */
export function bundleText(data: MimeBundle, mediaType: string): string | undefined {
  return Object.hasOwn(data, mediaType) ? joinMultiline(data[mediaType]) : undefined;
}

/** The plain text, unless it says nothing of what the object shows. */
export function readableText(data: MimeBundle): string | undefined {
  const plain = bundleText(data, "text/plain");
  return plain === undefined || isBareRepr(plain) ? undefined : plain;
}

/** One type's data as it is: text, base64, or JSON; `undefined` where the bundle does not have the type. */
export function mimeSource(data: MimeBundle, mediaType: string): string | undefined {
  if (!Object.hasOwn(data, mediaType)) return undefined;
  return joinMultiline(data[mediaType]) ?? JSON.stringify(data[mediaType]);
}

/** `<Figure size 640x480 with 1 Axes>`, `<IPython.core.display.HTML object>`: the form of an object that has nothing to say. */
function isBareRepr(text: string): boolean {
  return text.length < 1_000 && /^<[^\n]*>$/.test(text.trim());
}
