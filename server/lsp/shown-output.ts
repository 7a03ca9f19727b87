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
const showsAll = `(${ways.whole} shows all)`;

/** Of a message in a diagnostic or a hover: it is sent with each of them, and nobody reads more in a popup. */
const messageLinesMax = 12;
const messageBytesMax = 4_096;

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
    ...(error === undefined ? {} : { error: errorText(error, view.bytesMax) }),
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
    kept.push([{ text: `${firstBytes(lineText(lines[first] ?? []), bytesMax)}…` }]);
  }
  return {
    lines: kept,
    images: images.flatMap((image) => (image.line < first ? [] : [{ ...image, line: image.line - first }])),
    hiddenLineCount: hiddenLineCount + first,
  };
}

/** As much of the beginning as fits into that many bytes of UTF-8. */
function firstBytes(text: string, bytesMax: number): string {
  const bytes = Buffer.from(text.slice(0, bytesMax));
  // The last character may have been cut in two.
  return bytes.length <= bytesMax
    ? text
    : bytes
        .subarray(0, bytesMax)
        .toString("utf8")
        .replace(/\ufffd$/, "");
}

/** What a kernel says of an error, sanitised: its first lines, and where they are not all, how to see the rest. */
export function boundedMessage(text: string, bytesMax = messageBytesMax): string {
  const room = Math.min(bytesMax, messageBytesMax);
  // Escape sequences take more than what is left of them.
  const beginning = text.slice(0, 4 * room);
  const clean = sanitize(beginning);
  const shown = firstBytes(clean.split("\n", messageLinesMax).join("\n"), room);
  return shown.length === clean.length && beginning.length === text.length ? clean : `${shown}…\n${showsAll}`;
}

/** `… 88 more lines (nbls.openOutput shows all)`. */
export function moreLines(count: number): string {
  return `… ${count} more ${count === 1 ? "line" : "lines"} ${showsAll}`;
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
function errorText({ ename, evalue }: ErrorOutput, bytesMax: number): string {
  const value = evalue.replace(/ \((?:\d+\.py|<ipython-input[^<>]*>|<cell \d+>), line \d+\)$/, "").trimEnd();
  return boundedMessage(value === "" ? ename : `${ename}: ${value}`, bytesMax);
}

function isError(output: Output): output is ErrorOutput {
  return output.output_type === "error";
}
