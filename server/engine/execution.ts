import type { OutputFold } from "../outputs/fold.ts";

/** One fate per execution, always stated (invariant 14). */
export type ExecutionState = "queued" | "running" | "succeeded" | "failed" | "cancelled" | "interrupted" | "unknown";

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

/** One run of one cell's source. Its id is the `msg_id` of its request, so every door can name it, during and after. */
export interface Execution {
  readonly id: string;
  readonly notebookKey: string;
  readonly cellId: string;
  /** Exactly what is sent to the kernel. */
  readonly source: string;
  /** All of the cell's, where only a part of it is run. */
  readonly cellSource?: string;
  /** Tagged `raises-exception`: an error does not cancel what is queued behind it. */
  readonly mayFail: boolean;
  readonly origin: "user" | "automatic";
  readonly allowStdin: boolean;
  /** 0: none. */
  readonly timeoutMs: number;
  readonly fold: OutputFold;
  state: ExecutionState;
  reason?: ExecutionReason;
  /** A sentence for people where the reason does not say what to do. */
  message?: string;
  executionCount: number | null;
  /** Milliseconds since the epoch. */
  startedAt?: number;
  durationMs?: number;
  /** The process that runs it, or ran it: an execution count means something only within one. */
  kernelPid?: number;
}

export function isOver(execution: Execution): boolean {
  return execution.state !== "queued" && execution.state !== "running";
}
