import { readableText } from "./bundle-text.ts";
import { bundleImage, imageLabel } from "./image-source.ts";
import type { Renderer } from "./renderer.ts";

/** A picture, where the client can show it. */
export const drawnImage: Renderer = {
  name: "image/*",
  render(data, _metadata, { drawImage, width, height }) {
    if (drawImage === undefined) return undefined;
    const image = bundleImage(data);
    const drawing = image === undefined ? undefined : drawImage(image, { width, height });
    return image === undefined || drawing === undefined ? undefined : { form: "image", image, drawing };
  },
};

/** The name and size of a picture. A text that stands for it (a formula, a drawing in characters) is worth more. */
export const namedImage: Renderer = {
  name: "image/* by name",
  render(data) {
    const label = imageLabel(data);
    if (label === undefined) return undefined;
    const text = readableText(data);
    return { form: "text", text: text === undefined ? label : `${text}\n${label}` };
  },
};
