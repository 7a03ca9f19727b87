import { bundleText, readableText } from "./bundle-text.ts";
import type { Renderer } from "./renderer.ts";

/** Text that an object prints of itself, with its colours. */
export const readable: Renderer = {
  name: "text/plain",
  render(data) {
    const text = readableText(data);
    return text === undefined ? undefined : { form: "text", text };
  },
};

/** Whatever text there is, be it only `<Widget object>`: plain, else the first type that holds text. */
export const anyText: Renderer = {
  name: "text/*",
  render(data) {
    const textual = Object.keys(data).find((mediaType) => mediaType.startsWith("text/"));
    const text = bundleText(data, "text/plain") ?? (textual === undefined ? undefined : bundleText(data, textual));
    return text === undefined ? undefined : { form: "text", text };
  },
};
