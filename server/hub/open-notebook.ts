import { randomUUID } from "node:crypto";
import { dirname } from "node:path";
import { deferred, type Deferred } from "../base/deferred.ts";
import type { Limits } from "../base/limits.ts";
import { isOver, type Execution, type ExecutionReason } from "../engine/execution.ts";
import { WaitingList } from "../engine/waiting-list.ts";
import type { JsonObject } from "../jupyter/message.ts";
import type { DidChangeExecutionParams, ExecuteTarget } from "../protocol/execution.ts";
import { NblsError } from "../protocol/errors.ts";
import type { Kernel } from "../protocol/kernels.ts";
import type { ClientDescription, ErrorPlace, HubEvent, HubListener, OutputWindow, OutputWindowParams } from "./hub.ts";
import { errorPlace } from "./error-place.ts";
import { kernelView, type RunningNotebookKernel } from "./kernels.ts";
import type { LiveNotebook } from "./live-notebook.ts";
import type { Replica, Splice } from "./replica.ts";
import { resolveTarget } from "./targets.ts";

const kernelDelayMs = 20;

/** One attached client, as a notebook sees it. */
export interface Member {
  readonly id: string;
  readonly description: ClientDescription;
  readonly listener: HubListener;
}

/** Chooses and makes the kernel of a notebook for the client that asked; a sentence for people where there is none. */
export type ChooseKernel = (
  notebook: OpenNotebook,
  member: Member,
) => Promise<RunningNotebookKernel | { readonly problem: string }>;

/** A notebook with the clients that look at it, its kernel and what it has queued. */
export class OpenNotebook {
  readonly live: LiveNotebook;
  readonly #limits: Limits;
  readonly #choose: ChooseKernel;
  /** Each client with the URI by which it knows the notebook: replies echo the client's own. */
  readonly #members = new Map<Member, string>();
  /** Who asked for an execution: that client is asked first when its cell wants input. */
  readonly #askers = new Map<string, Member>();
  /** Queued while the kernel is being chosen. */
  readonly #waiting = new WaitingList();
  #choosing: Promise<void> | undefined;
  #kernel: RunningNotebookKernel | undefined;
  #kernelTimer: NodeJS.Timeout | undefined;
  #toldKernel = "";
  #toldStatus: Kernel["status"] | undefined;
  #input: { readonly execution: Execution; readonly answer: Deferred<string | undefined> } | undefined;

  constructor(live: LiveNotebook, limits: Limits, choose: ChooseKernel) {
    this.live = live;
    this.#limits = limits;
    this.#choose = choose;
  }

  get kernel(): RunningNotebookKernel | undefined {
    return this.#kernel;
  }

  get directory(): string {
    return dirname(this.live.path);
  }

  get hasMembers(): boolean {
    return this.#members.size > 0;
  }

  get isRunning(): boolean {
    return this.#waiting.size > 0 || this.#kernel?.runner.isBusy === true;
  }

  join(member: Member, uri: string): void {
    this.#members.set(member, uri);
  }

  leave(member: Member): void {
    this.#members.delete(member);
  }

  /** Binds the notebook to a kernel, in place of the one it had; `undefined` leaves it without. */
  useKernel(kernel: RunningNotebookKernel | undefined): void {
    this.#kernel?.files.delete(this.live.path);
    this.#kernel = kernel;
    kernel?.files.add(this.live.path);
    if (kernel !== undefined) this.kernelChanged();
  }

  /** The kernel of this notebook, chosen now if it has none. Throws `no_kernelspec` with what to install. */
  async ensureKernel(member: Member): Promise<RunningNotebookKernel> {
    // One that never started may have been the wrong choice, or its reason may be mended by now.
    if (this.#kernel?.runner.session.status === "dead" && this.#kernel.runner.session.executionCount === 0)
      this.useKernel(undefined);
    if (this.#kernel !== undefined) return this.#kernel;
    const chosen = await this.#choose(this, member);
    if ("problem" in chosen) throw new NblsError("no_kernelspec", chosen.problem);
    this.useKernel(chosen);
    return chosen;
  }

  /** Queues the cells that `target` names in `replica`; answers in document order. */
  execute(
    member: Member,
    replica: Replica,
    target: ExecuteTarget,
  ): readonly { readonly executionId: string; readonly cellId: string }[] {
    const { settings, canAnswerInput } = member.description;
    const cells = resolveTarget(replica.scanner.cells, replica.ids, target, (index) => this.live.isStale(replica, index));
    const executions = cells.flatMap(({ index, lines }): Execution[] => {
      const cell = replica.scanner.cells[index];
      const cellId = replica.ids[index];
      if (cell === undefined || cellId === undefined) return [];
      const cellSource = replica.scanner.source(cell);
      const source = lines === undefined ? cellSource : sourceLines(replica, index, lines);
      const id = randomUUID();
      return [
        {
          id,
          notebookKey: this.live.path,
          cellId,
          source,
          ...(lines === undefined ? {} : { cellSource }),
          mayFail: cell.tags.includes("raises-exception"),
          origin: "user",
          allowStdin: canAnswerInput,
          timeoutMs: settings["execution.timeoutSeconds"] * 1_000,
          fold: this.live.folds.create(id),
          state: "queued",
          executionCount: null,
        },
      ];
    });
    const waiting = this.#kernel?.runner.isBusy === true ? 0 : this.#waiting.size;
    if (waiting + executions.length > this.#limits.queuedExecutionsMax) {
      throw new NblsError("limit_exceeded", `more than ${this.#limits.queuedExecutionsMax} cells would be queued`);
    }
    for (const execution of executions) {
      this.#askers.set(execution.id, member);
      this.live.addExecution(execution);
      this.executionChanged(execution);
      this.#publishOutputs(execution.cellId);
      this.#staleChanged(execution.cellId);
    }
    this.#enqueue(member, executions);
    return executions.map(({ id, cellId }) => ({ executionId: id, cellId }));
  }

  /** Cancels what waits and interrupts what runs: the named executions, or all of this notebook. */
  async cancel(
    executionIds: readonly string[] | undefined,
  ): Promise<{ readonly cancelled: readonly string[]; readonly interrupted: readonly string[] }> {
    const matches = (execution: Execution) =>
      execution.notebookKey === this.live.path && (executionIds === undefined || executionIds.includes(execution.id));
    const early = this.#waiting.remove(matches);
    for (const execution of early) this.#end(execution, "cancelled", "cancelled_by_user");
    const { cancelled, interrupted } = (await this.#kernel?.runner.cancel(matches)) ?? { cancelled: [], interrupted: [] };
    return { cancelled: [...early, ...cancelled].map(({ id }) => id), interrupted: interrupted.map(({ id }) => id) };
  }

  async interrupt(): Promise<void> {
    for (const execution of this.#waiting.remove(() => true)) this.#end(execution, "cancelled", "interrupted_earlier");
    await this.#kernel?.runner.interrupt(this.live.path);
  }

  // What the queue of the kernel reports, for executions of this notebook.

  executionChanged(execution: Execution): void {
    if (execution.state === "running" && execution.executionCount === null) this.live.executionStarted(execution);
    if (isOver(execution)) {
      this.live.executionEnded(execution);
      if (this.live.endChangesView(execution)) this.#publishOutputs(execution.cellId);
      // The cell shows again what it showed before.
      if (execution.startedAt === undefined) this.#staleChanged(execution.cellId);
      this.#askers.delete(execution.id);
    }
    const { id, cellId, state, reason, message, executionCount, startedAt, durationMs } = execution;
    const params: Omit<DidChangeExecutionParams, "textDocument"> = {
      cellId,
      executionId: id,
      state,
      ...(reason === undefined ? {} : { reason }),
      ...(message === undefined ? {} : { message }),
      ...(executionCount === null ? {} : { executionCount }),
      ...(startedAt === undefined ? {} : { startedAt }),
      ...(durationMs === undefined ? {} : { durationMs }),
    };
    this.#publish((uri) => ({ type: "execution", execution: { textDocument: { uri }, ...params } }));
  }

  outputsChanged(execution: Execution, type: string, content: JsonObject, changed: boolean): void {
    const seq = this.live.outputFolded(execution, type, content, changed);
    if (seq === undefined) return;
    const { cellId, id: executionId } = execution;
    this.#publish((uri) => ({ type: "outputs", uri, cellId, executionId, seq }));
  }

  /** A kernel that is busy for the blink of one cell is no news; what lasts is told, and its start and its end at once. */
  kernelChanged(): void {
    const isFlipping = (status: Kernel["status"] | undefined) => status === "busy" || status === "idle";
    if (isFlipping(this.#kernel?.runner.session.status) && isFlipping(this.#toldStatus)) {
      this.#kernelTimer ??= setTimeout(() => this.#publishKernel(), kernelDelayMs).unref();
    } else this.#publishKernel();
  }

  /** Asks the client that ran the cell, then the others; the first answer wins, `answerInput` counts as one. */
  async requestInput(execution: Execution, prompt: string, password: boolean): Promise<void> {
    this.withdrawInput(execution);
    const answer = deferred<string | undefined>();
    const question = { execution, answer };
    this.#input = question;
    const asker = this.#askers.get(execution.id);
    const members = [...this.#members].sort(([a], [b]) => Number(b === asker) - Number(a === asker));
    for (const [member, uri] of members) {
      if (this.#input !== question) break;
      if (!member.description.canAnswerInput) continue;
      const asked = member.listener.requestInput({ textDocument: { uri }, cellId: execution.cellId, prompt, password });
      const reply = await Promise.race([asked.catch(() => null), answer.promise.then(() => null)]);
      if (reply !== null) answer.resolve(reply.value);
    }
    // Nobody answered at once: `nbls.replyInput` may, or an interrupt withdraws the question.
    const value = await answer.promise;
    if (this.#input === question) this.#input = undefined;
    if (value !== undefined) this.#kernel?.runner.session.replyInput(execution.id, value);
    this.#publish((uri) => ({ type: "inputWithdrawn", uri, cellId: execution.cellId }));
  }

  withdrawInput(execution: Execution): void {
    if (this.#input?.execution === execution) this.#input.answer.resolve(undefined);
  }

  /** `false`: no cell of this notebook waits for input. */
  answerInput(value: string): boolean {
    if (this.#input === undefined) return false;
    this.#input.answer.resolve(value);
    return true;
  }

  /** Tells the client whose text it is; a cell that came back brings its outputs along. */
  cellsChanged(member: Member, replica: Replica, splice: Splice): void {
    const cells = Array.from({ length: splice.insertCount }, (_, offset) => this.live.cellView(replica, splice.start + offset));
    for (const { id, stale } of cells) replica.told(id, stale !== undefined);
    const uri = this.#members.get(member) ?? replica.uri;
    member.listener.event({
      type: "cells",
      uri,
      version: replica.version,
      changes: [{ start: splice.start, deleteCount: splice.deleteCount, cells }],
    });
    for (const cellId of this.live.cellsWithOutputs(splice.appeared)) {
      const { executionId, seq } = this.live.visible(cellId);
      member.listener.event({ type: "outputs", uri, cellId, executionId, seq });
    }
  }

  /** Tells of the cells in the lines that were edited last whether they became stale, or are it no more. */
  linesChanged(member: Member, replica: Replica): void {
    for (const index of replica.editedCells()) this.#tellStale(member, replica, index);
  }

  #staleChanged(cellId: string): void {
    for (const member of this.#members.keys()) {
      const replica = this.live.replicaOf(member.id);
      if (replica !== undefined) this.#tellStale(member, replica, replica.ids.indexOf(cellId));
    }
  }

  #tellStale(member: Member, replica: Replica, index: number): void {
    const id = replica.ids[index];
    if (id === undefined || this.live.isStale(replica, index) === replica.isToldStale(id)) return;
    this.cellsChanged(member, replica, { start: index, deleteCount: 1, insertCount: 1, appeared: [] });
  }

  /** Tells a client that has just opened the text all there is to know of it. */
  announce(member: Member, replica: Replica): void {
    const insertCount = replica.scanner.cells.length;
    this.cellsChanged(member, replica, { start: 0, deleteCount: 0, insertCount, appeared: replica.ids });
    const uri = this.#members.get(member) ?? replica.uri;
    if (this.#kernel !== undefined) member.listener.event({ type: "kernel", uri, kernel: kernelView(this.#kernel) });
    member.listener.event({ type: "problems", uri, problems: this.live.problems(replica) });
  }

  clearOutputs(ids: readonly string[], source?: "file"): void {
    for (const cellId of this.live.clearOutputs(ids, source)) {
      this.#publishOutputs(cellId);
      this.#staleChanged(cellId);
    }
  }

  outputWindow(params: OutputWindowParams): OutputWindow {
    const shown = this.live.visible(params.cellId);
    const execution = params.executionId === undefined ? shown.execution : this.live.execution(params.executionId);
    const window = {
      ...(params.from === undefined ? {} : { from: params.from }),
      ...(params.tailLines === undefined ? {} : { tailLines: params.tailLines }),
      ...(params.tailLength === undefined ? {} : { tailLength: params.tailLength }),
      ...(params.lengthMax === undefined ? {} : { lengthMax: params.lengthMax }),
    };
    if (execution !== undefined) {
      const seq = execution === shown.execution ? shown.seq : execution.fold.seq;
      return {
        executionId: execution.id,
        seq,
        ...execution.fold.window(window),
        ...(shown.isPrevious && execution === shown.execution ? { isPrevious: true } : {}),
      };
    }
    return {
      executionId: null,
      seq: shown.seq,
      ...shown.fold().window(window),
      ...(shown.isPrevious ? { isPrevious: true } : {}),
    };
  }

  /** Where the error that a cell shows stands in `replica`. */
  errorPlace(replica: Replica, cellId: string): ErrorPlace | undefined {
    const { execution } = this.live.visible(cellId);
    return execution && errorPlace(this.live.executions(), replica, execution);
  }

  #enqueue(member: Member, executions: readonly Execution[]): void {
    if (this.#kernel !== undefined && this.#choosing === undefined && this.#kernel.runner.session.status !== "dead") {
      this.#kernel.runner.enqueue(executions);
      return;
    }
    for (const execution of executions) {
      const replaced = this.#waiting.add(execution);
      if (replaced !== undefined) this.#end(replaced, "cancelled", "replaced");
    }
    this.#choosing ??= this.#enqueueWaiting(member).finally(() => {
      this.#choosing = undefined;
    });
  }

  async #enqueueWaiting(member: Member): Promise<void> {
    try {
      const kernel = await this.ensureKernel(member);
      kernel.runner.enqueue(this.#waiting.remove(() => true));
    } catch (error) {
      const reason = error instanceof NblsError && error.code === "untrusted" ? "untrusted" : "no_kernelspec";
      for (const execution of this.#waiting.remove(() => true))
        this.#end(execution, "failed", reason, error instanceof Error ? error.message : String(error));
      if (!(error instanceof NblsError)) throw error;
    }
  }

  #end(execution: Execution, state: "cancelled" | "failed", reason: ExecutionReason, message?: string): void {
    execution.state = state;
    execution.reason = reason;
    if (message !== undefined) execution.message = message;
    this.executionChanged(execution);
  }

  #publishKernel(): void {
    clearTimeout(this.#kernelTimer);
    this.#kernelTimer = undefined;
    if (this.#kernel === undefined) return;
    const kernel: Kernel = kernelView(this.#kernel);
    const told = JSON.stringify(kernel);
    if (told === this.#toldKernel) return;
    this.#toldKernel = told;
    this.#toldStatus = kernel.status;
    this.#publish((uri) => ({ type: "kernel", uri, kernel }));
  }

  #publishOutputs(cellId: string): void {
    const { executionId, seq } = this.live.visible(cellId);
    this.#publish((uri) => ({ type: "outputs", uri, cellId, executionId, seq }));
  }

  #publish(event: (uri: string) => HubEvent): void {
    for (const [member, uri] of this.#members) member.listener.event(event(uri));
  }
}

function sourceLines(replica: Replica, index: number, [first, last]: readonly [number, number]): string {
  const cell = replica.scanner.cells[index];
  if (cell === undefined) return "";
  const source = replica.scanner.source(cell).split("\n");
  const from = replica.scanner.toSource(cell, first, 0)?.line ?? 0;
  const to = replica.scanner.toSource(cell, last, 0)?.line ?? source.length - 1;
  return dedent(source.slice(from, to + 1)).join("\n");
}

/** Lines picked out of a block begin where its first line does, as IPython reads a pasted block. */
function dedent(lines: readonly string[]): readonly string[] {
  const indents = lines.filter((line) => line.trim() !== "").map((line) => /^[ \t]*/.exec(line)?.[0] ?? "");
  const [first = ""] = indents;
  return first !== "" && indents.every((indent) => indent.startsWith(first))
    ? lines.map((line) => line.slice(Math.min(first.length, line.length)))
    : lines;
}
