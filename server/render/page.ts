import type { MimeBundle, Output } from "../jupyter/nbformat.ts";
import { bundleText } from "./bundle-text.ts";
import { chartOf, hasScript, isScriptPage, type Chart } from "./chart.ts";
import { imageLabel } from "./image-source.ts";
import { plainText, renderOutputs } from "./output.ts";

/** Whether some of them can be seen in a browser only. */
export function needsBrowser(outputs: readonly Output[]): boolean {
  return outputs.some(
    (output) =>
      "data" in output && (chartOf(output.data) !== undefined || isScriptPage(bundleText(output.data, "text/html") ?? "")),
  );
}

/**
 * Outputs as one HTML file, for a browser. The data of each chart is in the file;
 * the library that draws it comes from where the chart's own HTML has it, else from the net.
 */
export function outputPage(title: string, outputs: readonly Output[]): string {
  const parts = outputs.map((output, index) => outputPart(output, index));
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${escaped(title)}</title></head>
<body>
${parts.join("\n")}
</body>
</html>
`;
}

function outputPart(output: Output, index: number): string {
  if ("data" in output) {
    const html = bundleText(output.data, "text/html");
    const chart = chartOf(output.data);
    // HTML without a script only keeps the chart's place.
    const drawn = chart === undefined || (html !== undefined && hasScript(html)) ? "" : chartPart(chart, index);
    if (drawn !== "") return drawn;
    if (html !== undefined) return html;
    const image = imagePart(output.data);
    if (image !== undefined) return image;
  }
  const { lines } = renderOutputs([output], { columnsMax: Infinity, linesMax: Infinity, color: false });
  return `<pre>${escaped(plainText(lines))}</pre>`;
}

function chartPart({ kind, spec }: Chart, index: number): string {
  const id = `chart-${index}`;
  switch (kind) {
    case "plotly":
      return `<div id="${id}"></div>
<script src="https://cdn.plot.ly/plotly-3.0.1.min.js"></script>
<script>{ const chart = ${script(spec)}; Plotly.newPlot("${id}", chart.data, chart.layout, chart.config); }</script>`;
    case "vega":
      return `<div id="${id}"></div>
<script src="https://cdn.jsdelivr.net/npm/vega@6"></script>
<script src="https://cdn.jsdelivr.net/npm/vega-lite@6"></script>
<script src="https://cdn.jsdelivr.net/npm/vega-embed@7"></script>
<script>vegaEmbed("#${id}", ${script(spec)});</script>`;
    case "bokeh":
      // Its script finds its place by itself.
      return typeof spec === "string" ? `<div id="${id}"></div>\n<script>${spec}</script>` : "";
  }
}

function imagePart(data: MimeBundle): string | undefined {
  const mediaType = Object.keys(data).find((name) => name.startsWith("image/"));
  if (mediaType === undefined) return undefined;
  const source = bundleText(data, mediaType) ?? "";
  // In an `img` an SVG runs no script.
  const base64 = mediaType === "image/svg+xml" ? Buffer.from(source, "utf8").toString("base64") : source.replace(/\s/g, "");
  return `<img alt="${escaped(imageLabel(data) ?? "")}" src="data:${escaped(mediaType)};base64,${escaped(base64)}">`;
}

/** JSON within a script: nothing in it may end the script. */
function script(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c").replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
