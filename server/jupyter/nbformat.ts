import type { JsonObject } from "./message.ts";

/**
 * Outputs as nbformat v4 defines them (nbformat.readthedocs.io, "Code cell outputs"), with one simplification: multi-line
 * text is always one string here, joined when a file is read and split when it is written.
 * `@jupyterlab/nbformat` is not used: its index signatures accept any misspelled field.
 */
export interface StreamOutput {
  readonly output_type: "stream";
  readonly name: "stdout" | "stderr";
  readonly text: string;
  /** The same text in parts of whole lines, where it is long and lies on disk: `text` then reads all of it into memory. Not enumerable. */
  readonly parts?: () => Iterable<string>;
}
export interface DisplayDataOutput {
  readonly output_type: "display_data";
  readonly data: MimeBundle;
  readonly metadata: JsonObject;
}
export interface ExecuteResultOutput {
  readonly output_type: "execute_result";
  readonly execution_count: number | null;
  readonly data: MimeBundle;
  readonly metadata: JsonObject;
}
export interface ErrorOutput {
  readonly output_type: "error";
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: readonly string[];
}
export type Output = StreamOutput | DisplayDataOutput | ExecuteResultOutput | ErrorOutput;

/** Media type → value: text, base64 for binary types, any JSON for `application/json` and `application/*+json`. */
export type MimeBundle = { readonly [mediaType: string]: unknown };

/** A mime value as text: nbformat allows a string, or a list of strings to be joined without a separator. */
export function joinMultiline(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.every((line) => typeof line === "string")) return value.join("");
  return undefined;
}
