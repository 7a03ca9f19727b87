import { resolve } from "node:path";
import { deferred, within, type Deferred } from "../base/deferred.ts";
import type { HubClient, HubEvent, HubListener } from "../hub/hub.ts";
import type { Cell } from "../protocol/cells.ts";
import type { DidChangeExecutionParams } from "../protocol/execution.ts";
import type { RequestInputParams } from "../protocol/input.ts";
import { documentOf, readableNotebook, withClient } from "./attach.ts";
import { chooseCells, type CellChoice } from "./cell-choice.ts";
import type { CliContext } from "./context.ts";
import { exitStatus, statusOfError } from "./exit-status.ts";
import { LineInput } from "./line-input.ts";
import { OutputPump } from "./output-pump.ts";
import type { RunReport } from "./run-report.ts";
import type { Sink } from "./sink.ts";
import { StopSwitch, type StopReason } from "./stop-switch.ts";

export interface RunRequest {
  readonly path: string;
  readonly choice: CellChoice;
  readonly kernel: string | undefined;
  readonly save: boolean;
  readonly keepGoing: boolean;
  readonly timeoutSeconds: number | undefined;
}

/** How long an interrupted cell may take to end before its kernel is ended instead. */
const interruptGraceMs = 5_000;

/** How many cells are queued at a time: the kernel is not to wait for us between two of them. */
const cellsQueuedMax = 100;

/** One run of a notebook from the shell, from the first cell to the exit status. */
export class NotebookRun {
  readonly #context: CliContext;
  readonly #request: RunRequest;
  readonly #report: RunReport;
  readonly #stop: StopSwitch;
  readonly #input: LineInput;
  readonly #startedAt = performance.now();
  readonly #textDocument: { readonly uri: string };
  /** The end of each execution, by its id; whoever comes first makes the entry. */
  readonly #ends = new Map<string, Deferred<DidChangeExecutionParams>>();
  /** The chosen cells by their id, with their numbers from 1. */
  #chosen: ReadonlyMap<string, { readonly cell: Cell; readonly number: number }> = new Map();
  #client: HubClient | undefined;
  #pump: OutputPump | undefined;
  #running = "";
  /** Whether something may have changed that is worth saving. */
  #hasStarted = false;
  /** From then on the kernel ends because the run has. */
  #isOver = false;
  /** Cells that ended by themselves. */
  #executed = 0;
  #failed = 0;

  constructor(context: CliContext, request: RunRequest, report: RunReport, sink: Sink) {
    this.#context = context;
    this.#request = request;
    this.#report = report;
    this.#textDocument = documentOf(context, request.path);
    this.#stop = new StopSwitch(context, statusOfStop);
    this.#input = new LineInput(context.stdin, context.stderr, () => this.#stop.stop("interrupted"));
    void sink.closed.then(() => this.#stop.stop("outputClosed"));
  }

  /** Returns the exit status. */
  async run(): Promise<number> {
    if (this.#request.timeoutSeconds !== undefined) this.#stop.stopAfter(this.#request.timeoutSeconds);
    try {
      const status = await withClient(this.#context, { listener: this.#listener(), canAnswerInput: true }, async (client) => {
        this.#client = client;
        const cells = await this.#choose(client);
        try {
          return await this.#runAndSave(client, cells);
        } finally {
          this.#isOver = true;
        }
      });
      const durationMs = Math.round(performance.now() - this.#startedAt);
      const counts = { executed: this.#executed, failed: this.#failed, chosen: this.#chosen.size };
      await this.#report.finished({ status, ...counts, durationMs });
      return status;
    } finally {
      this.#input.close();
      this.#stop.release();
    }
  }

  async #choose(client: HubClient): Promise<readonly Cell[]> {
    await readableNotebook(client, this.#textDocument);
    const { cells, language } = await client.cells({ textDocument: this.#textDocument });
    const chosen = chooseCells(this.#request.choice, cells);
    this.#chosen = new Map(chosen.map((cell, index) => [cell.id, { cell, number: index + 1 }]));
    await this.#report.started(this.#request.path, language, chosen);
    return chosen;
  }

  async #runAndSave(client: HubClient, cells: readonly Cell[]): Promise<number> {
    if (cells.length === 0) {
      this.#report.message("info", "no code cell to run");
      return exitStatus.ok;
    }
    this.#pump = new OutputPump(client, this.#textDocument, this.#report.writer);
    const noKernel = await this.#startKernel(client);
    if (noKernel !== undefined) return noKernel;
    const status = await this.#runCells(client, cells);
    await this.#stop.race(client.settled({ textDocument: this.#textDocument }));
    await this.#pump.idle();
    if (this.#request.save && this.#hasStarted) {
      await this.#stop.hold(client.writeNotebook({ uri: this.#textDocument.uri }));
      await this.#report.saved(this.#request.path);
    }
    return this.#stop.reason === undefined ? status : statusOfStop(this.#stop.reason);
  }

  /** Returns an exit status if there is no kernel to go on with. */
  async #startKernel(client: HubClient): Promise<number | undefined> {
    const textDocument = this.#textDocument;
    const { kernel } = this.#request;
    try {
      if (kernel !== undefined) await client.selectKernel({ textDocument, ...this.#named(kernel) });
      await this.#stop.race(client.startKernel({ textDocument }));
    } catch (error) {
      if (statusOfError(error) !== exitStatus.noKernel || !(error instanceof Error)) throw error;
      this.#report.message("error", error.message);
      return exitStatus.noKernel;
    }
    return this.#stop.reason === undefined ? undefined : statusOfStop(this.#stop.reason);
  }

  /** A path names an interpreter; candidates such as `embedded:PATH` are no paths. */
  #named(kernel: string): { readonly interpreter: string } | { readonly kernelspec: string } {
    return /^(?!\w{2,}:).*[/\\]/.test(kernel) ? { interpreter: resolve(this.#context.cwd, kernel) } : { kernelspec: kernel };
  }

  async #runCells(client: HubClient, cells: readonly Cell[]): Promise<number> {
    let status: number = exitStatus.ok;
    // What follows an error is cancelled by the engine; who wants it to run queues it after the error.
    const size = this.#request.keepGoing ? 1 : cellsQueuedMax;
    for (let from = 0; from < cells.length; from += size) {
      if (this.#stop.reason !== undefined) return statusOfStop(this.#stop.reason);
      const cellIds = cells.slice(from, from + size).map(({ id }) => id);
      const { executions } = await client.execute({ textDocument: this.#textDocument, target: { cellIds } });
      for (const { cellId, executionId } of executions) {
        const end = await this.#end(client, executionId);
        if (this.#stop.reason !== undefined) return statusOfStop(this.#stop.reason);
        const cell = this.#chosen.get(cellId)?.cell;
        if (end === undefined || cell === undefined || end.state === "succeeded") continue;
        const verdict = this.#judge(cell, end);
        if (verdict === "goOn") continue;
        status = verdict === "noKernel" ? exitStatus.noKernel : exitStatus.cellFailed;
        if (verdict !== "failed" || !this.#request.keepGoing) return status;
      }
    }
    return status;
  }

  /** Waits until an execution has ended and all of it is written. */
  async #end(client: HubClient, executionId: string): Promise<DidChangeExecutionParams | undefined> {
    const ended = this.#endOf(executionId).promise;
    const wasStopped = (await this.#stop.race(ended)) === undefined;
    if (wasStopped) {
      await client.cancel({ textDocument: this.#textDocument });
      await within(ended, interruptGraceMs, undefined);
    }
    const end = await within(ended, 0, undefined);
    // One that came to its end all the same, after ^C, has run.
    if (end?.startedAt !== undefined && (!wasStopped || end.state === "succeeded")) this.#executed += 1;
    return end;
  }

  /** What an execution that did not succeed means for the run. */
  #judge(cell: Cell, { state, reason, message }: DidChangeExecutionParams): "goOn" | "failed" | "kernelLost" | "noKernel" {
    if (reason === undefined && state === "failed" && cell.tags.includes("raises-exception")) return "goOn";
    this.#failed += 1;
    const name = cell.title === undefined ? cell.id : `${cell.id} (${cell.title})`;
    const why = message ?? reason?.replaceAll("_", " ");
    this.#report.message("error", `cell ${name}${why === undefined ? ` ${state}` : `: ${why}`}`);
    if (reason === "kernel_failed_to_start" || reason === "no_kernelspec" || reason === "untrusted") return "noKernel";
    // Without its kernel the cells below would run on a state that is gone.
    return state === "unknown" || reason === "kernel_died" || reason === "kernel_shut_down" || reason === "kernel_restarted"
      ? "kernelLost"
      : "failed";
  }

  #endOf(executionId: string): Deferred<DidChangeExecutionParams> {
    let end = this.#ends.get(executionId);
    if (end === undefined) {
      this.#ends.set(executionId, (end = deferred()));
      // It may fail before its turn has come to be awaited.
      end.promise.catch(() => {});
    }
    return end;
  }

  #listener(): HubListener {
    return { event: (event) => this.#event(event), requestInput: async (params) => await this.#answer(params) };
  }

  #event(event: HubEvent): void {
    switch (event.type) {
      case "execution":
        this.#executionChanged(event.execution);
        return;
      case "outputs":
        // Until a cell shows something new, readers are told of its outputs of an earlier run: those are not this one's.
        if (event.executionId !== null && this.#ends.has(event.executionId)) this.#pump?.changed(event.cellId, event.executionId);
        return;
      case "kernel":
        if (!this.#isOver) this.#report.kernel(event.kernel);
        return;
      case "problems":
        for (const { severity, line, message } of event.problems) this.#report.message(severity, `line ${line + 1}: ${message}`);
        return;
      case "message":
        this.#report.message(event.severity, event.text);
        return;
      case "inputWithdrawn":
        this.#input.withdraw();
        return;
      case "cells":
    }
  }

  /** Told in the order in which it happened, outputs included: the next cell may run before this one's outputs are written. */
  #executionChanged(execution: DidChangeExecutionParams): void {
    const { cellId, executionId, state, startedAt } = execution;
    const end = this.#endOf(executionId);
    if (state === "queued") return;
    const tell = async () => await this.#report.execution(execution);
    if (state === "running") {
      // It may come twice: again with the execution count, which the end tells too.
      if (this.#running === executionId) return;
      this.#running = executionId;
      this.#hasStarted = true;
      const chosen = this.#chosen.get(cellId);
      const telling = this.#pump?.tell(async () => {
        if (chosen !== undefined) this.#report.cellStarted(chosen.cell, chosen.number, this.#chosen.size);
        await tell();
      });
      // What cannot be written shows at the execution's end, which is awaited.
      telling?.catch(() => {});
      return;
    }
    // Of one that never ran there is nothing to tell.
    const pump = startedAt === undefined ? undefined : this.#pump;
    const told = pump && Promise.all([pump.finish(cellId, executionId), pump.tell(tell)]);
    Promise.resolve(told).then(() => end.resolve(execution), end.reject);
  }

  async #answer({ cellId, prompt, password }: RequestInputParams): Promise<{ readonly value: string } | null> {
    // What the cell printed before it asked stands above the question.
    await this.#pump?.idle();
    let value: string | null | undefined;
    const ask = async () => {
      this.#report.inputRequested(cellId, prompt, password);
      value = await this.#stop.race(this.#input.ask(prompt, password));
    };
    // Nothing else is written into the line in which somebody types.
    await (this.#context.stdin.isTTY === true && this.#pump !== undefined ? this.#pump.tell(ask) : ask());
    if (typeof value === "string") return { value };
    if (value === undefined && this.#stop.reason === undefined) {
      // A kernel waits for ever for a line that nobody can give: its cell ends as if ^C had been typed at the question.
      this.#report.message("error", "input() wants a line, and stdin has ended");
      await this.#client?.interruptKernel({ textDocument: this.#textDocument });
    }
    return null;
  }
}

function statusOfStop(reason: StopReason): number {
  switch (reason) {
    case "interrupted":
      return exitStatus.interrupted;
    case "terminated":
      return exitStatus.terminated;
    case "hungUp":
      return exitStatus.hungUp;
    case "timedOut":
      return exitStatus.timedOut;
    case "outputClosed":
      return exitStatus.outputClosed;
  }
}
