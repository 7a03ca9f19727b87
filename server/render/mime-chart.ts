import type { MimeBundle } from "../jupyter/nbformat.ts";
import { bundleText, readableText } from "./bundle-text.ts";
import { chartOf, isScriptPage } from "./chart.ts";
import type { Renderer } from "./renderer.ts";

/** What draws itself by a script: told in a line, with the way to see it. A picture in the bundle goes before it. */
export const chart: Renderer = {
  name: "charts",
  render(data, _metadata, { ways }) {
    const way = ways?.browser === undefined ? "" : ` (${ways.browser} shows it in a browser)`;
    if (Object.keys(data).some((mediaType) => mediaType.startsWith("image/"))) return undefined;
    const found = chartOf(data);
    if (found !== undefined) return { form: "text", text: `[${found.description}]${way}` };
    const html = bundleText(data, "text/html");
    if (html === undefined || !isScriptPage(html)) return undefined;
    return { form: "text", text: `${shortText(data) ?? "[interactive HTML]"}${way}` };
  },
};

/** The form that the object prints of itself, where that is a line. */
function shortText(data: MimeBundle): string | undefined {
  const text = readableText(data)?.trim();
  return text === undefined || text === "" || text.includes("\n") || text.length > 100 ? undefined : text;
}
