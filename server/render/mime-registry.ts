import type { JsonObject } from "../jupyter/message.ts";
import type { MimeBundle } from "../jupyter/nbformat.ts";
import { chart } from "./mime-chart.ts";
import { html, htmlTable } from "./mime-html.ts";
import { drawnImage, namedImage } from "./mime-image.ts";
import { json } from "./mime-json.ts";
import { latex } from "./mime-latex.ts";
import { markdown } from "./mime-markdown.ts";
import { anyText, readable } from "./mime-plain.ts";
import type { RenderContext, Rendered, Renderer } from "./renderer.ts";

/**
 * The richest form first. Text that an object prints of itself goes before HTML that is no table, before Markdown (R
 * has both for every vector) and before the source of a formula: who made it meant it for a screen of characters.
 */
const renderers: readonly Renderer[] = [drawnImage, chart, namedImage, htmlTable, readable, markdown, html, latex, json, anyText];

/** How a client sees a mime bundle: the richest form that it can show, and if all fail the names of the types. */
export function renderBundle(data: MimeBundle, metadata: JsonObject, context: RenderContext): Rendered {
  for (const renderer of renderers) {
    const rendered = attempt(() => renderer.render(data, metadata, context));
    if (rendered !== undefined) return rendered;
  }
  const names = Object.keys(data).map((mediaType) => `[${mediaType}]`);
  return { form: "text", text: names.join(" ") };
}

/** What a kernel sends may be anything: a form that cannot be read gives way to the next. */
function attempt(render: () => Rendered | undefined): Rendered | undefined {
  try {
    return render();
  } catch {
    return undefined;
  }
}
