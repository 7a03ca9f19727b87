import { type Deferred, deferred, within } from "../base/deferred.ts";
import type { JsonObject, Message } from "../jupyter/message.ts";
import { type Patience, patience } from "./patience.ts";
import type { ExecuteEnd, ExecuteRequest, SessionListener } from "./session.ts";

/** Ended executions whose late output still finds its cell: far more than a notebook shows, and under a megabyte. */
const knownIdsMax = 10_000;

/** From `execute_input` to the user's code: about a millisecond, more on a busy machine. */
const settleMs = 50;

const outputTypes: ReadonlySet<string> = new Set([
  "stream",
  "display_data",
  "update_display_data",
  "execute_result",
  "error",
  "clear_output",
  // A widget says by these which outputs are its own, so they keep their place among them.
  "comm_open",
  "comm_msg",
  "comm_close",
]);

type Reply = Extract<ExecuteEnd, { type: "succeeded" | "failed" | "aborted" }>;

interface Execution {
  readonly id: string;
  readonly silent: boolean;
  readonly allowStdin: boolean;
  readonly ended: Deferred<ExecuteEnd>;
  /** The kernel took the request up, or will not. */
  readonly underWay: Deferred<void>;
  /** When it did so. */
  underWaySince: number;
  busySeen: boolean;
  idleSeen: boolean;
  reply: Reply | undefined;
  interrupted: boolean;
  /** The `input_request` that waits for an answer. */
  question: Message | undefined;
  patience: Patience | undefined;
}

/**
 * Our executions on one kernel process, from request to end and beyond. Shell and iopub have no order between them: an
 * execution ends when its reply *and* its idle were seen. Either can be lost, so the second one is waited for with a bound.
 */
export class ExecutionTracking {
  readonly #graceMs: number;
  readonly #listener: Omit<SessionListener, "statusChanged">;
  readonly #runningChanged: () => void;
  readonly #running = new Map<string, Execution>();
  readonly #known = new Set<string>();
  #begun = 0;
  executionCount = 0;

  constructor(graceMs: number, listener: Omit<SessionListener, "statusChanged">, runningChanged: () => void) {
    this.#graceMs = graceMs;
    this.#listener = listener;
    this.#runningChanged = runningChanged;
  }

  get runningCount(): number {
    return this.#running.size;
  }

  /** Whether the message belongs to an execution of ours, running or long ended. */
  owns(message: Message): boolean {
    return this.#known.has(message.parentHeader.msg_id);
  }

  /** From now on messages of this execution are ours. Settles when it has ended. */
  begin(request: ExecuteRequest): Promise<ExecuteEnd> {
    const execution: Execution = {
      id: request.executionId,
      silent: request.silent === true,
      allowStdin: request.allowStdin,
      ended: deferred(),
      underWay: deferred(),
      underWaySince: 0,
      busySeen: false,
      idleSeen: false,
      reply: undefined,
      interrupted: false,
      question: undefined,
      patience: undefined,
    };
    this.#begun += 1;
    this.#running.set(execution.id, execution);
    this.#known.add(execution.id);
    if (this.#known.size > knownIdsMax) {
      const [oldest] = this.#known;
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    this.#runningChanged();
    return execution.ended.promise;
  }

  /** Takes an iopub message that `owns` told to be ours. */
  publication(message: Message): void {
    const id = message.parentHeader.msg_id;
    const execution = this.#running.get(id);
    execution?.patience?.renew();
    const type = message.header.msg_type;
    if (outputTypes.has(type)) this.#listener.output(id, message);
    else if (execution === undefined) return;
    else if (type === "execute_input") this.#started(execution, count(message.content));
    else if (type === "status" && message.content["execution_state"] === "busy") this.#busy(execution);
    else if (type === "status" && message.content["execution_state"] === "idle") this.#idle(execution);
  }

  /** Takes an `execute_reply`; duplicates and late ones are ignored. */
  reply(message: Message): void {
    const execution = this.#running.get(message.parentHeader.msg_id);
    if (execution === undefined || execution.reply !== undefined) return;
    const reply = readReply(message.content);
    // IRkernel calls an interrupted execution aborted, which elsewhere means that it was not run.
    execution.reply = reply.type === "aborted" && execution.interrupted ? interruptedWithoutError : reply;
    const executionCount = count(message.content);
    if (executionCount !== null) this.executionCount = Math.max(this.executionCount, executionCount);
    this.#underWay(execution);
    this.#withdraw(execution);
    if (execution.idleSeen) this.#end(execution, execution.reply);
    else this.#waitForTheOther(execution);
  }

  /**
   * Takes an `input_request`. Kernels exist that leave its parent out: then it is of the one that runs.
   * `false`: the request said that nobody can answer, and the kernel (IRkernel) asks all the same.
   */
  question(message: Message): boolean {
    const [only] = this.#running.size === 1 ? this.#running.values() : [];
    const execution = this.#running.get(message.parentHeader.msg_id) ?? only;
    if (execution === undefined || execution.reply !== undefined) return true;
    if (!execution.allowStdin) return false;
    execution.question = message;
    const prompt = message.content["prompt"];
    this.#listener.inputRequested(execution.id, typeof prompt === "string" ? prompt : "", message.content["password"] === true);
    return true;
  }

  /** The `input_request` that this answer is for; `undefined` if it waits no longer. */
  takeQuestion(executionId: string): Message | undefined {
    const execution = this.#running.get(executionId);
    const question = execution?.question;
    if (execution !== undefined) execution.question = undefined;
    return question;
  }

  /** The kernel is interrupted: what it asked is void. Names the executions that end by it. */
  interrupt(): readonly string[] {
    for (const execution of this.#running.values()) {
      execution.interrupted = true;
      this.#withdraw(execution);
    }
    return [...this.#running.keys()];
  }

  /** The kernel has gone on to later requests: what these have not got by now will never come. */
  giveUp(executionIds: readonly string[]): void {
    for (const id of executionIds) {
      const execution = this.#running.get(id);
      if (execution !== undefined) this.#endIncomplete(execution);
    }
  }

  /**
   * Resolves once every running execution can be interrupted. ipykernel ignores a SIGINT that comes before it takes the
   * request up, and one that hits its own code before ours runs is swallowed or costs the execution its reply.
   */
  async interruptible(timeoutMs: number, firstExecutionMs: number): Promise<void> {
    const running = [...this.#running.values()];
    await within(Promise.all(running.map((execution) => execution.underWay.promise)), timeoutMs, undefined);
    const youngest = Math.max(0, ...running.map((execution) => execution.underWaySince));
    const settledMs = Math.max(settleMs, this.#begun === 1 ? firstExecutionMs : 0);
    const waitMs = youngest + settledMs - performance.now();
    if (waitMs > 0) await within(Promise.all(running.map((execution) => execution.ended.promise)), waitMs, undefined);
  }

  /** The process ends, or ended, and every execution with it. */
  endAll(end: ExecuteEnd): void {
    for (const execution of this.#running.values()) {
      this.#withdraw(execution);
      this.#end(execution, end);
    }
  }

  #busy(execution: Execution): void {
    // Silent requests have no `execute_input`, which comes after busy and closer to the code.
    if (execution.silent) this.#underWay(execution);
    if (execution.busySeen) return;
    execution.busySeen = true;
    this.#listener.executionStarted(execution.id, null);
  }

  #started(execution: Execution, executionCount: number | null): void {
    this.#underWay(execution);
    if (executionCount === null) return;
    this.executionCount = executionCount;
    this.#listener.executionStarted(execution.id, executionCount);
  }

  #idle(execution: Execution): void {
    if (execution.idleSeen) return;
    execution.idleSeen = true;
    this.#underWay(execution);
    this.#withdraw(execution);
    if (execution.reply !== undefined) this.#end(execution, execution.reply);
    else this.#waitForTheOther(execution);
  }

  #waitForTheOther(execution: Execution): void {
    execution.patience = patience(this.#graceMs, () => this.#endIncomplete(execution));
  }

  /** Ends an execution whose reply, idle or both were lost. */
  #endIncomplete(execution: Execution): void {
    const { reply, idleSeen, interrupted } = execution;
    if (reply !== undefined) this.#end(execution, reply.type === "aborted" ? reply : { ...reply, idleLost: !idleSeen });
    // ipykernel drops an execution without a reply when the signal hits it in its own code, right before or after ours.
    else if (interrupted) this.#end(execution, { ...interruptedWithoutError, idleLost: !idleSeen });
    else this.#end(execution, { type: "reply_lost" });
  }

  #underWay(execution: Execution): void {
    if (execution.underWaySince === 0) execution.underWaySince = performance.now();
    execution.underWay.resolve();
  }

  #withdraw(execution: Execution): void {
    if (execution.question === undefined) return;
    execution.question = undefined;
    this.#listener.inputWithdrawn(execution.id);
  }

  #end(execution: Execution, end: ExecuteEnd): void {
    execution.patience?.end();
    this.#underWay(execution);
    this.#running.delete(execution.id);
    this.#runningChanged();
    execution.ended.resolve(end);
  }
}

/** What becomes of an interrupted execution whose kernel does not report an error of its own. */
const interruptedWithoutError: Extract<Reply, { type: "failed" }> = {
  type: "failed",
  executionCount: null,
  ename: "KeyboardInterrupt",
  evalue: "",
  traceback: [],
  idleLost: false,
};

function count(content: JsonObject): number | null {
  const value = content["execution_count"];
  return typeof value === "number" && Number.isInteger(value) ? value : null;
}

function readReply(content: JsonObject): Reply {
  const executionCount = count(content);
  switch (content["status"]) {
    case "ok":
      return { type: "succeeded", executionCount, payload: objects(content["payload"]), idleLost: false };
    case "aborted":
    case "abort":
      return { type: "aborted" };
    default:
      // Whatever is not said to have gone well has not.
      return {
        type: "failed",
        executionCount,
        ename: text(content["ename"]),
        evalue: text(content["evalue"]),
        traceback: Array.isArray(content["traceback"]) ? content["traceback"].map(text) : [],
        idleLost: false,
      };
  }
}

function text(value: unknown): string {
  return typeof value === "string" ? value : value === undefined || value === null ? "" : JSON.stringify(value);
}

function objects(value: unknown): JsonObject[] {
  if (!Array.isArray(value)) return [];
  return value.filter((entry): entry is JsonObject => typeof entry === "object" && entry !== null && !Array.isArray(entry));
}
