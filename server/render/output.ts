import type { Output } from "../jupyter/nbformat.ts";
import { ansiStateAfter, initialAnsiState, parseAnsi } from "./ansi.ts";
import type { ImageSource } from "./image-source.ts";
import { renderBundle } from "./mime-registry.ts";
import type { DrawImage, RenderContext, Rendered, Ways } from "./renderer.ts";
import { lineText, type Span } from "./span.ts";
import { cutLine } from "./width.ts";

export { plainText, type Span } from "./span.ts";

export interface RenderOptions {
  /** Longer lines are cut. */
  readonly columnsMax: number;
  /** Only the last lines are shown. */
  readonly linesMax: number;
  readonly color: boolean;
  /** Columns for what is laid out: tables, paragraphs, pictures. Absent: `columnsMax`. */
  readonly width?: number;
  /** Absent: pictures are told by their type and size. */
  readonly drawImage?: DrawImage | undefined;
  readonly ways?: Ways;
}

export interface RenderedOutputs {
  readonly lines: Span[][];
  /** Lines above those shown; for what is not text an estimate. */
  readonly hiddenLineCount: number;
  readonly images: PlacedImage[];
}

/** A picture that takes the lines `line` to `line + rows - 1`. */
export interface PlacedImage {
  readonly image: ImageSource;
  readonly line: number;
  readonly columns: number;
  readonly rows: number;
}

/**
 * Outputs as lines for a terminal: the last `linesMax` of them. Costs in proportion to what is shown, but for counting
 * the lines that are not. Whatever the outputs hold, no control or escape sequence is in the result.
 */
export function renderOutputs(outputs: readonly Output[], options: RenderOptions): RenderedOutputs {
  const parts: Part[] = [];
  let room = Math.max(0, options.linesMax);
  let hiddenLineCount = 0;
  for (const output of outputs.toReversed()) {
    const part = room === 0 ? { lines: [], hidden: lineCountOf(output) } : lastLines(output, room, options);
    hiddenLineCount += part.hidden;
    room -= part.lines.length;
    parts.push(part);
  }
  const lines: Span[][] = [];
  const images: PlacedImage[] = [];
  for (const { lines: own, picture } of parts.toReversed()) {
    if (picture?.form === "image")
      images.push({ image: picture.image, line: lines.length, columns: picture.drawing.columns, rows: own.length });
    for (const line of own) lines.push(picture === undefined ? fit(line, options) : [...line]);
  }
  return { lines, hiddenLineCount, images };
}

/** The last lines of one output, and how many it has above them. */
interface Part {
  readonly lines: readonly (readonly Span[])[];
  readonly hidden: number;
  readonly picture?: Rendered;
}

function lastLines(output: Output, room: number, options: RenderOptions): Part {
  const { color, columnsMax, width = columnsMax, drawImage, ways } = options;
  const rendered = renderOutput(output, { width, height: room, color, drawImage, ways });
  switch (rendered.form) {
    case "text": {
      const { text, hidden, hiddenText } = tail(rendered.text, room);
      if (text === undefined) return { lines: [], hidden };
      return { lines: parseAnsi(text, hidden === 0 ? initialAnsiState : ansiStateAfter(hiddenText)).lines, hidden };
    }
    case "lines": {
      const hidden = Math.max(0, rendered.lines.length - room);
      return { lines: rendered.lines.slice(hidden), hidden };
    }
    case "image":
      return { lines: rendered.drawing.lines.slice(0, room), hidden: 0, picture: rendered };
  }
}

/** One output in the richest form that the client can show. */
function renderOutput(output: Output, context: RenderContext): Rendered {
  switch (output.output_type) {
    case "stream":
      return { form: "text", text: output.text };
    case "display_data":
    case "execute_result":
      return renderBundle(output.data, output.metadata, context);
    case "error":
      return { form: "text", text: tracebackText(output.traceback) || `${output.ename}: ${output.evalue}` };
  }
}

/** Kernels begin a traceback with a rule of their own, which takes a line and says nothing. */
function tracebackText(traceback: readonly string[]): string {
  const [first = "", ...rest] = traceback;
  // oxlint-disable-next-line no-control-regex
  const isRule = /^-{10,}\s*$/.test(first.replace(/\u001b\[[\d;]*m/g, ""));
  return (isRule ? rest : traceback).join("\n");
}

/** How many lines an output has that is not shown at all: told without laying it out. */
function lineCountOf(output: Output): number {
  if (output.output_type === "stream") return tail(output.text, 0).hidden;
  if (output.output_type === "error") return tail(tracebackText(output.traceback) || output.ename, 0).hidden;
  const text = output.data["text/plain"];
  return typeof text === "string" ? Math.max(1, tail(text, 0).hidden) : 1;
}

function fit(line: readonly Span[], { columnsMax, color }: RenderOptions): Span[] {
  const cut = Number.isFinite(columnsMax) ? cutLine(line, columnsMax) : [...line];
  if (color) return cut;
  const text = lineText(cut);
  return text === "" ? [] : [{ text }];
}

/** The last lines of a text; the newline at its end begins no line. `text` is `undefined` where no line is left. */
function tail(whole: string, linesMax: number): { text: string | undefined; hidden: number; hiddenText: string } {
  const body = whole.endsWith("\n") ? whole.slice(0, -1) : whole;
  if (whole === "") return { text: undefined, hidden: 0, hiddenText: "" };
  let start = body.length + 1;
  for (let count = 0; count < linesMax && start > 0; count += 1) start = start === 1 ? 0 : body.lastIndexOf("\n", start - 2) + 1;
  if (start === 0) return { text: body, hidden: 0, hiddenText: "" };
  const hiddenText = body.slice(0, start);
  let hidden = 0;
  for (let at = hiddenText.indexOf("\n"); at !== -1; at = hiddenText.indexOf("\n", at + 1)) hidden += 1;
  if (linesMax === 0) return { text: undefined, hidden: hidden + 1, hiddenText };
  return { text: body.slice(start), hidden, hiddenText };
}
