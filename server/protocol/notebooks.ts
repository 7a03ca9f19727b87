import type { RequestMethod } from "./method.ts";
import { boolean, object, optional, string } from "./validate.ts";

const readNotebookParams = object({ uri: string });
export type ReadNotebookParams = ReturnType<typeof readNotebookParams>;
export interface ReadNotebookResult {
  /** The notebook in its text form. */
  readonly text: string;
  readonly languageId: string;
  readonly revision: number;
}

export const readNotebookRequest = {
  method: "nbls/readNotebook",
  direction: "clientToServer",
  params: readNotebookParams,
} as const satisfies RequestMethod<ReadNotebookParams, ReadNotebookResult>;

const writeNotebookParams = object({ uri: string, text: optional(string), to: optional(string), force: optional(boolean) });
export type WriteNotebookParams = ReturnType<typeof writeNotebookParams>;

export const writeNotebookRequest = {
  method: "nbls/writeNotebook",
  direction: "clientToServer",
  params: writeNotebookParams,
} as const satisfies RequestMethod<WriteNotebookParams, { readonly uri: string; readonly changed: boolean }>;
