import type { JsonObject } from "../jupyter/message.ts";
import type { MimeBundle } from "../jupyter/nbformat.ts";
import type { ImageSource } from "./image-source.ts";
import type { Span } from "./span.ts";

/** What a client can show of one output. */
export interface RenderContext {
  /** Columns for what is laid out: tables, paragraphs, pictures. */
  readonly width: number;
  /** Lines that are shown; `Infinity` where all are wanted. */
  readonly height: number;
  readonly color: boolean;
  /** Draws a picture within the width and height; absent, or `undefined` for this one: its size is told instead. */
  readonly drawImage?: DrawImage | undefined;
  readonly ways?: Ways | undefined;
}

/** How a person gets to see what a rendering leaves out: named in the text, in the client's own words. */
export interface Ways {
  /** To all lines and columns. */
  readonly whole?: string;
  /** To what only a browser can show. */
  readonly browser?: string;
}

/** `undefined` where the picture cannot be drawn, or has not been prepared. */
export type DrawImage = (
  image: ImageSource,
  room: { readonly width: number; readonly height: number },
) => ImageDrawing | undefined;

/** A picture as the client will see it: as many lines as it takes, which may hold placeholders, blocks or nothing. */
export interface ImageDrawing {
  readonly lines: readonly (readonly Span[])[];
  readonly columns: number;
  readonly rows: number;
}

/** `text` has ANSI colours and is not yet sanitised, so that only what is shown has to be; `lines` are clean. */
export type Rendered =
  | { readonly form: "text"; readonly text: string }
  | { readonly form: "lines"; readonly lines: readonly (readonly Span[])[] }
  | { readonly form: "image"; readonly image: ImageSource; readonly drawing: ImageDrawing };

/** One way to show a mime bundle. The registry asks them by rank; the first that answers is shown. */
export interface Renderer {
  readonly name: string;
  /** `undefined`: the bundle has nothing for it, or nothing that it can show. */
  render(data: MimeBundle, metadata: JsonObject, context: RenderContext): Rendered | undefined;
}
