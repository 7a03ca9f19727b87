import { randomInt } from "node:crypto";
import { WorkerCalls } from "../base/worker-calls.ts";
import type { Output } from "../jupyter/nbformat.ts";
import { spansToAnsi } from "../render/ansi.ts";
import type { ConvertedImage, ImageRequest } from "../render/convert-image.ts";
import { hasPlaceholders, hasTrueColor, isInTmux, type Graphics } from "../render/graphics.ts";
import { halfBlockLines } from "../render/half-blocks.ts";
import { cellsFor, usualCell, type CellSize } from "../render/image-cells.ts";
import { imageBytes, outputImages, type ImageSource } from "../render/image-source.ts";
import { throughTmux, transmitBytes } from "../render/kitty.ts";
import { plainText, renderOutputs, type Span } from "../render/output.ts";
import { placeholderLines } from "../render/placeholders.ts";
import type { ImageDrawing } from "../render/renderer.ts";
import type { CliContext } from "./context.ts";
import { queryTerminal } from "./terminal-query.ts";

type OutputSurroundings = Pick<CliContext, "stdin" | "stdout" | "env" | "imageWorker" | "exitNow">;

interface Screen {
  readonly graphics: Graphics;
  readonly cell: CellSize;
}

/** A picture as the terminal will show it. */
interface Picture {
  readonly drawing: ImageDrawing;
  /** Written before its lines. */
  readonly before: string;
  /** Written over its lines, which are kept free. */
  readonly over: string;
}

const noPicture: Screen = { graphics: "none", cell: usualCell };
/** In lines: a plot is looked at as a whole, and what was before it stays in sight. */
const pictureRowsMax = 30;
/** A PNG that is larger is sent smaller: its bytes go through the terminal. */
const sidePixelsMax = 2_000;
const workerOptions = { timeoutMs: 10_000, idleMs: 10_000, heapMegabytesMax: 512 };

/** Outputs as what is written to stdout: for a terminal with colours and pictures, for a pipe as plain text. */
export class OutputText {
  readonly #context: OutputSurroundings;
  readonly #color: boolean;
  readonly #whole: boolean;
  readonly #worker: WorkerCalls | undefined;
  #screen: Promise<Screen> | undefined;

  /** `whole`: tables are not fitted into the terminal. */
  constructor(context: OutputSurroundings, color: boolean, { whole = false } = {}) {
    this.#context = context;
    this.#color = color;
    this.#whole = whole;
    this.#worker = context.imageWorker === undefined ? undefined : new WorkerCalls(context.imageWorker, workerOptions);
  }

  /** The last `linesMax` lines, each with its end; tables and pictures fit into the terminal, other lines are whole. */
  async text(outputs: readonly Output[], linesMax: number): Promise<{ readonly text: string; readonly hiddenLineCount: number }> {
    const { stdout } = this.#context;
    const width = stdout.isTTY === true && !this.#whole ? stdout.columns || 80 : Infinity;
    const pictures = await this.#pictures(outputs);
    const { lines, hiddenLineCount, images } = renderOutputs(outputs, {
      columnsMax: Infinity,
      linesMax,
      color: this.#color,
      width,
      drawImage: ({ data }) => pictures.get(data)?.drawing,
      ways: { whole: "nbls output --full" },
    });
    let text = "";
    let from = 0;
    for (const { image, line, rows } of images) {
      const { before = "", over = "" } = pictures.get(image.data) ?? {};
      text += this.#lines(lines.slice(from, line)) + before;
      text += over === "" ? this.#lines(lines.slice(line, line + rows)) : over;
      from = line + rows;
    }
    return { text: text + this.#lines(lines.slice(from)), hiddenLineCount };
  }

  #lines(lines: readonly (readonly Span[])[]): string {
    if (lines.length === 0) return "";
    return `${this.#color ? spansToAnsi(lines) : plainText(lines)}\n`;
  }

  /** By their data; those that cannot be drawn are missing. */
  async #pictures(outputs: readonly Output[]): Promise<ReadonlyMap<string, Picture>> {
    const pictures = new Map<string, Picture>();
    const sources = this.#color ? outputImages(outputs) : [];
    if (sources.length === 0) return pictures;
    const screen = await (this.#screen ??= this.#detect());
    if (screen.graphics === "none") return pictures;
    for (const source of sources) {
      const picture = await this.#picture(source, screen).catch(() => undefined);
      if (picture !== undefined) pictures.set(source.data, picture);
    }
    return pictures;
  }

  async #detect(): Promise<Screen> {
    const { env, stdout } = this.#context;
    if (stdout.isTTY !== true || env["TERM"] === "dumb") return noPicture;
    if (hasPlaceholders(env)) return { graphics: "kitty", cell: usualCell };
    const answer = await queryTerminal(this.#context);
    return { graphics: answer?.hasSixel === true ? "sixel" : "blocks", cell: answer?.cell ?? usualCell };
  }

  async #picture(source: ImageSource, { graphics, cell }: Screen): Promise<Picture | undefined> {
    const { columns: columnsMax = 80, rows: rowsOfScreen = 24 } = this.#context.stdout;
    // The prompt that follows needs two lines.
    const height = Math.min(pictureRowsMax, Math.max(1, rowsOfScreen - 2));
    const cells = cellsFor(source, { width: columnsMax, height }, cell);
    if (cells === undefined) return undefined;
    const { columns, rows } = cells;
    switch (graphics) {
      case "kitty": {
        const id = randomInt(2 ** 24, 2 ** 32 - 1);
        const isInline = source.mediaType === "image/png" && Math.max(source.width, source.height) <= sidePixelsMax;
        const png = isInline ? imageBytes(source) : await this.#png(source);
        const sequences = transmitBytes({ id, columns, rows }, png);
        const before = (isInTmux(this.#context.env) ? sequences.map(throughTmux) : sequences).join("");
        return { drawing: { columns, rows, lines: placeholderLines(id, columns, rows) }, before, over: "" };
      }
      case "sixel": {
        const scale = Math.min(1, (columns * cell.width) / source.width, (rows * cell.height) / source.height);
        const size = [source.width * scale, source.height * scale].map((value) => Math.max(1, Math.floor(value)));
        const converted = await this.#convert(source, "sixel", size[0] ?? 1, size[1] ?? 1);
        const lines = Array.from({ length: rows }, () => []);
        return { drawing: { columns, rows, lines }, before: "", over: overLines(converted.sixel, rows) };
      }
      case "blocks": {
        const { raster } = await this.#convert(source, "pixels", columns, rows * 2);
        const lines = halfBlockLines(raster, hasTrueColor(this.#context.env));
        return { drawing: { columns, rows, lines }, before: "", over: "" };
      }
      case "none":
        return undefined;
    }
  }

  async #png(source: ImageSource): Promise<Uint8Array> {
    return (await this.#convert(source, "png", sidePixelsMax, sidePixelsMax)).png;
  }

  async #convert<F extends ConvertedImage["form"]>(source: ImageSource, form: F, width: number, height: number) {
    if (this.#worker === undefined) throw new Error("there is no thread to decode it in");
    const request: ImageRequest = { mediaType: source.mediaType, bytes: imageBytes(source), form, width, height };
    const converted = (await this.#worker.call(request)) as ConvertedImage;
    if (converted.form !== form) throw new Error(`asked for ${form}, got ${converted.form}`);
    return converted as Extract<ConvertedImage, { readonly form: F }>;
  }
}

/**
 * Draws over lines that are made first: terminals do not agree where the cursor stands after a sixel, but all bring it back
 * to where it was saved.
 */
function overLines(sixel: string, rows: number): string {
  return `${"\n".repeat(rows)}\u001b[${rows}A\u001b7${sixel}\u001b8\u001b[${rows}B`;
}
