import type { Output, ErrorOutput } from "../jupyter/nbformat.ts";
import type { ErrorPlace, OutputWindow } from "../hub/hub.ts";
import type { OutputImage } from "../protocol/outputs.ts";
import { sanitize } from "../render/ansi.ts";
import type { RenderedOutputs } from "../render/output.ts";
import { lineText, type Span } from "../render/span.ts";
import type { Images } from "./images.ts";

/** The outputs of a cell as this client sees them: rendered for its width and height. */
export interface ShownOutput {
  readonly seq: number;
  readonly executionId: string | null;
  readonly lines: readonly (readonly Span[])[];
  /** Pictures that take some of the lines. */
  readonly images: readonly ShownImage[];
  /** Lines above those in `lines`. */
  readonly hiddenLineCount: number;
  /** `ZeroDivisionError: division by zero`, where the cell raised. */
  readonly error?: string;
  /** Where that was, when its cell began at `cellLine`: it moves with its cell until the hub has looked at the text again. */
  readonly errorPlace?: { readonly place: ErrorPlace; readonly cellLine: number };
}

export interface ShownImage {
  readonly image: OutputImage;
  /** What stands for the picture where there is only text. */
  readonly label: string;
}

export interface OutputView {
  readonly linesMax: number;
  readonly columnsMax: number;
  /** Of the text in all lines together, in UTF-8; pictures do not count. */
  readonly bytesMax: number;
  /** Whether the client draws errors itself where they stand among the outputs. */
  readonly errorsAmongLines: boolean;
}

const ways = { whole: "nbls.openOutput", browser: "nbls.openOutput" };

/** Renders what the hub gave for one cell. Without `images` pictures are told by their size. */
export async function showOutput(window: OutputWindow, view: OutputView, images?: Images): Promise<ShownOutput> {
  const error = window.outputs.findLast(isError);
  const outputs = view.errorsAmongLines ? window.outputs : window.outputs.filter((output) => !isError(output));
  // The renderer and its parsers are loaded with the first output, not when the server starts.
  const { renderOutputs } = await import("../render/output.ts");
  const pictures = await images?.prepare(outputs);
  const drawn = renderOutputs(outputs, {
    columnsMax: view.columnsMax,
    linesMax: view.linesMax,
    color: view.errorsAmongLines,
    drawImage: pictures?.draw,
    ways,
  });
  const rendered = lastBytes(drawn, view.bytesMax);
  const shownImages: ShownImage[] = [];
  for (const placed of rendered.images) {
    const { mediaType, width, height } = placed.image;
    const image = await pictures?.place(placed);
    if (image !== undefined) shownImages.push({ image, label: `[${mediaType} ${width}×${height}]` });
  }
  return {
    seq: window.seq,
    executionId: window.executionId,
    lines:
      window.isPrevious === true ? rendered.lines.map((line) => line.map((span) => ({ ...span, dim: true }))) : rendered.lines,
    images: shownImages,
    hiddenLineCount: rendered.hiddenLineCount + window.hiddenLineCount,
    ...(error === undefined ? {} : { error: errorText(error) }),
  };
}

/** The last lines whose text takes no more bytes than that; of a longer last line its beginning. */
function lastBytes({ lines, images, hiddenLineCount }: RenderedOutputs, bytesMax: number): RenderedOutputs {
  let room = bytesMax;
  let first = lines.length;
  for (; first > 0; first -= 1) {
    const index = first - 1;
    const isPicture = images.some(({ line, rows }) => index >= line && index < line + rows);
    room -= isPicture ? 0 : Buffer.byteLength(lineText(lines[index] ?? []));
    if (room < 0) break;
  }
  const kept = lines.slice(first);
  if (kept.length === 0 && lines.length > 0) {
    first -= 1;
    const text = Buffer.from(lineText(lines[first] ?? []))
      .subarray(0, bytesMax)
      .toString("utf8");
    // The last character may have been cut in two.
    kept.push([{ text: `${text.replace(/\ufffd$/, "")}…` }]);
  }
  return {
    lines: kept,
    images: images.flatMap((image) => (image.line < first ? [] : [{ ...image, line: image.line - first }])),
    hiddenLineCount: hiddenLineCount + first,
  };
}

/** The lines where no picture can be drawn, as in a hover or a hint: what stands for it in place of each. */
export function textLines({ lines, images }: ShownOutput): readonly (readonly Span[])[] {
  const text: (readonly Span[])[] = [];
  let from = 0;
  for (const { image, label } of images) {
    text.push(...lines.slice(from, image.line), [{ text: label }]);
    from = image.line + image.rows;
  }
  return images.length === 0 ? lines : [...text, ...lines.slice(from)];
}

/** What is left of an output that the user hid: how long it is. */
export function withoutLines(shown: ShownOutput): ShownOutput {
  return { ...shown, lines: [], images: [], hiddenLineCount: shown.hiddenLineCount + shown.lines.length };
}

/** The place at the end of Python's syntax errors is that of a file nobody knows, and the diagnostic stands there. */
function errorText({ ename, evalue }: ErrorOutput): string {
  const value = evalue.replace(/ \((?:\d+\.py|<ipython-input[^<>]*>|<cell \d+>), line \d+\)$/, "").trimEnd();
  return sanitize(value === "" ? ename : `${ename}: ${value}`);
}

function isError(output: Output): output is ErrorOutput {
  return output.output_type === "error";
}
