import { isOver, type Execution } from "../engine/execution.ts";
import type { Output } from "../jupyter/nbformat.ts";
import type { OutputFold } from "../outputs/fold.ts";

/** Where outputs come from: an execution, the cell's file, or nowhere. */
export type OutputSource = Execution | "file" | undefined;

/** What a cell shows to a reader. */
export interface ShownOutputs {
  readonly executionId: string | null;
  readonly seq: number;
  readonly execution: Execution | undefined;
  /** Costs what there is: for who wants all of it. */
  outputs(): readonly Output[];
  /** For who reads them by parts. */
  fold(): OutputFold;
  /** A new run has begun, or waits, and has shown nothing yet. */
  readonly isPrevious: boolean;
}

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

  /** Whose source the state and the outputs of the cell are of; `undefined` where that is not known. */
  get ran(): Execution | undefined {
    const execution = this.#execution;
    const source = execution !== undefined && !isOver(execution) ? execution : this.result;
    return source === "file" ? undefined : source;
  }

  /**
   * What a reader sees: what was there before stays, as `isPrevious`, until the new run shows something or ends.
   * `isEmpty` tells of a source whether there is nothing to see of it.
   */
  visible(isEmpty: (source: OutputSource) => boolean): { readonly source: OutputSource; readonly isPrevious: boolean } {
    const execution = this.#execution;
    if (execution === undefined) return { source: this.#before, isPrevious: false };
    if (!isEmpty(execution) || isEmpty(this.#before)) return { source: execution, isPrevious: false };
    return isOver(execution) ? { source: this.result, isPrevious: false } : { source: this.#before, isPrevious: true };
  }

  /** Whether the end of `#execution` changes what is seen: it left nothing, and what was there before is seen no longer, or no longer as such. */
  endChangesView(isEmpty: (source: OutputSource) => boolean): boolean {
    return this.#execution !== undefined && isEmpty(this.#execution) && !isEmpty(this.#before);
  }

  run(execution: Execution): void {
    this.#before = this.result;
    this.#execution = execution;
    this.seq += 1;
  }

  /** It shows nothing from now on, or what its file holds. */
  clear(source?: "file"): void {
    this.#execution = undefined;
    this.#before = source;
    this.seq += 1;
  }
}
