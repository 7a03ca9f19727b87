import { setTimeout } from "node:timers/promises";
import type { HubClient, OutputWindow } from "../hub/hub.ts";
import type { Output, StreamOutput } from "../jupyter/nbformat.ts";

/** Which output of which execution. */
export interface OutputPlace {
  readonly cellId: string;
  readonly executionId: string;
  /** Its index among the execution's outputs. */
  readonly index: number;
}

/** Where outputs go, in order, each part once. */
export interface OutputWriter {
  /** Lines that are complete, and the line behind them that may yet be rewritten: it comes again with the next call. */
  stream(place: OutputPlace, name: StreamOutput["name"], lines: string, open: string): Promise<void>;
  whole(place: OutputPlace, output: Exclude<Output, StreamOutput>): Promise<void>;
  /** The open line stays as it is. */
  endLine(): Promise<void>;
  /** The execution took its outputs back; those that follow are new. */
  cleared(place: Omit<OutputPlace, "index">): Promise<void>;
}

interface Progress {
  output: number;
  line: number;
  /** What of the open line was written as final: only after the execution's end. */
  column: number;
  ended: boolean;
  clearCount: number;
}

/**
 * Pulls what is new of each execution's outputs and hands it on. It pulls at the writer's pace: while the writer waits for
 * its reader the hub folds, and the next pull brings the sum.
 */
export class OutputPump {
  readonly #client: Pick<HubClient, "outputWindow">;
  readonly #textDocument: { readonly uri: string };
  readonly #writer: OutputWriter;
  readonly #progress = new Map<string, Progress>();
  readonly #waiting = new Set<string>();
  #changeCount = 0;
  #queue: Promise<void> = Promise.resolve();

  constructor(client: Pick<HubClient, "outputWindow">, textDocument: { readonly uri: string }, writer: OutputWriter) {
    this.#client = client;
    this.#textDocument = textDocument;
    this.#writer = writer;
  }

  /** There may be something new. */
  changed(cellId: string, executionId: string): void {
    this.#changeCount += 1;
    if (this.#waiting.has(executionId)) return;
    this.#waiting.add(executionId);
    // A failed pull shows again at the execution's end, which is awaited.
    this.#enqueue(() => this.#pull(cellId, executionId)).catch(() => {});
  }

  /** Writes all that is left of an execution that has ended. What comes later still is written when it comes. */
  async finish(cellId: string, executionId: string): Promise<void> {
    this.#progressOf(executionId).ended = true;
    await this.#enqueue(() => this.#pull(cellId, executionId));
  }

  /** Resolves when all is written and nothing new has come for a while. */
  async quiet(quietMs: number): Promise<void> {
    for (let seen = -1; seen !== this.#changeCount;) {
      seen = this.#changeCount;
      await Promise.all([this.idle(), setTimeout(quietMs)]);
    }
  }

  /** Resolves when nothing waits to be written. */
  async idle(): Promise<void> {
    await this.#queue;
  }

  #enqueue(task: () => Promise<void>): Promise<void> {
    const result = this.#queue.then(task);
    this.#queue = result.catch(() => {});
    return result;
  }

  #progressOf(executionId: string): Progress {
    let progress = this.#progress.get(executionId);
    if (progress === undefined)
      this.#progress.set(executionId, (progress = { output: 0, line: 0, column: 0, ended: false, clearCount: 0 }));
    return progress;
  }

  async #pull(cellId: string, executionId: string): Promise<void> {
    this.#waiting.delete(executionId);
    const progress = this.#progressOf(executionId);
    const { output, line } = progress;
    const ask = (from: { output: number; line: number }) =>
      this.#client.outputWindow({ textDocument: this.#textDocument, cellId, executionId, from });
    let window = await ask({ output, line });
    if (window.clearCount !== progress.clearCount) {
      await this.#writer.cleared({ cellId, executionId });
      Object.assign(progress, { output: 0, line: 0, column: 0, clearCount: window.clearCount });
      window = await ask({ output: 0, line: 0 });
    }
    await this.#write(window, cellId, executionId, progress);
  }

  async #write(window: OutputWindow, cellId: string, executionId: string, progress: Progress): Promise<void> {
    for (const [offset, output] of window.outputs.entries()) {
      const index = window.firstOutput + offset;
      const place = { cellId, executionId, index };
      if (index > progress.output) Object.assign(progress, { output: index, line: 0, column: 0 });
      const isLast = offset === window.outputs.length - 1;
      if (output.output_type === "stream") await this.#writeStream(place, output, progress);
      else await this.#writer.whole(place, output);
      if (isLast && output.output_type === "stream") break;
      await this.#writer.endLine();
      Object.assign(progress, { output: index + 1, line: 0, column: 0 });
    }
    if (progress.ended) await this.#writer.endLine();
  }

  async #writeStream(place: OutputPlace, { name, text }: StreamOutput, progress: Progress): Promise<void> {
    const fresh = text.slice(progress.column);
    const end = fresh.lastIndexOf("\n") + 1;
    await this.#writer.stream(place, name, fresh.slice(0, end), fresh.slice(end));
    if (end > 0) progress.column = 0;
    for (let at = fresh.indexOf("\n"); at !== -1 && at < end; at = fresh.indexOf("\n", at + 1)) progress.line += 1;
    if (progress.ended) progress.column += fresh.length - end;
  }
}
