import type { Position, Range } from "../base/text.ts";
import type { CellState } from "./cells.ts";
import type { NotificationMethod, RequestMethod } from "./method.ts";
import {
  array,
  object,
  oneOf,
  optional,
  position,
  range,
  string,
  textDocument,
  uinteger,
  InvalidParams,
  type Validator,
} from "./validate.ts";

/** What to run, named by cell and place, never by text. */
export type ExecuteTarget =
  | { readonly cellIds: readonly string[] }
  | { readonly position: Position }
  | { readonly range: Range }
  /** First and last line, 0-based, inclusive: only that source. */
  | { readonly lines: readonly [number, number] }
  | { readonly scope: "all" }
  | { readonly scope: "stale" }
  | { readonly scope: "above" | "below"; readonly cellId: string }
  | { readonly scope: "above" | "below"; readonly position: Position };

const linePair: Validator<readonly [number, number]> = (value, path) => {
  const [first, last, ...rest] = array(uinteger)(value, path);
  if (first === undefined || last === undefined || rest.length > 0 || last < first)
    throw new InvalidParams(path, "[first, last]");
  return [first, last];
};

const anchored = {
  cellId: object({ scope: oneOf("above", "below"), cellId: string }),
  position: object({ scope: oneOf("above", "below"), position }),
};
const scoped: Validator<ExecuteTarget> = (value, path) => {
  const { scope, cellId } = object({ scope: oneOf("all", "stale", "above", "below"), cellId: optional(string) })(value, path);
  if (scope === "all" || scope === "stale") return { scope };
  return (cellId === undefined ? anchored.position : anchored.cellId)(value, path);
};
const byField: { readonly [field: string]: Validator<ExecuteTarget> } = {
  scope: scoped,
  cellIds: object({ cellIds: array(string) }),
  position: object({ position }),
  range: object({ range }),
  lines: object({ lines: linePair }),
};

export const executeTarget: Validator<ExecuteTarget> = (value, path) => {
  const field = typeof value === "object" && value !== null ? Object.keys(byField).find((name) => name in value) : undefined;
  const validator = field === undefined ? undefined : byField[field];
  if (validator === undefined) throw new InvalidParams(path, "a target: cellIds, position, range, lines or scope");
  return validator(value, path);
};

const executeParams = object({ textDocument, version: optional(uinteger), target: executeTarget });
export type ExecuteParams = ReturnType<typeof executeParams>;
export interface ExecuteResult {
  /** In document order. */
  readonly executions: readonly { readonly executionId: string; readonly cellId: string }[];
}

/** Answers as soon as the cells are queued. */
export const executeRequest = {
  method: "nbls/execute",
  direction: "clientToServer",
  params: executeParams,
} as const satisfies RequestMethod<ExecuteParams, ExecuteResult>;

const cancelParams = object({ textDocument, executionIds: optional(array(string)) });
export type CancelParams = ReturnType<typeof cancelParams>;
export interface CancelResult {
  readonly cancelled: readonly string[];
  readonly interrupted: readonly string[];
}

export const cancelRequest = {
  method: "nbls/cancel",
  direction: "clientToServer",
  params: cancelParams,
} as const satisfies RequestMethod<CancelParams, CancelResult>;

/** Why an execution ended as it did, where its state alone does not say it. */
export type ExecutionReason =
  | "earlier_error"
  | "interrupted_earlier"
  | "replaced"
  | "cancelled_by_user"
  | "aborted_by_kernel"
  | "kernel_failed_to_start"
  | "no_kernelspec"
  | "kernel_died"
  | "kernel_restarted"
  | "kernel_shut_down"
  | "reply_lost"
  | "output_may_be_missing"
  | "hub_lost"
  | "untrusted";

export interface DidChangeExecutionParams {
  readonly textDocument: { readonly uri: string };
  readonly cellId: string;
  readonly executionId: string;
  readonly state: Exclude<CellState, "idle">;
  readonly reason?: ExecutionReason;
  /** A sentence for people, where the reason alone does not say what to do (a kernel's stderr, what to install). */
  readonly message?: string;
  readonly executionCount?: number;
  /** Milliseconds since the epoch. */
  readonly startedAt?: number;
  readonly durationMs?: number;
  /** The cell's state in a few characters, ready to be drawn; in notifications of the language server. */
  readonly statusText?: string;
}

export const didChangeExecution = {
  method: "nbls/didChangeExecution",
  direction: "serverToClient",
} as const satisfies NotificationMethod<DidChangeExecutionParams>;
