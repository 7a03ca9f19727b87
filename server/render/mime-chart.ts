import type { MimeBundle } from "../jupyter/nbformat.ts";
import { bundleText, readableText } from "./bundle-text.ts";
import { chartOf, isScriptPage } from "./chart.ts";
import { htmlLines } from "./mime-html.ts";
import type { Renderer } from "./renderer.ts";
import { lineText } from "./span.ts";

/** What draws itself by a script: told in a line, with the way to see it. A picture in the bundle goes before it. */
export const chart: Renderer = {
  name: "charts",
  render(data, _metadata, context) {
    const { ways } = context;
    const way = ways?.browser === undefined ? "" : ` (${ways.browser} shows it in a browser)`;
    if (Object.keys(data).some((mediaType) => mediaType.startsWith("image/"))) return undefined;
    const found = chartOf(data);
    if (found !== undefined) return { form: "text", text: `[${found.description}]${way}` };
    const html = bundleText(data, "text/html");
    if (html === undefined || !isScriptPage(html)) return undefined;
    const own = shortText(data);
    if (own !== undefined) return { form: "text", text: `${own}${way}` };
    const note = [{ text: `[interactive HTML]${way}` }];
    const lines = htmlLines(html, context);
    const isText = lines.some((line) => lineText(line).trim() !== "") && !placeholder.test(lines.map(lineText).join(" "));
    return { form: "lines", lines: isText ? [...lines, note] : [note] };
  },
};

/** What stands there only until the script has run. */
const placeholder = /^\s*loading\b/i;

/** The form that the object prints of itself, where that is a line. */
function shortText(data: MimeBundle): string | undefined {
  const text = readableText(data)?.trim();
  return text === undefined || text === "" || text.includes("\n") || text.length > 100 ? undefined : text;
}
