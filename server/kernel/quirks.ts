import { basename } from "node:path";
import type { JsonObject } from "../jupyter/message.ts";
import type { KernelLaunch } from "./provider.ts";

/** Where kernels differ from the specification or from what they say of themselves. All of it was measured. */
export interface KernelQuirks {
  readonly interrupt: "signal" | "message";
  /** Whether completion and inspection are answered on the control channel, so that they work while a cell runs. */
  readonly introspectsOnControl: boolean;
  /** From `execute_input` to the user's code, in the first execution of a process: before, an interrupt does harm. */
  readonly firstExecutionMs: number;
  /** How long after an execution's end, or after the last that came late, its output may still come; 0: never. */
  readonly lateOutputMs: number;
  /** Whether it can listen on Unix domain sockets. */
  readonly ipc: boolean;
}

/**
 * Deno dies of SIGINT, its kernelspec does not say that it wants messages, it exits on an `ipc` connection file, and it
 * reads what the user's code printed apart from what it says of the execution, so that this may come after idle;
 * IRkernel knows only the signal.
 * `info` is the `kernel_info_reply`, `{}` before it came: versions lie (ipykernel 7 says protocol 5.3), the
 * implementation's name does not.
 */
export function kernelQuirks(launch: KernelLaunch, info: JsonObject): KernelQuirks {
  const implementation = typeof info["implementation"] === "string" ? info["implementation"].toLowerCase() : "";
  const isDeno = implementation.startsWith("deno") || startsDeno(launch.argv);
  return {
    interrupt: isDeno || launch.interruptMode === "message" ? "message" : "signal",
    // A kernel built on ipykernel reports its own name, but then runs ipykernel's message loop all the same.
    introspectsOnControl: launch.isIpykernel || implementation === "ipython" || launch.provider === "embedded",
    // IRkernel loads packages in between, outside of what catches an interrupt: the signal would end R.
    firstExecutionMs: implementation === "irkernel" ? 500 : 0,
    // Measured: up to 1.1 s after idle for 20,000 lines, in pieces that come closer together than this.
    lateOutputMs: isDeno ? 500 : 0,
    ipc: !isDeno,
  };
}

function startsDeno(argv: readonly string[]): boolean {
  return argv.includes("jupyter") && argv.some((word) => /^deno(?:\.exe)?$/i.test(basename(word)));
}
