import type { Range } from "../base/text.ts";
import type { Kernel } from "./kernels.ts";
import type { NotificationMethod, RequestMethod } from "./method.ts";
import { documentParams } from "./validate.ts";

export type CellState = "idle" | "queued" | "running" | "succeeded" | "failed" | "cancelled" | "interrupted" | "unknown";

export interface Cell {
  readonly id: string;
  readonly kind: "code" | "markdown" | "raw";
  readonly language: string;
  /** From the marker to the next marker or the end of the file. */
  readonly range: Range;
  /** Without the marker and trailing blank lines; empty, after the marker line, where the body is empty. */
  readonly bodyRange: Range;
  readonly title?: string;
  readonly tags: readonly string[];
  readonly state: CellState;
  /** The execution whose state and outputs the cell shows. */
  readonly executionId: string | null;
  readonly executionCount: number | null;
  readonly stale?: { readonly reason: string; readonly cellIds: readonly string[] };
  /** The state in a few characters, ready to be drawn; in notifications of the language server. */
  readonly statusText?: string;
}

export interface CellsResult {
  /** `null` where no client has the document open. */
  readonly version: number | null;
  readonly revision: number;
  readonly language: string;
  readonly kernel: Kernel | null;
  readonly cells: readonly Cell[];
}

export const cellsRequest = {
  method: "nbls/cells",
  direction: "clientToServer",
  params: documentParams,
} as const satisfies RequestMethod<{ readonly textDocument: { readonly uri: string } }, CellsResult>;

export interface CellsChangeEntry {
  readonly start: number;
  readonly deleteCount: number;
  readonly cells: readonly Cell[];
}

/** The ranges of the cells behind a change shift by the lines that it added or removed. */
export interface DidChangeCellsParams {
  readonly textDocument: { readonly uri: string; readonly version: number | null };
  readonly changes: readonly CellsChangeEntry[];
}

export const didChangeCells = {
  method: "nbls/didChangeCells",
  direction: "serverToClient",
} as const satisfies NotificationMethod<DidChangeCellsParams>;
