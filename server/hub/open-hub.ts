import type { Limits } from "../base/limits.ts";
import type { Log } from "../base/log.ts";
import type { Trace } from "../base/trace.ts";
import { createEmbeddedProvider } from "../kernel/embedded.ts";
import { createZeromqProvider } from "../kernel/zeromq.ts";
import { openStateDirectory, privateDirectory, runtimeDirectory } from "./directories.ts";
import type { Hub } from "./hub.ts";
import { createLocalHub } from "./local-hub.ts";

export interface OpenHubOptions {
  readonly log: Log;
  readonly limits: Limits;
  readonly trace?: Trace | undefined;
  readonly env: { readonly [name: string]: string | undefined };
}

/** A hub in this process with everything it needs: its directories, and every way to start a kernel. */
export function openLocalHub({ log, limits, trace, env }: OpenHubOptions): Hub {
  return createLocalHub({
    log,
    limits,
    stateDirectory: openStateDirectory(env, log.warn),
    runtimeDirectory: privateDirectory(runtimeDirectory(env), log.warn),
    providers: { zeromq: createZeromqProvider({ log, trace }), embedded: createEmbeddedProvider({ log, trace }) },
  });
}
