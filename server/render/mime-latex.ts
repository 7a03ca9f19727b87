import { sanitize } from "./ansi.ts";
import { bundleText } from "./bundle-text.ts";
import { latexToText } from "./latex.ts";
import type { Renderer } from "./renderer.ts";

/** A formula as Unicode text. */
export const latex: Renderer = {
  name: "text/latex",
  render(data) {
    const source = bundleText(data, "text/latex");
    if (source === undefined) return undefined;
    const text = sanitize(latexToText(source));
    if (text === "") return undefined;
    return { form: "lines", lines: text.split("\n").map((line) => [{ text: line }]) };
  },
};
