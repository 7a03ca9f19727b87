import { createHash } from "node:crypto";
import type { Log } from "../base/log.ts";
import type { WorkerCalls } from "../base/worker-calls.ts";
import { blobGraceMs, type BlobStore } from "../hub/blobs.ts";
import type { Output } from "../jupyter/nbformat.ts";
import type { OutputImage } from "../protocol/outputs.ts";
import type { ConvertedImage, ImageRequest } from "../render/convert-image.ts";
import { cellsFor } from "../render/image-cells.ts";
import { imageBytes, outputImages, type ImageSource } from "../render/image-source.ts";
import type { PlacedImage } from "../render/output.ts";
import { imageId, placeholderLines, placeholderSideMax } from "../render/placeholders.ts";
import type { DrawImage } from "../render/renderer.ts";
import { messageOf } from "./guard.ts";
import type { Terminal } from "./terminal.ts";

/** How the client sees pictures. */
export type ImageMode =
  /** It draws them itself, over lines that are kept free or over placeholders. */
  | { readonly kind: "client"; readonly placeholders: boolean }
  /** We give them to its terminal; placeholders are drawn in the colour that its theme gives to outputs. */
  | { readonly kind: "terminal"; readonly color: number }
  | { readonly kind: "none" };

/** The pictures of one cell, ready to be drawn. */
export interface PreparedImages {
  readonly draw: DrawImage;
  /**
   * What the client is told of a picture. To be awaited before it hears of the lines: the terminal must know a picture when
   * its placeholders come.
   */
  place(placed: PlacedImage): Promise<OutputImage>;
}

interface Picture {
  readonly id: number;
  /** In the store of blobs, where a client may read it as long as we say that we want it. */
  readonly blob: string;
  readonly path: string;
  wantedAt: number;
}

/** Pictures that can stand in one window; those before are told by their size. */
const picturesPerCellMax = 8;
/** Ids that are kept; there are 255 of one colour. */
const picturesKeptMax = 200;
/** Larger ones are made smaller when they have to be written anew. */
const sidePixelsMax = 2_000;
/** Well below the time that unwanted blobs are kept. */
const wantedAgainMs = blobGraceMs / 24;

/** Brings pictures to one client: as files that it reads, or into its terminal. */
export class Images {
  readonly #log: Log;
  readonly #worker: WorkerCalls | undefined;
  readonly #terminal: Terminal;
  readonly #blobs: () => BlobStore;
  readonly #mode: () => ImageMode;
  /** By the digest of their data, the one used longest ago first. */
  readonly #pictures = new Map<string, Promise<Picture | undefined>>();
  /** The cells that pictures were given to the client's terminal for, by id. */
  readonly #given = new Map<number, string>();
  #idCount = 0;

  /** Without a thread, only what needs no decoding is shown. */
  constructor(log: Log, worker: WorkerCalls | undefined, terminal: Terminal, blobs: () => BlobStore, mode: () => ImageMode) {
    this.#log = log;
    this.#worker = worker;
    this.#terminal = terminal;
    this.#blobs = blobs;
    this.#mode = mode;
  }

  /** Makes the pictures of these outputs ready; `undefined` where the client sees none. */
  async prepare(outputs: readonly Output[]): Promise<PreparedImages | undefined> {
    const mode = this.#mode();
    if (mode.kind === "none") return undefined;
    const sources = outputImages(outputs, picturesPerCellMax);
    if (sources.length === 0) return undefined;
    if (mode.kind === "terminal" && !(await this.#terminal.isReachable())) return undefined;
    const pictures = new Map<string, Picture>();
    for (const source of sources) {
      const picture = await this.#picture(source, mode);
      if (picture !== undefined) pictures.set(source.data, picture);
    }
    return {
      draw: (source, room) => drawing(source, pictures.get(source.data), mode, room),
      place: async ({ image, line, columns, rows }) => {
        const { id = 0, path = "" } = pictures.get(image.data) ?? {};
        const placed = { id: String(id), path, mediaType: "image/png", line, columns, rows };
        if (mode.kind === "terminal") await this.#terminal.showImage({ id, columns, rows }, path);
        if (mode.kind !== "client" || !mode.placeholders) return placed;
        const cells = `${columns}×${rows}`;
        if (this.#given.get(id) === cells) return placed;
        this.#given.set(id, cells);
        const sequences = await this.#terminal.transmission({ id, columns, rows }, path);
        const blob = this.#blobs().put(Buffer.from(sequences.map((sequence) => `${sequence}\n`).join("")));
        return { ...placed, transmission: this.#blobs().path(blob) };
      },
    };
  }

  /** The client's terminal may have lost its pictures: they are given to it once more. */
  giveAgain(): void {
    this.#given.clear();
  }

  async #picture(source: ImageSource, mode: ImageMode): Promise<Picture | undefined> {
    const color = mode.kind === "terminal" ? mode.color : "free";
    const key = `${color} ${createHash("sha256").update(source.mediaType).update(source.data).digest("hex")}`;
    const known = this.#pictures.get(key);
    let picture = known ?? this.#make(source, mode, undefined);
    if (known !== undefined && !this.#isThere(await known)) picture = this.#make(source, mode, (await known)?.id);
    // At the end again: used last.
    this.#pictures.delete(key);
    this.#pictures.set(key, picture);
    await this.#forgetOldest();
    return await picture;
  }

  /** One that cannot be drawn needs no file. */
  #isThere(picture: Picture | undefined): boolean {
    if (picture === undefined || Date.now() - picture.wantedAt < wantedAgainMs) return true;
    picture.wantedAt = Date.now();
    return this.#blobs().want(picture.blob);
  }

  async #make(source: ImageSource, mode: ImageMode, id: number | undefined): Promise<Picture | undefined> {
    try {
      const png = await this.#png(source);
      const blob = this.#blobs().put(png);
      return { id: id ?? this.#newId(mode), blob, path: this.#blobs().path(blob), wantedAt: Date.now() };
    } catch (error) {
      // Told by its size instead, this time and the next.
      this.#log.info(`${source.mediaType} cannot be drawn: ${messageOf(error)}`);
      return undefined;
    }
  }

  async #png(source: ImageSource): Promise<Uint8Array> {
    const bytes = imageBytes(source);
    if (source.mediaType === "image/png") return bytes;
    if (this.#worker === undefined) throw new Error("there is no thread to decode it in");
    const side = sidePixelsMax;
    const request: ImageRequest = { mediaType: source.mediaType, bytes, form: "png", width: side, height: side };
    const converted = (await this.#worker.call(request)) as ConvertedImage;
    if (converted.form !== "png") throw new Error(`asked for a PNG, got ${converted.form}`);
    return converted.png;
  }

  #newId(mode: ImageMode): number {
    this.#idCount += 1;
    if (mode.kind === "terminal") return imageId(mode.color, 1 + (this.#idCount % 255));
    // Any colour will do; a high byte that is not 0 keeps clear of programs that count from 1.
    return imageId(((this.#idCount * 0x9e3779) % 0xfffffe) | 1, 1 + (process.pid % 255));
  }

  async #forgetOldest(): Promise<void> {
    for (const [key, picture] of this.#pictures) {
      if (this.#pictures.size <= picturesKeptMax) return;
      this.#pictures.delete(key);
      const old = await picture;
      if (old !== undefined) this.#given.delete(old.id);
      if (old !== undefined) await this.#terminal.forgetImage(old.id);
    }
  }
}

function drawing(
  source: ImageSource,
  picture: Picture | undefined,
  mode: ImageMode,
  { width, height }: { readonly width: number; readonly height: number },
): ReturnType<DrawImage> {
  const side = placeholderSideMax;
  const cells = cellsFor(source, { width: Math.min(side, width), height: Math.min(side, height) });
  if (picture === undefined || cells === undefined) return undefined;
  const { columns, rows } = cells;
  const isFree = mode.kind === "client" && !mode.placeholders;
  return { columns, rows, lines: isFree ? Array.from({ length: rows }, () => []) : placeholderLines(picture.id, columns, rows) };
}
