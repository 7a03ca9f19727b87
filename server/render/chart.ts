import type { MimeBundle } from "../jupyter/nbformat.ts";
import { joinMultiline } from "../jupyter/nbformat.ts";
import { htmlBlocks } from "./html.ts";

/** A chart that a script draws. */
export interface Chart {
  readonly kind: "plotly" | "vega" | "bokeh";
  /** For one line: "plotly chart: scatter, 2 traces, “Squares”". Not sanitised. */
  readonly description: string;
  readonly spec: unknown;
}

/** The chart in a bundle; `undefined` where there is none. */
export function chartOf(data: MimeBundle): Chart | undefined {
  // Only what is looked at is read: data may lie on disk.
  for (const mediaType of Object.keys(data)) {
    if (/^application\/vnd\.plotly\.v\d+\+json$/.test(mediaType))
      return { kind: "plotly", description: described("plotly chart", plotlyDetails(data[mediaType])), spec: data[mediaType] };
    if (/^application\/vnd\.vega(?:lite)?\.v\d+(?:\.\d+)*\+json$/.test(mediaType))
      return { kind: "vega", description: described("vega chart", vegaDetails(data[mediaType])), spec: data[mediaType] };
    if (/^application\/vnd\.(?:bokehjs|holoviews)_exec\.v0\+json$/.test(mediaType))
      return { kind: "bokeh", description: "bokeh chart", spec: joinMultiline(data["application/javascript"]) };
  }
  return undefined;
}

/** Longer pages are not searched for text. */
const pageLengthMax = 16 * 1024 * 1024;

/** Whether HTML has a part that only a browser can show. */
export function hasScript(html: string): boolean {
  return /<(?:script|iframe)\b/i.test(html);
}

/** HTML that shows little without its script, as Altair's, Bokeh's and Plotly's do. */
export function isScriptPage(html: string): boolean {
  if (html.length > pageLengthMax || !hasScript(html)) return false;
  const length = htmlBlocks(html).reduce(
    (sum, block) => sum + (block.kind === "table" ? Infinity : block.lines.join("").trim().length),
    0,
  );
  // "Loading …" and the like.
  return length < 80;
}

function described(name: string, details: readonly string[]): string {
  return details.length === 0 ? name : `${name}: ${details.join(", ")}`;
}

function plotlyDetails(value: unknown): string[] {
  const traces = member(value, "data");
  if (!Array.isArray(traces)) return [];
  const types = [...new Set(traces.slice(0, 100).map((trace) => textOf(member(trace, "type")) ?? "scatter"))].slice(0, 3);
  const title = member(member(value, "layout"), "title");
  return [
    ...types,
    `${traces.length} ${traces.length === 1 ? "trace" : "traces"}`,
    ...quoted(textOf(title) ?? textOf(member(title, "text"))),
  ];
}

function vegaDetails(value: unknown): string[] {
  const mark = member(value, "mark");
  const title = member(value, "title");
  const marks = textOf(mark) ?? textOf(member(mark, "type"));
  return [...(marks === undefined ? [] : [marks]), ...quoted(textOf(title) ?? textOf(member(title, "text")))];
}

function quoted(title: string | undefined): string[] {
  return title === undefined || title === "" ? [] : [`“${title.replace(/\s+/g, " ").slice(0, 80)}”`];
}

function member(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value.slice(0, 200) : undefined;
}
