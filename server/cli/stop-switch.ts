import { deferred } from "../base/deferred.ts";
import type { CliContext, SignalName } from "./context.ts";

/** Why a run ends before its last cell. */
export type StopReason = "interrupted" | "terminated" | "hungUp" | "timedOut" | "outputClosed";

const stopReasons: { readonly [name in SignalName]: StopReason } = {
  SIGINT: "interrupted",
  SIGTERM: "terminated",
  SIGHUP: "hungUp",
};

/**
 * Turns ^C, a timeout and a closed output into one answer: has the run been told to stop, and why.
 * The first signal lets the run end in order; the second ends the process at once.
 */
export class StopSwitch {
  readonly #stopped = deferred<StopReason>();
  readonly #releases: (() => void)[] = [];
  #reason: StopReason | undefined;
  #isSignalled = false;
  #held: Promise<unknown> | undefined;

  constructor(context: Pick<CliContext, "onSignal" | "exitNow">, status: (reason: StopReason) => number) {
    this.#releases.push(
      context.onSignal((name) => {
        const reason = stopReasons[name];
        if (this.#isSignalled) this.#exit(() => context.exitNow(status(reason)));
        this.#isSignalled = true;
        this.stop(reason);
      }),
    );
  }

  get reason(): StopReason | undefined {
    return this.#reason;
  }

  /** Settles when the run is to stop. */
  get stopped(): Promise<StopReason> {
    return this.#stopped.promise;
  }

  stop(reason: StopReason): void {
    this.#reason ??= reason;
    this.#stopped.resolve(reason);
  }

  stopAfter(seconds: number): void {
    const timer = setTimeout(() => this.stop("timedOut"), seconds * 1_000);
    this.#releases.push(() => clearTimeout(timer));
  }

  /** Lets `promise` end even when the process is to end at once: a file is written as a whole. */
  async hold<T>(promise: Promise<T>): Promise<T> {
    this.#held = promise;
    try {
      return await promise;
    } finally {
      this.#held = undefined;
    }
  }

  /** `promise`, or `undefined` if the run is told to stop before; the promise is then left to itself. */
  async race<T>(promise: Promise<T>): Promise<T | undefined> {
    promise.catch(() => {});
    if (this.#reason !== undefined) return undefined;
    return await Promise.race([promise, this.stopped.then(() => undefined)]);
  }

  release(): void {
    for (const release of this.#releases) release();
  }

  #exit(now: () => void): void {
    if (this.#held === undefined) now();
    else this.#held.then(now, now);
  }
}
