import { bundleText } from "./bundle-text.ts";
import { markdownLines } from "./markdown.ts";
import type { Renderer } from "./renderer.ts";

/** Markdown, laid out. */
export const markdown: Renderer = {
  name: "text/markdown",
  render(data, _metadata, { width, height }) {
    const source = bundleText(data, "text/markdown");
    return source === undefined ? undefined : { form: "lines", lines: markdownLines(source, { width, height }) };
  },
};
