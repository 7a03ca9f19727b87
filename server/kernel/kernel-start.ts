import { within } from "../base/deferred.ts";
import { describeEarlyExit, describeSpawnError, describeStartTimeout } from "./failure-detail.ts";
import { type ConnectionListener, type ConnectionOptions, KernelConnection } from "./kernel-connection.ts";

export type StartedKernel =
  | { readonly ok: true; readonly connection: KernelConnection }
  | { readonly ok: false; readonly detail: string };

/** A kernel that answers, or why there is none; nothing is left of a kernel that did not come up. */
export async function startKernel(
  options: ConnectionOptions,
  listener: ConnectionListener,
  abort: AbortSignal,
): Promise<StartedKernel> {
  const { launch, limits, launchOptions } = options;
  let connection: KernelConnection;
  try {
    connection = await KernelConnection.launch(options, listener);
  } catch (error) {
    // Providers throw nothing but errors of spawning.
    const cause = error instanceof Error ? error : new Error(String(error));
    return { ok: false, detail: describeSpawnError(launch, launchOptions.cwd, cause) };
  }
  const ready = await within(connection.ready(abort), limits.kernelStartTimeoutMs, "timed_out");
  if (ready === true && !abort.aborted) return { ok: true, connection };
  const exit = await connection.kill();
  if (abort.aborted) return { ok: false, detail: `${launch.displayName} was stopped while it started.` };
  if (ready === "timed_out" || exit === undefined) {
    return { ok: false, detail: describeStartTimeout(launch, limits.kernelStartTimeoutMs, exit) };
  }
  return { ok: false, detail: describeEarlyExit(launch, exit) };
}
