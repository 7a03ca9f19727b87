import { isOver, type Execution } from "../engine/execution.ts";

/** Where outputs come from: an execution, the cell's file, or nowhere. */
export type OutputSource = Execution | "file" | undefined;

/** What has become of one cell. `seq` rises with every change of what it shows, over all its executions. */
export class CellRecord {
  seq = 0;
  #execution: Execution | undefined;
  /** What it showed before `#execution`. */
  #before: OutputSource = "file";

  /** The newest execution, which gives the cell its state. */
  get execution(): Execution | undefined {
    return this.#execution;
  }

  /** Whose outputs are the cell's: what was cancelled before it began leaves those that were there. */
  get result(): OutputSource {
    return this.#execution?.startedAt === undefined ? this.#before : this.#execution;
  }

  /** What a reader sees: the run before stays, as `isPrevious`, until the new one shows something or ends. */
  get visible(): { readonly source: OutputSource; readonly isPrevious: boolean } {
    const execution = this.#execution;
    if (execution === undefined || isOver(execution) || (execution.startedAt !== undefined && execution.fold.seq > 0)) {
      return { source: this.result, isPrevious: false };
    }
    return { source: this.#before, isPrevious: true };
  }

  run(execution: Execution): void {
    this.#before = this.result;
    this.#execution = execution;
    this.seq += 1;
  }

  clear(): void {
    this.#execution = undefined;
    this.#before = undefined;
    this.seq += 1;
  }
}
