import { basename } from "node:path";
import type { DidChangeExecutionParams } from "../protocol/execution.ts";
import { pathOf } from "./client.ts";
import type { ClientPort } from "./client-port.ts";
import { Pace } from "./pace.ts";

const reportIntervalMs = 100;

/**
 * A run as work-done progress: it begins when a cell is queued and ends when none of the document waits or runs any more.
 * Only for clients that show progress.
 */
export class RunProgress {
  readonly #client: ClientPort;
  readonly #runs = new Map<string, Run>();
  #runCount = 0;

  constructor(client: ClientPort) {
    this.#client = client;
  }

  executionChanged(execution: DidChangeExecutionParams): void {
    const { uri } = execution.textDocument;
    const isDone = execution.state !== "queued" && execution.state !== "running";
    let run = this.#runs.get(uri);
    if (run === undefined) {
      if (isDone) return;
      this.#runCount += 1;
      run = new Run(this.#client, `nbls-run-${this.#runCount}`, uri);
      this.#runs.set(uri, run);
    }
    run.update(execution.executionId, isDone);
    if (!run.isOver) return;
    run.end();
    this.#runs.delete(uri);
  }

  /** The document of the run that a client wants to cancel by its progress. */
  cancelled(token: unknown): { readonly uri: string; readonly executionIds: readonly string[] } | undefined {
    for (const run of this.#runs.values()) if (run.token === token) return { uri: run.uri, executionIds: run.active };
    return undefined;
  }

  dispose(): void {
    for (const run of this.#runs.values()) run.end();
    this.#runs.clear();
  }
}

class Run {
  readonly token: string;
  readonly uri: string;
  readonly #client: ClientPort;
  /** Executions of this run, and whether they are done. */
  readonly #executions = new Map<string, boolean>();
  readonly #pace: Pace;
  #hasBegun = false;
  #hasEnded = false;
  #doneCount = 0;

  constructor(client: ClientPort, token: string, uri: string) {
    this.#client = client;
    this.token = token;
    this.uri = uri;
    this.#pace = new Pace(reportIntervalMs, () => this.#report());
    client.request("window/workDoneProgress/create", { token }).then(
      (answer) => this.#begin(answer),
      () => undefined,
    );
  }

  get isOver(): boolean {
    return this.#doneCount === this.#executions.size;
  }

  get active(): string[] {
    return [...this.#executions].filter(([, isDone]) => !isDone).map(([id]) => id);
  }

  update(executionId: string, isDone: boolean): void {
    const wasDone = this.#executions.get(executionId) ?? false;
    this.#executions.set(executionId, isDone);
    this.#doneCount += Number(isDone) - Number(wasDone);
    if (this.#hasBegun) this.#pace.request();
  }

  end(): void {
    this.#hasEnded = true;
    this.#pace.dispose();
    if (this.#hasBegun) this.#send({ kind: "end" });
  }

  #begin(answer: unknown): void {
    // `undefined` is an error. A run that is over already needs no spinner.
    if (answer === undefined || this.#hasEnded) return;
    this.#hasBegun = true;
    const title = `Running ${fileName(this.uri)}`;
    this.#send({ kind: "begin", title, cancellable: true, ...this.#state() });
  }

  #report(): void {
    if (!this.#hasEnded) this.#send({ kind: "report", cancellable: true, ...this.#state() });
  }

  #state(): { readonly message: string; readonly percentage: number } {
    const total = this.#executions.size;
    return {
      message: `${this.#doneCount} of ${total} cells`,
      percentage: Math.floor((100 * this.#doneCount) / Math.max(1, total)),
    };
  }

  #send(value: unknown): void {
    this.#client.notify("$/progress", { token: this.token, value });
  }
}

function fileName(uri: string): string {
  return basename(pathOf(uri) ?? uri);
}
