import type { Limits } from "../base/limits.ts";
import type { Log } from "../base/log.ts";
import type { Trace } from "../base/trace.ts";
import { createEmbeddedProvider } from "../kernel/embedded.ts";
import { createZeromqProvider } from "../kernel/zeromq.ts";
import { privateDirectory, runtimeDirectory, stateDirectory, stateFolders } from "./directories.ts";
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
  const directory = (path: string, parts?: readonly string[]) => privateDirectory(path, log.warn, undefined, parts);
  return createLocalHub({
    log,
    limits,
    stateDirectory: directory(stateDirectory(env), stateFolders),
    runtimeDirectory: directory(runtimeDirectory(env)),
    providers: { zeromq: createZeromqProvider({ log, trace }), embedded: createEmbeddedProvider({ log, trace }) },
  });
}
