import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { deferred, within } from "../base/deferred.ts";
import type { Limits } from "../base/limits.ts";
import type { Log } from "../base/log.ts";
import type { JsonObject, Message } from "../jupyter/message.ts";
import { ExecutionTracking } from "./execution-tracking.ts";
import type { KernelExit, KernelLaunch, KernelProvider, LaunchOptions, RunningKernel } from "./provider.ts";
import { type KernelQuirks, kernelQuirks } from "./quirks.ts";
import { Requests } from "./requests.ts";
import type { ExecuteEnd, ExecuteRequest, SessionListener } from "./session.ts";

/** What a dying kernel still wrote lies in our sockets when its exit is told: this long it may take to be read. */
const drainMs = 50;
/** An execution that was sent but not begun is waited for before an interrupt goes out. */
const underWayMs = 500;
const interruptReplyMs = 1_000;
/** From SIGTERM to SIGKILL. */
const terminateGraceMs = 1_000;
/** From SIGKILL to giving up on a process that the operating system does not let go of. */
const killGraceMs = 5_000;

export interface ConnectionOptions {
  readonly log: Log;
  readonly limits: Limits;
  readonly launch: KernelLaunch;
  readonly provider: KernelProvider;
  readonly launchOptions: LaunchOptions;
}

export interface ConnectionListener extends Omit<SessionListener, "statusChanged"> {
  /** Somebody's code, ours or another client's, began or ended. */
  busyChanged(): void;
}

/** One kernel process and everything that was asked of it. A restart makes the next one. */
export class KernelConnection {
  readonly #options: ConnectionOptions;
  readonly #listener: ConnectionListener;
  readonly #launched = deferred<RunningKernel>();
  readonly #executions: ExecutionTracking;
  readonly #requests: Requests;
  /** Executions of other clients that the kernel is busy with. */
  readonly #foreign = new Set<string>();
  /** Interrupted executions that a question behind them watches over. */
  readonly #watched = new Set<string>();
  #kernel: RunningKernel | undefined;
  #quirks: KernelQuirks;
  #info: JsonObject | undefined;
  #muted = false;

  private constructor(options: ConnectionOptions, listener: ConnectionListener) {
    this.#options = options;
    this.#listener = listener;
    this.#quirks = kernelQuirks(options.launch, {});
    this.#executions = new ExecutionTracking(options.limits.idleGraceMs, listener, () => listener.busyChanged());
    this.#requests = new Requests((message) => this.#kernel?.send(message));
  }

  /** Starts the process. Throws what spawning it throws; it is not yet ready then. */
  static async launch(options: ConnectionOptions, listener: ConnectionListener): Promise<KernelConnection> {
    const connection = new KernelConnection(options, listener);
    connection.#kernel = await options.provider.launch(options.launch, options.launchOptions, {
      message: (message) => connection.#message(message),
      heartbeat: (alive) => options.log.debug(`${options.launch.displayName}: heartbeat ${alive ? "is back" : "is missing"}`),
    });
    connection.#launched.resolve(connection.#kernel);
    return connection;
  }

  get pid(): number | undefined {
    return this.#kernel?.pid;
  }

  /** The `kernel_info_reply`, once `ready` had it. */
  get info(): JsonObject | undefined {
    return this.#info;
  }

  get executionCount(): number {
    return this.#executions.executionCount;
  }

  get lateOutputMs(): number {
    return this.#quirks.lateOutputMs;
  }

  /** Whether code runs. Completions, inspections and the like do not count, or the status would flap while one types. */
  get busy(): boolean {
    return this.#executions.runningCount > 0 || this.#foreign.size > 0;
  }

  /** Settles when the process has ended and what it last wrote was read. */
  async exited(): Promise<KernelExit> {
    const kernel = await this.#launched.promise;
    const exit = await kernel.exited;
    if (this.#executions.runningCount > 0) await delay(drainMs);
    return exit;
  }

  /** `true` once the kernel answers and its publications reach us; `false` if it ended before or `abort` fired. */
  async ready(abort: AbortSignal): Promise<boolean> {
    const kernel = await this.#launched.promise;
    const answer = await kernel.ready(abort);
    if (answer === false) return false;
    this.#info = answer.content;
    this.#quirks = kernelQuirks(this.#options.launch, answer.content);
    return true;
  }

  /** Runs code to its end: see `KernelSession.execute`. */
  execute(request: ExecuteRequest): Promise<ExecuteEnd> {
    const silent = request.silent === true;
    const ended = this.#executions.begin(request);
    this.#kernel?.send({
      channel: "shell",
      msgId: request.executionId,
      msgType: "execute_request",
      content: {
        code: request.code,
        silent,
        store_history: !silent,
        user_expressions: {},
        allow_stdin: request.allowStdin,
        // The queue is on our side: the kernel must not throw away what another client asked.
        stop_on_error: false,
      },
      metadata: { cellId: request.cellId },
    });
    return ended;
  }

  /** Asks beside the code that runs: on shell, or on control where the kernel answers there while it is busy. */
  async introspect(msgType: string, content: JsonObject, timeoutMs: number): Promise<JsonObject | undefined> {
    if (!this.busy) return this.#requests.ask("shell", msgType, content, timeoutMs);
    if (!this.#quirks.introspectsOnControl) return undefined;
    return this.#requests.ask("control", msgType, content, timeoutMs);
  }

  /** Resolves when the interrupt was delivered; `false` if nobody took it. */
  async interrupt(): Promise<boolean> {
    await this.#executions.interruptible(underWayMs, this.#quirks.firstExecutionMs);
    const interrupted = this.#executions.interrupt();
    const delivered = await this.#sendInterrupt();
    if (delivered) void this.#watchInterrupted(interrupted);
    return delivered;
  }

  async #sendInterrupt(): Promise<boolean> {
    if (this.#quirks.interrupt === "signal") return this.#kernel?.signal("SIGINT") ?? false;
    return (await this.#requests.ask("control", "interrupt_request", {}, interruptReplyMs)) !== undefined;
  }

  /** An interrupt can cost an execution its reply and its idle: then the answer to a later question ends it. */
  async #watchInterrupted(executionIds: readonly string[]): Promise<void> {
    const unwatched = executionIds.filter((id) => !this.#watched.has(id));
    if (unwatched.length === 0) return;
    for (const id of unwatched) this.#watched.add(id);
    if (await this.#requests.passed(this.#options.limits.idleGraceMs)) this.#executions.giveUp(unwatched);
    for (const id of unwatched) this.#watched.delete(id);
  }

  /** Answers what this execution asked; an answer that nobody waits for any longer is dropped. */
  replyInput(executionId: string, value: string): void {
    const question = this.#executions.takeQuestion(executionId);
    if (question !== undefined) this.#answer(question, value);
  }

  #answer(question: Message, value: string): void {
    this.#kernel?.send({
      channel: "stdin",
      msgId: randomUUID(),
      msgType: "input_reply",
      content: { status: "ok", value },
      parentHeader: { ...question.header },
    });
  }

  /** Ends every running execution; from now on nothing of this process is told any more. */
  end(end: ExecuteEnd): void {
    this.#executions.endAll(end);
    this.#muted = true;
    this.#requests.abandon();
  }

  /**
   * Asks the kernel to end and lets it, so that its exit handlers run and open files are flushed; then by signals to its
   * process group. `fast` kills it right after its answer: ipykernel takes another 0.3 to 0.6 s, which a restart should not.
   */
  async shutDown(fast: boolean): Promise<void> {
    const kernel = await this.#launched.promise;
    const { shutdownGraceMs } = this.#options.limits;
    const exited = kernel.exited.then(() => true);
    const answered = this.#requests.ask("control", "shutdown_request", { restart: fast }, shutdownGraceMs).then(() => false);
    const gone = fast ? await Promise.race([exited, answered]) : await within(exited, shutdownGraceMs, false);
    if (!gone && !fast) {
      kernel.signal("SIGTERM");
      await within(exited, terminateGraceMs, false);
    }
    await this.kill();
    this.#requests.abandon();
  }

  /** Ends the process and all that it started at once. Its exit, if the operating system tells it. */
  async kill(): Promise<KernelExit | undefined> {
    const kernel = await this.#launched.promise;
    kernel.signal("SIGKILL");
    const exit = await within(kernel.exited, killGraceMs, undefined);
    await kernel.dispose();
    return exit;
  }

  #message(message: Message): void {
    if (this.#muted && message.channel !== "control") return;
    switch (message.channel) {
      case "iopub":
        if (this.#executions.owns(message)) this.#executions.publication(message);
        else this.#foreignPublication(message);
        break;
      case "shell":
      case "control":
        if (message.header.msg_type === "execute_reply") this.#executions.reply(message);
        else this.#requests.answer(message);
        break;
      case "stdin":
        // The empty line is what R's readline() gives where nobody can type.
        if (message.header.msg_type === "input_request" && !this.#executions.question(message)) this.#answer(message, "");
        break;
    }
  }

  #foreignPublication(message: Message): void {
    if (message.content["execution_state"] === "idle") this.#requests.idle(message);
    if (message.header.msg_type !== "status" || message.parentHeader.msg_type !== "execute_request") return;
    const id = message.parentHeader.msg_id;
    if (message.content["execution_state"] === "busy") {
      // A kernel runs one at a time: whoever was busy before has ended, even if its idle got lost.
      this.#foreign.clear();
      this.#foreign.add(id);
    } else if (message.content["execution_state"] !== "idle" || !this.#foreign.delete(id)) return;
    this.#listener.busyChanged();
  }
}
