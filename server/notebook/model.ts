import type { JsonObject } from "../jupyter/message.ts";
import type { Output } from "../jupyter/nbformat.ts";

export type CellKind = "code" | "markdown" | "raw";

/** A cell as values, free of any text form: what formats are converted through and what an `.ipynb` holds. */
export interface Cell {
  /** nbformat's id, `undefined` where the file has none. */
  readonly id: string | undefined;
  readonly kind: CellKind;
  /** A language by its LSP identifier ("python", "r", "julia", "javascript", "typescript", "markdown" …). */
  readonly language: string;
  readonly source: string;
  readonly metadata: JsonObject;
  readonly executionCount: number | null;
  readonly outputs: readonly Output[];
}

export interface Notebook {
  /** The language of code cells that do not say otherwise. */
  readonly language: string;
  readonly metadata: JsonObject;
  readonly cells: readonly Cell[];
}

/** Trouble in the user's text. Parsing never throws: it answers with problems. Lines are 0-based. */
export interface Problem {
  readonly line: number;
  readonly severity: "error" | "warning";
  readonly message: string;
}

/**
 * Where a cell stands in its document, in lines. `start` moves when lines are added above; everything else is relative
 * to it, so that an edit costs one addition for each later cell.
 */
export interface CellSpan {
  start: number;
  /** From the marker to the next marker, or to the end of the file. */
  lineCount: number;
  /** The first line of the body, relative to `start`: the line after the marker. */
  bodyOffset: number;
  /** Lines of the body, without trailing blank ones. */
  bodyLineCount: number;
  kind: CellKind;
  language: string;
  title: string | undefined;
  tags: readonly string[];
  metadata: JsonObject;
  /** The id that the file itself gives; `undefined` in formats without ids. */
  id: string | undefined;
  /** Whether a marker line begins it: not so for the text before the first marker. */
  hasMarker: boolean;
}

/** `deleteCount` cells from `start` on were replaced by `insertCount` cells, as in `Array.splice`. */
export interface CellsChange {
  readonly start: number;
  readonly deleted: readonly CellSpan[];
  readonly insertCount: number;
}
