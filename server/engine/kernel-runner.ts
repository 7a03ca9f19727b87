import { setTimeout as delay } from "node:timers/promises";
import type { Limits } from "../base/limits.ts";
import type { Log } from "../base/log.ts";
import type { JsonObject, Message } from "../jupyter/message.ts";
import type { ExecuteEnd, KernelSession, SessionListener, SessionStatus, StartResult } from "../kernel/session.ts";
import { displayIdOf, outputMessageTypes } from "../outputs/fold.ts";
import { OutputWidgets } from "../outputs/output-widgets.ts";
import { isOver, type Execution, type ExecutionReason, type ExecutionState } from "./execution.ts";
import { WaitingList } from "./waiting-list.ts";

const countDelayMs = 20;

export interface RunnerListener {
  /** `state`, `executionCount` or another field of the execution changed. Terminal states come after the last output. */
  executionChanged(execution: Execution): void;
  /** A message was folded into the execution's outputs; `changed` says whether that can be seen. */
  outputsChanged(execution: Execution, type: string, content: JsonObject, changed: boolean): void;
  kernelChanged(): void;
  inputRequested(execution: Execution, prompt: string, password: boolean): void;
  inputWithdrawn(execution: Execution): void;
}

/**
 * The queue of one kernel, depth one on the wire: cancelling, reordering and stopping on an error stay ours
 * (pipelining saves about a tenth of the time and loses all three).
 */
export class KernelRunner {
  readonly session: KernelSession;
  readonly #log: Log;
  readonly #limits: Limits;
  readonly #listener: RunnerListener;
  readonly #waiting = new WaitingList();
  /** Executions whose output may still come; the oldest finished ones go first. */
  readonly #known = new Map<string, Execution>();
  /** Which executions show a `display_id`: the newest data wins in all of them. */
  readonly #displays = new Map<string, Set<Execution>>();
  readonly #widgets = new OutputWidgets<Execution>((execution, type, content) => this.#fold(execution, type, content));
  #running: Execution | undefined;
  #interrupted: Execution | undefined;
  /** Only the running execution was cancelled: what waits behind it goes on. */
  #interruptedAlone = false;
  #pumping = false;
  /** When an execution ended last, and when an output came last, as `performance.now()` tells it. */
  #endedAt = -Infinity;
  #outputAt = -Infinity;
  #statusDetail: string | undefined;

  constructor(log: Log, limits: Limits, createSession: (listener: SessionListener) => KernelSession, listener: RunnerListener) {
    this.#log = log;
    this.#limits = limits;
    this.#listener = listener;
    this.session = createSession({
      statusChanged: (status, detail) => this.#statusChanged(status, detail),
      executionStarted: (id, count) => this.#started(id, count),
      output: (id, message) => this.#output(id, message),
      inputRequested: (id, prompt, password) => {
        const execution = this.#known.get(id);
        if (execution !== undefined) listener.inputRequested(execution, prompt, password);
      },
      inputWithdrawn: (id) => {
        const execution = this.#known.get(id);
        if (execution !== undefined) listener.inputWithdrawn(execution);
      },
    });
  }

  get running(): Execution | undefined {
    return this.#running;
  }

  get statusDetail(): string | undefined {
    return this.#statusDetail;
  }

  get isBusy(): boolean {
    return this.#running !== undefined || this.#waiting.size > 0;
  }

  /** Queues in the order given, without announcing them. `false`: the queue is full and nothing was queued. */
  enqueue(executions: readonly Execution[]): boolean {
    if (this.#waiting.size + executions.length > this.#limits.queuedExecutionsMax) return false;
    for (const execution of executions) {
      const replaced = this.#waiting.add(execution);
      if (replaced !== undefined) this.#end(replaced, "cancelled", "replaced");
      this.#remember(execution);
    }
    void this.#pump();
    return true;
  }

  /** Cancels what waits and matches, interrupts what runs and matches. */
  async cancel(
    matches: (execution: Execution) => boolean,
  ): Promise<{ cancelled: readonly Execution[]; interrupted: readonly Execution[] }> {
    const cancelled = this.#waiting.remove(matches);
    for (const execution of cancelled) this.#end(execution, "cancelled", "cancelled_by_user");
    const running = this.#running;
    if (running === undefined || !matches(running)) return { cancelled, interrupted: [] };
    return { cancelled, interrupted: (await this.#interruptRunning(running, true)) ? [running] : [] };
  }

  /** Interrupts what runs, and cancels what `notebookKey` has queued. */
  async interrupt(notebookKey: string): Promise<boolean> {
    this.#cancelWaiting((execution) => execution.notebookKey === notebookKey, "interrupted_earlier");
    const running = this.#running;
    return running === undefined ? await this.session.interrupt() : await this.#interruptRunning(running);
  }

  /**
   * Resolves when no output of executions that ended is to be expected any more: at once, but for a kernel that prints
   * after idle when it was quiet for its `lateOutputMs`, and at most `limits.lateOutputMsMax` after the last end, since a
   * timer in a cell may print for ever. What runs is not waited for.
   */
  async settled(): Promise<void> {
    while (this.#running === undefined) {
      const quietAt = Math.max(this.#endedAt, this.#outputAt) + this.session.lateOutputMs;
      const leftMs = Math.min(quietAt, this.#endedAt + this.#limits.lateOutputMsMax) - performance.now();
      if (leftMs <= 0 || this.session.lateOutputMs === 0) return;
      await delay(leftMs);
    }
  }

  async start(): Promise<StartResult> {
    return await this.session.start();
  }

  async restart(): Promise<StartResult> {
    this.#cancelWaiting(() => true, "kernel_restarted");
    return await this.session.restart();
  }

  async shutdown(): Promise<void> {
    this.#cancelWaiting(() => true, "kernel_shut_down");
    await this.session.shutdown();
  }

  async #interruptRunning(execution: Execution, alone = false): Promise<boolean> {
    this.#interrupted = execution;
    this.#interruptedAlone = alone;
    return await this.session.interrupt();
  }

  #cancelWaiting(matches: (execution: Execution) => boolean, reason: ExecutionReason): void {
    for (const execution of this.#waiting.remove(matches)) this.#end(execution, "cancelled", reason);
  }

  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      for (let next = this.#waiting.take(); next !== undefined; next = this.#waiting.take()) await this.#run(next);
    } catch (error) {
      this.#log.error(`queue of kernel ${this.session.launch.name}: ${error instanceof Error ? error.stack : String(error)}`);
    } finally {
      this.#pumping = false;
    }
  }

  async #run(execution: Execution): Promise<void> {
    if (this.session.status !== "idle" && this.session.status !== "busy") {
      this.#waiting.putBack(execution);
      const started = await this.session.start();
      if (!started.ok) {
        // Each would fail the same way; all of them say why.
        for (const waiting of this.#waiting.remove(() => true)) this.#end(waiting, "failed", started.reason, started.detail);
        return;
      }
      // It may have been cancelled, or another one put before it, while the kernel started.
      const first = this.#waiting.take();
      if (first === undefined) return;
      execution = first;
    }
    let end = await this.#execute(execution);
    // A kernel aborts what it had received when something else failed: it was not run, so it is sent once more.
    if (end.type === "aborted") end = await this.#execute(execution);
    this.#finish(execution, end);
  }

  async #execute(execution: Execution): Promise<ExecuteEnd> {
    this.#running = execution;
    execution.state = "running";
    execution.startedAt = Date.now();
    if (this.session.pid !== undefined) execution.kernelPid = this.session.pid;
    const started = performance.now();
    const { id: executionId, source: code, cellId, allowStdin } = execution;
    // Asked first and told then: the kernel works meanwhile.
    const ended = this.session.execute({ executionId, code, cellId, allowStdin });
    this.#listener.executionChanged(execution);
    const timer =
      execution.timeoutMs > 0
        ? setTimeout(() => {
            execution.message = `stopped after ${execution.timeoutMs / 1000} s (execution.timeoutSeconds)`;
            void this.#interruptRunning(execution);
          }, execution.timeoutMs)
        : undefined;
    try {
      return await ended;
    } finally {
      clearTimeout(timer);
      this.#endedAt = performance.now();
      execution.durationMs = this.#endedAt - started;
      this.#running = undefined;
    }
  }

  #finish(execution: Execution, end: ExecuteEnd): void {
    const interrupted = this.#interrupted === execution;
    this.#interrupted = undefined;
    const behind = (other: Execution) => other.notebookKey === execution.notebookKey;
    switch (end.type) {
      case "succeeded":
        execution.executionCount = end.executionCount ?? execution.executionCount;
        this.#end(execution, "succeeded", end.idleLost ? "output_may_be_missing" : undefined);
        break;
      case "failed":
        execution.executionCount = end.executionCount ?? execution.executionCount;
        if (interrupted) {
          this.#end(execution, "interrupted");
          if (!this.#interruptedAlone) this.#cancelWaiting(behind, "interrupted_earlier");
        } else {
          // Deno says in its reply alone that a source cannot be parsed.
          const unseen = execution.fold.lastError() === undefined ? describeError(end) : undefined;
          this.#end(execution, "failed", end.idleLost ? "output_may_be_missing" : undefined, unseen);
          if (!execution.mayFail) this.#cancelWaiting(behind, "earlier_error");
        }
        break;
      case "aborted":
        this.#end(execution, "cancelled", "aborted_by_kernel");
        break;
      case "reply_lost":
        this.#end(execution, "unknown", "reply_lost");
        break;
      case "kernel_died":
        this.#end(execution, "failed", "kernel_died", end.detail);
        // Their kernel's state is gone, so running them on a fresh one would mean something else.
        this.#cancelWaiting(() => true, "kernel_died");
        break;
      case "kernel_restarted":
      case "kernel_shut_down":
        this.#end(execution, "interrupted", end.type);
        break;
    }
  }

  #end(execution: Execution, state: ExecutionState, reason?: ExecutionReason, message?: string): void {
    execution.state = state;
    if (reason !== undefined) execution.reason = reason;
    if (message !== undefined) execution.message = message;
    this.#listener.executionChanged(execution);
  }

  #statusChanged(status: SessionStatus, detail: string | undefined): void {
    this.#statusDetail = detail;
    // A new process knows nothing of the displays and widgets of the one before, and may give their ids again.
    if (status === "starting" || status === "restarting") {
      this.#displays.clear();
      this.#widgets.clear();
    }
    this.#listener.kernelChanged();
  }

  #started(id: string, count: number | null): void {
    const execution = this.#known.get(id);
    if (execution === undefined || count === null || execution.executionCount === count) return;
    execution.executionCount = count;
    // The end tells the count too; only of a cell that takes its time it is news, and news wakes every reader.
    setTimeout(() => {
      if (execution === this.#running) this.#listener.executionChanged(execution);
    }, countDelayMs).unref();
  }

  /**
   * The fate of a message is decided by its parent alone, however late it comes.
   * Of an execution that ended, it goes to that execution: the cell shows it as long as it shows that execution, and has it
   * in its record otherwise, never another cell and never another run. A removed cell keeps its record, and shows it when its
   * id comes back. Of a kernel that was restarted or ended nothing comes here: its session is deaf to it. Nor does what other
   * clients of a kernel asked for.
   */
  #output(id: string, message: Message): void {
    this.#outputAt = performance.now();
    const execution = this.#known.get(id);
    const type = message.header.msg_type;
    if (execution === undefined) return;
    const { content } = message;
    if (!outputMessageTypes.has(type)) return this.#widgets.comm(type, content);
    const displayId = displayIdOf(content);
    const showing = (displayId === undefined ? undefined : this.#displays.get(displayId)) ?? [];
    if (displayId !== undefined && type === "update_display_data") {
      for (const each of showing) this.#fold(each, type, content);
      this.#widgets.updateDisplay(displayId, content);
      return;
    }
    // A display shown again under its id updates where it stands already, too.
    for (const other of showing) if (other !== execution) this.#fold(other, "update_display_data", content);
    if (!this.#widgets.capture(id, type, content)) this.#fold(execution, type, content);
  }

  #fold(execution: Execution, type: string, content: JsonObject): void {
    const changed = execution.fold.apply(type, content);
    this.#listener.outputsChanged(execution, type, content, changed);
    const displayId = displayIdOf(content);
    if (displayId !== undefined) this.#displays.set(displayId, (this.#displays.get(displayId) ?? new Set()).add(execution));
    this.#widgets.show(execution, content);
  }

  /** Late output finds its cell as long as the execution is known; how many are is bounded. */
  #remember(execution: Execution): void {
    this.#known.set(execution.id, execution);
    if (this.#known.size <= this.#limits.executionsKeptMax) return;
    for (const [id, known] of this.#known) {
      if (!isOver(known)) continue;
      this.#known.delete(id);
      for (const showing of this.#displays.values()) showing.delete(known);
      this.#widgets.forget(known);
      break;
    }
  }
}

/** UTF-16 units of an error as a sentence: it goes with each news of the execution. */
const describedLengthMax = 4_000;

function describeError({ ename, evalue }: { readonly ename: string; readonly evalue: string }): string | undefined {
  if (ename === "") return undefined;
  const text = evalue === "" ? ename : `${ename}: ${evalue}`;
  return text.length > describedLengthMax ? `${text.slice(0, describedLengthMax)}…` : text;
}
