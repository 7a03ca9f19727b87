import type { JsonObject } from "../jupyter/message.ts";
import { describeDeath } from "./failure-detail.ts";
import { codePointOffset, readCompleteReply, readInspectReply } from "./introspection.ts";
import type { ConnectionListener, KernelConnection } from "./kernel-connection.ts";
import { startKernel } from "./kernel-start.ts";
import type { KernelLaunch } from "./provider.ts";
import type {
  CompleteReply,
  ExecuteEnd,
  ExecuteRequest,
  KernelSession,
  SessionListener,
  SessionOptions,
  SessionStatus,
  StartResult,
} from "./session.ts";

/** A session over a provider. Nothing is started before `start()`. */
export function createKernelSession(options: SessionOptions, listener: SessionListener): KernelSession {
  return new ProviderSession(options, listener);
}

interface Start {
  readonly abort: AbortController;
  /** Settles when this attempt has come to its own end, superseded or not. */
  readonly attempt: Promise<StartResult>;
  /** What the one who asked is told: of the attempt that superseded this one, if there is any. */
  readonly result: Promise<StartResult>;
}

class ProviderSession implements KernelSession {
  readonly id: string;
  readonly launch: KernelLaunch;
  readonly #options: SessionOptions;
  readonly #listener: SessionListener;
  #status: SessionStatus | undefined;
  #connection: KernelConnection | undefined;
  #start: Start | undefined;
  /** The end of every kernel that was told to end: the next one starts after it. */
  #stopped: Promise<void> = Promise.resolve();

  constructor(options: SessionOptions, listener: SessionListener) {
    this.id = options.id;
    this.launch = options.launch;
    this.#options = options;
    this.#listener = listener;
  }

  get status(): SessionStatus {
    return this.#status ?? "starting";
  }

  get executionCount(): number {
    return this.#connection?.executionCount ?? 0;
  }

  get pid(): number | undefined {
    return this.#connection?.pid;
  }

  get info(): JsonObject | undefined {
    return this.#connection?.info;
  }

  get lateOutputMs(): number {
    return this.#connection?.lateOutputMs ?? 0;
  }

  start(): Promise<StartResult> {
    if (this.#connection !== undefined) return Promise.resolve({ ok: true });
    return this.#start?.result ?? this.#begin("starting");
  }

  async execute(request: ExecuteRequest): Promise<ExecuteEnd> {
    // In this very turn if a kernel runs: whoever interrupts right after asking means this request.
    const started = this.#start === undefined ? undefined : await this.#start.result;
    if (this.#connection !== undefined) return await this.#connection.execute(request);
    const detail = started?.ok === false ? started.detail : `${this.launch.displayName} does not run.`;
    return { type: "kernel_died", detail };
  }

  async complete(code: string, offset: number, timeoutMs: number): Promise<CompleteReply | undefined> {
    const content = { code, cursor_pos: codePointOffset(code, offset) };
    const reply = await this.#connection?.introspect("complete_request", content, timeoutMs);
    return reply === undefined ? undefined : readCompleteReply(code, offset, reply);
  }

  async inspect(code: string, offset: number, timeoutMs: number): Promise<JsonObject | undefined> {
    const content = { code, cursor_pos: codePointOffset(code, offset), detail_level: 0 };
    const reply = await this.#connection?.introspect("inspect_request", content, timeoutMs);
    return reply === undefined ? undefined : readInspectReply(reply);
  }

  async isComplete(code: string, timeoutMs: number): Promise<string | undefined> {
    const reply = await this.#connection?.introspect("is_complete_request", { code }, timeoutMs);
    return typeof reply?.["status"] === "string" ? reply["status"] : undefined;
  }

  async interrupt(): Promise<boolean> {
    return (await this.#connection?.interrupt()) ?? false;
  }

  replyInput(executionId: string, value: string): void {
    this.#connection?.replyInput(executionId, value);
  }

  restart(): Promise<StartResult> {
    this.#stop({ type: "kernel_restarted" });
    return this.#begin("restarting");
  }

  async shutdown(): Promise<void> {
    this.#stop({ type: "kernel_shut_down" });
    await this.#stopped;
    // Somebody may have started it again meanwhile.
    if (this.#start === undefined && this.#connection === undefined) this.#setStatus("dead");
  }

  #begin(status: "starting" | "restarting"): Promise<StartResult> {
    const abort = new AbortController();
    const attempt = this.#attempt(abort.signal);
    const result = attempt.then((own) => {
      if (abort.signal.aborted) return this.#start?.result ?? own;
      this.#start = undefined;
      return own;
    });
    this.#start = { abort, attempt, result };
    this.#setStatus(status);
    return result;
  }

  async #attempt(abort: AbortSignal): Promise<StartResult> {
    await this.#stopped;
    if (abort.aborted) return failed(`${this.launch.displayName} was stopped before it started.`);
    const { id, limits, launchOptions } = this.#options;
    let own: KernelConnection | undefined;
    const listener: ConnectionListener = {
      ...forwarded(this.#listener),
      busyChanged: () => {
        if (own !== undefined && own === this.#connection) this.#setStatus(own.busy ? "busy" : "idle");
      },
    };
    const options = { ...launchOptions, sessionId: id, stderrTailBytes: limits.stderrTailBytes };
    const started = await startKernel({ ...this.#options, launchOptions: options }, listener, abort);
    if (!started.ok) {
      if (!abort.aborted) this.#setStatus("dead", started.detail);
      return failed(started.detail);
    }
    own = started.connection;
    if (abort.aborted) {
      await own.kill();
      return failed(`${this.launch.displayName} was stopped while it started.`);
    }
    this.#connection = own;
    this.#setStatus(own.busy ? "busy" : "idle");
    void this.#watch(own);
    return { ok: true };
  }

  /** A kernel that ends without having been told to has died. */
  async #watch(connection: KernelConnection): Promise<void> {
    const exit = await connection.exited();
    if (this.#connection !== connection) return;
    const detail = describeDeath(this.launch, exit);
    this.#connection = undefined;
    connection.end({ type: "kernel_died", detail });
    // Its children may live on, and hold what the next kernel needs.
    this.#stopped = Promise.all([this.#stopped, connection.kill()]).then(() => undefined);
    this.#setStatus("dead", detail);
  }

  /** Ends the kernel, or the start under way; `#stopped` settles when nothing of it is left. */
  #stop(end: { readonly type: "kernel_restarted" | "kernel_shut_down" }): void {
    const start = this.#start;
    const connection = this.#connection;
    this.#start = undefined;
    this.#connection = undefined;
    start?.abort.abort();
    connection?.end(end);
    const stopping = connection?.shutDown(end.type === "kernel_restarted");
    this.#stopped = Promise.all([this.#stopped, start?.attempt, stopping]).then(() => undefined);
  }

  #setStatus(status: SessionStatus, detail?: string): void {
    if (status === this.#status && detail === undefined) return;
    this.#status = status;
    this.#listener.statusChanged(status, detail);
  }
}

function forwarded(listener: SessionListener): Omit<SessionListener, "statusChanged"> {
  return {
    executionStarted: (executionId, executionCount) => listener.executionStarted(executionId, executionCount),
    output: (executionId, message) => listener.output(executionId, message),
    inputRequested: (executionId, prompt, password) => listener.inputRequested(executionId, prompt, password),
    inputWithdrawn: (executionId) => listener.inputWithdrawn(executionId),
  };
}

function failed(detail: string): StartResult {
  return { ok: false, reason: "kernel_failed_to_start", detail };
}
