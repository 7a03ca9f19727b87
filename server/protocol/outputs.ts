import type { Position } from "../base/text.ts";
import type { NotificationMethod, RequestMethod } from "./method.ts";
import { array, object, oneOf, optional, string, textDocument, uinteger, InvalidParams, type Validator } from "./validate.ts";

const outputsFields = object({
  textDocument,
  cellId: optional(string),
  executionId: optional(string),
  as: optional(oneOf("nbformat", "text", "markdown")),
  /** In lines of the text or Markdown. */
  offset: optional(uinteger),
  limit: optional(uinteger),
});
export type OutputsParams = ReturnType<typeof outputsFields>;

const outputsParams: Validator<OutputsParams> = (value, path) => {
  const params = outputsFields(value, path);
  if (params.cellId === undefined && params.executionId === undefined)
    throw new InvalidParams(path, "a cellId or an executionId");
  return params;
};

export interface OutputsResult {
  /** `null`: the outputs are those the file holds; no execution of ours made them. */
  readonly executionId: string | null;
  readonly seq: number;
  /** With `as: "nbformat"`, the default. */
  readonly outputs?: readonly unknown[];
  /** With `as: "text"` and `"markdown"`. */
  readonly text?: string;
  readonly lineCount?: number;
}

export const outputsRequest = {
  method: "nbls/outputs",
  direction: "clientToServer",
  params: outputsParams,
} as const satisfies RequestMethod<OutputsParams, OutputsResult>;

const clearOutputsParams = object({ textDocument, cellIds: optional(array(string)) });
export type ClearOutputsParams = ReturnType<typeof clearOutputsParams>;

export const clearOutputsRequest = {
  method: "nbls/clearOutputs",
  direction: "clientToServer",
  params: clearOutputsParams,
} as const satisfies RequestMethod<ClearOutputsParams, null>;

export interface Span {
  readonly text: string;
  /** `#rrggbb`, or an ANSI colour number 0 to 255. */
  readonly fg?: string | number;
  readonly bg?: string | number;
  readonly bold?: boolean;
  readonly italic?: boolean;
  readonly underline?: boolean;
  readonly dim?: boolean;
}

export interface OutputImage {
  readonly id: string;
  readonly path: string;
  readonly mediaType: string;
  /** The line of `lines` that it stands at. */
  readonly line: number;
  readonly columns: number;
  readonly rows: number;
  /** For a client with placeholders: the file of what gives the picture to its terminal, each line by a write of its own. */
  readonly transmission?: string;
}

/** `lines` always replaces all that is shown for the cell; empty `lines` and `images` clear it. `seq` rises per cell. */
export interface DidChangeOutputsParams {
  readonly textDocument: { readonly uri: string; readonly version: number | null };
  readonly cellId: string;
  readonly executionId: string | null;
  readonly seq: number;
  /** The cell's state in a few characters, ready to be drawn. */
  readonly statusText: string;
  /** The end of the line under which the output belongs. */
  readonly anchor: Position;
  readonly lines: readonly (readonly Span[])[];
  readonly images: readonly OutputImage[];
  readonly hiddenLineCount: number;
}

export const didChangeOutputs = {
  method: "nbls/didChangeOutputs",
  direction: "serverToClient",
} as const satisfies NotificationMethod<DidChangeOutputsParams>;
