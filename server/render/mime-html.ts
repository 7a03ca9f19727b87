import type { MimeBundle } from "../jupyter/nbformat.ts";
import { bundleText } from "./bundle-text.ts";
import { htmlBlocks, type HtmlBlock } from "./html.ts";
import type { RenderContext, Renderer } from "./renderer.ts";
import type { Span } from "./span.ts";
import { layoutTable } from "./table.ts";
import { wrapLine } from "./wrap.ts";

/** What may stand around a table that is the whole of an output: its shape, its caption. */
const besideTableMax = 200;
/** Longer HTML would keep an editor waiting for seconds; its plain text is shown instead. */
const lengthMax = 16 * 1024 * 1024;

function htmlSource(data: MimeBundle): string | undefined {
  const source = bundleText(data, "text/html");
  return source === undefined || source.length > lengthMax ? undefined : source;
}

/** HTML that is one table, as data frames are: laid out for the client, which their own text form is not. */
export const htmlTable: Renderer = {
  name: "text/html, a table",
  render(data, _metadata, context) {
    const source = htmlSource(data);
    if (source === undefined || !/<table/i.test(source)) return undefined;
    const blocks = htmlBlocks(source);
    const tables = blocks.filter((block) => block.kind === "table");
    const beside = blocks.reduce((length, block) => length + (block.kind === "text" ? block.lines.join("").length : 0), 0);
    if (tables.length !== 1 || beside > besideTableMax) return undefined;
    return { form: "lines", lines: blockLines(blocks, context, 0) };
  },
};

/** Any other HTML, as text; `undefined` where it holds none. */
export const html: Renderer = {
  name: "text/html",
  render(data, _metadata, context) {
    const source = htmlSource(data);
    const blocks = source === undefined ? [] : htmlBlocks(source);
    return blocks.length === 0 ? undefined : { form: "lines", lines: blockLines(blocks, context, 1) };
  },
};

/** HTML as lines of spans, `gap` empty lines between its blocks. */
export function htmlLines(source: string, context: RenderContext): Span[][] {
  return blockLines(htmlBlocks(source), context, 1);
}

function blockLines(blocks: readonly HtmlBlock[], { width, height, ways }: RenderContext, gap: number): Span[][] {
  const lines: Span[][] = [];
  const beside = blocks.reduce((count, block) => count + (block.kind === "text" ? block.lines.length : 0), 0);
  const room = { width, height: height - beside, whole: ways?.whole };
  for (const block of blocks) {
    if (lines.length > 0 && gap > 0) lines.push([]);
    if (block.kind === "table") for (const line of layoutTable(block.rows, room)) lines.push(line);
    // Lines above those that can be shown are only counted.
    else
      for (const [index, line] of block.lines.entries())
        if (index < block.lines.length - height) lines.push(textLine(line));
        else lines.push(...wrapLine(textLine(line), width));
  }
  return lines;
}

function textLine(text: string): Span[] {
  return text === "" ? [] : [{ text }];
}
