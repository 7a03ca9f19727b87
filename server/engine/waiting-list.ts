import type { Execution } from "./execution.ts";

/**
 * What waits for a kernel. User runs go before anything automatic; within each, first come, first served.
 * Pure: it holds executions and never changes their state.
 */
export class WaitingList {
  #user: Execution[] = [];
  #automatic: Execution[] = [];

  get size(): number {
    return this.#user.length + this.#automatic.length;
  }

  /** In the order in which they will run. */
  all(): readonly Execution[] {
    return [...this.#user, ...this.#automatic];
  }

  /** Appends `execution`; returns the waiting execution of the same cell that it replaces. */
  add(execution: Execution): Execution | undefined {
    const [replaced] = this.remove(
      (waiting) => waiting.notebookKey === execution.notebookKey && waiting.cellId === execution.cellId,
    );
    (execution.origin === "user" ? this.#user : this.#automatic).push(execution);
    return replaced;
  }

  /** Takes out the one that runs next. */
  take(): Execution | undefined {
    return this.#user.shift() ?? this.#automatic.shift();
  }

  /** Puts back one that was taken, to run next. */
  putBack(execution: Execution): void {
    (execution.origin === "user" ? this.#user : this.#automatic).unshift(execution);
  }

  /** Takes out all that match, in the order in which they would have run. */
  remove(matches: (execution: Execution) => boolean): Execution[] {
    const removed = this.all().filter(matches);
    if (removed.length > 0) {
      const gone = new Set(removed);
      this.#user = this.#user.filter((execution) => !gone.has(execution));
      this.#automatic = this.#automatic.filter((execution) => !gone.has(execution));
    }
    return removed;
  }
}
