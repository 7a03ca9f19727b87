import type { RequestMethod } from "./method.ts";
import { boolean, object, string, textDocument } from "./validate.ts";

const inputParams = object({ textDocument, cellId: string, prompt: string, password: boolean });
export type RequestInputParams = ReturnType<typeof inputParams>;

/** The first client that answers wins; the others get `$/cancelRequest`. `null`: nobody wants to answer. */
export const requestInput = {
  method: "nbls/requestInput",
  direction: "serverToClient",
  params: inputParams,
} as const satisfies RequestMethod<RequestInputParams, { readonly value: string } | null>;
