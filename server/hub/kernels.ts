import { randomUUID } from "node:crypto";
import type { Limits } from "../base/limits.ts";
import type { Log } from "../base/log.ts";
import { KernelRunner, type RunnerListener } from "../engine/kernel-runner.ts";
import { createKernelSession } from "../kernel/kernel-session.ts";
import type { KernelLaunch, KernelProvider, LaunchOptions } from "../kernel/provider.ts";
import type { SessionListener } from "../kernel/session.ts";
import { NblsError } from "../protocol/errors.ts";
import type { Kernel, KernelCandidate } from "../protocol/kernels.ts";

/** A kernel and the notebooks that use it. */
export interface RunningNotebookKernel {
  readonly id: string;
  readonly launch: KernelLaunch;
  readonly runner: KernelRunner;
  /** Real paths. */
  readonly files: Set<string>;
}

export interface KernelsOptions {
  readonly log: Log;
  readonly limits: Limits;
  readonly runtimeDirectory: string;
  readonly providers: { readonly zeromq: KernelProvider; readonly embedded: KernelProvider };
}

/** The kernels of one hub: chosen, made, listed, ended. */
export class Kernels {
  readonly #options: KernelsOptions;
  readonly #kernels = new Map<string, RunningNotebookKernel>();
  #closed = false;

  constructor(options: KernelsOptions) {
    this.#options = options;
  }

  all(): readonly RunningNotebookKernel[] {
    return [...this.#kernels.values()];
  }

  get(id: string): RunningNotebookKernel | undefined {
    return this.#kernels.get(id);
  }

  /** Makes a kernel without starting it: that happens with its first execution. */
  create(
    launch: KernelLaunch,
    place: Pick<LaunchOptions, "cwd" | "env" | "useLauncher" | "keepHistory">,
    listener: RunnerListener,
  ): RunningNotebookKernel {
    const { log, limits, runtimeDirectory, providers } = this.#options;
    if (this.#closed) throw new NblsError("hub_unavailable", "nbls is ending; no kernel is started any more");
    const id = randomUUID();
    const createSession = (sessionListener: SessionListener) =>
      createKernelSession(
        {
          log,
          limits,
          id,
          launch,
          provider: providers[launch.provider],
          launchOptions: { ...place, runtimeDirectory, lifetime: "door" },
        },
        sessionListener,
      );
    const kernel = { id, launch, runner: new KernelRunner(log, limits, createSession, listener), files: new Set<string>() };
    this.#kernels.set(id, kernel);
    return kernel;
  }

  async end(kernel: RunningNotebookKernel): Promise<void> {
    this.#kernels.delete(kernel.id);
    await kernel.runner.shutdown();
  }

  /** From now on none is made: one that was still being chosen would outlive us. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.all().map(async (kernel) => await this.end(kernel)));
  }
}

/** The kernel as clients see it. */
export function kernelView({ id, launch, runner, files }: RunningNotebookKernel): Kernel {
  const { session } = runner;
  return {
    id,
    name: launch.name,
    displayName: launch.displayName,
    language: launch.language,
    status: session.status,
    reason: runner.statusDetail ?? launch.reason,
    executionCount: session.executionCount,
    files: [...files],
    ...(session.pid === undefined ? {} : { pid: session.pid }),
  };
}

export function candidateView({ name, displayName, language, interpreter, source, reason }: KernelLaunch): KernelCandidate {
  return { name, displayName, language, source, reason, ...(interpreter === undefined ? {} : { interpreter }) };
}
