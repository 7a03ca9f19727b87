import { CancellationToken, ResponseError } from "vscode-jsonrpc";
import type { Log } from "../base/log.ts";
import { errorCodeOf } from "../protocol/errors.ts";
import { InvalidParams, type Validator } from "../protocol/validate.ts";

/** Codes of JSON-RPC and LSP 3.17 that we answer with. */
export const rpcCodes = {
  methodNotFound: -32601,
  invalidRequest: -32600,
  invalidParams: -32602,
  internalError: -32603,
  serverNotInitialized: -32002,
  requestFailed: -32803,
} as const;

/** A method of the protocol with what it does: its params are checked before `run` sees them. */
export interface Route {
  readonly method: string;
  readonly run: (params: unknown, token: CancellationToken) => unknown;
}

export function route<P>(method: string, params: Validator<P>, handle: (params: P, token: CancellationToken) => unknown): Route {
  return { method, run: (value, token) => handle(params(value, ""), token) };
}

/**
 * Runs a request. A failure that callers branch on becomes a response error with its code in `data`; bad params name the
 * field; anything else is a bug of ours: it is logged with its stack and answered, and the process goes on.
 */
export async function guardRequest(log: Log, request: Route, params: unknown, token: CancellationToken): Promise<unknown> {
  try {
    return (await request.run(params, token)) ?? null;
  } catch (error) {
    return responseError(log, request.method, error);
  }
}

/** Runs a notification handler: nobody waits for an answer, so every failure ends in the log. */
export async function guardNotification(log: Log, notification: Route, params: unknown): Promise<void> {
  try {
    await notification.run(params, CancellationToken.None);
  } catch (error) {
    if (error instanceof InvalidParams) log.warn(`${notification.method}: ${error.message}`);
    else log.error(`${notification.method}: ${stackOf(error)}`);
  }
}

function responseError(log: Log, method: string, error: unknown): ResponseError<unknown> {
  if (error instanceof ResponseError) return error;
  if (error instanceof InvalidParams) return new ResponseError(rpcCodes.invalidParams, error.message);
  const code = errorCodeOf(error);
  if (code !== undefined) return new ResponseError(rpcCodes.requestFailed, messageOf(error), { code });
  log.error(`${method}: ${stackOf(error)}`);
  return new ResponseError(rpcCodes.internalError, `${method}: internal error: ${messageOf(error)}`);
}

/** What to tell a person about anything that was thrown. */
export function messageOf(error: unknown): string {
  if (typeof error === "object" && error !== null && "message" in error) return String(error.message);
  return String(error);
}

export function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
