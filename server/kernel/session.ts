import type { Log } from "../base/log.ts";
import type { Limits } from "../base/limits.ts";
import type { JsonObject, Message } from "../jupyter/message.ts";
import type { KernelLaunch, KernelProvider, LaunchOptions } from "./provider.ts";

export type SessionStatus = "starting" | "idle" | "busy" | "restarting" | "dead";

export type StartResult =
  | { readonly ok: true }
  /** `detail` is for people: it has the kernel's stderr where there is one, and says what to do. */
  | { readonly ok: false; readonly reason: "kernel_failed_to_start"; readonly detail: string };

export interface ExecuteRequest {
  /** The `msg_id` of the request: our execution id. */
  readonly executionId: string;
  readonly code: string;
  readonly cellId: string;
  readonly silent?: boolean;
  readonly allowStdin: boolean;
}

/** How an execution ended on the wire. `failed` is the user's error, everything else is ours or the kernel's. */
export type ExecuteEnd =
  | {
      readonly type: "succeeded";
      readonly executionCount: number | null;
      readonly payload: readonly JsonObject[];
      readonly idleLost: boolean;
    }
  | {
      readonly type: "failed";
      readonly executionCount: number | null;
      readonly ename: string;
      readonly evalue: string;
      readonly traceback: readonly string[];
      readonly idleLost: boolean;
    }
  | { readonly type: "aborted" }
  /** `idle` came and the reply did not. */
  | { readonly type: "reply_lost" }
  | { readonly type: "kernel_died"; readonly detail: string }
  | { readonly type: "kernel_restarted" | "kernel_shut_down" };

export interface SessionListener {
  statusChanged(status: SessionStatus, detail?: string): void;
  /** The kernel took the execution up (its busy, or `execute_input` with the count). */
  executionStarted(executionId: string, executionCount: number | null): void;
  /**
   * stream, display_data, update_display_data, execute_result, error, clear_output, comm_*: whose parent is one of our
   * executions, also long after its end. Messages of other clients' requests never come here.
   */
  output(executionId: string, message: Message): void;
  /** The kernel waits for `replyInput`. Interrupting it, or its end, withdraws the question. */
  inputRequested(executionId: string, prompt: string, password: boolean): void;
  inputWithdrawn(executionId: string): void;
}

export interface CompleteReply {
  readonly matches: readonly { readonly text: string; readonly type?: string; readonly signature?: string }[];
  /** UTF-16 offsets into the code. */
  readonly start: number;
  readonly end: number;
}

/**
 * One kernel as the engine sees it: started, executed on (one request at a time), interrupted, restarted in place, ended.
 * It holds no queue. All methods may be called in any state; none rejects but for bugs.
 */
export interface KernelSession {
  readonly id: string;
  readonly launch: KernelLaunch;
  readonly status: SessionStatus;
  readonly executionCount: number;
  readonly pid: number | undefined;
  /** The kernel's `kernel_info_reply`, once it came. */
  readonly info: JsonObject | undefined;
  /** As `KernelQuirks.lateOutputMs`; 0 where no kernel runs. */
  readonly lateOutputMs: number;
  /** Starts the kernel, or waits for the start under way; at once `ok` if it runs. */
  start(): Promise<StartResult>;
  /** Ends by reply *and* idle, in either order; within `limits.idleGraceMs` after the reply when idle is lost. */
  execute(request: ExecuteRequest): Promise<ExecuteEnd>;
  /** Through control while busy where the kernel takes it there. `undefined`: no answer within the time. Offset in UTF-16. */
  complete(code: string, offset: number, timeoutMs: number): Promise<CompleteReply | undefined>;
  /** A mime bundle; `undefined`: nothing found or no answer within the time. */
  inspect(code: string, offset: number, timeoutMs: number): Promise<JsonObject | undefined>;
  isComplete(code: string, timeoutMs: number): Promise<string | undefined>;
  /** `false` if there is no kernel to interrupt. Resolves when the interrupt was delivered, not when the cell ended. */
  interrupt(): Promise<boolean>;
  replyInput(executionId: string, value: string): void;
  /** Same session id, new process; running executions end `kernel_restarted`. */
  restart(): Promise<StartResult>;
  /** Politely, then by signals; running executions end `kernel_shut_down`. Nothing of the kernel is left afterwards. */
  shutdown(): Promise<void>;
}

export interface SessionOptions {
  readonly log: Log;
  readonly limits: Limits;
  readonly id: string;
  readonly launch: KernelLaunch;
  readonly provider: KernelProvider;
  readonly launchOptions: Omit<LaunchOptions, "sessionId" | "stderrTailBytes">;
}
