import { errorCodeOf } from "../protocol/errors.ts";

/** What the shell is told. */
export const exitStatus = {
  ok: 0,
  cellFailed: 1,
  usage: 2,
  noKernel: 3,
  unreadable: 4,
  /** stdout took no more: its disk is full, for example. */
  unwritable: 4,
  timedOut: 5,
  /** 128 + SIGINT, as every program that ^C ends. */
  interrupted: 130,
  /** 128 + SIGHUP: the terminal was closed. */
  hungUp: 129,
  /** 128 + SIGTERM. */
  terminated: 143,
  /** 128 + SIGPIPE: whoever read our output went away. */
  outputClosed: 141,
} as const;

/** The status for a failure that a caller can act on; `undefined` for a bug. */
export function statusOfError(error: unknown): number | undefined {
  const code = errorCodeOf(error);
  switch (code) {
    case undefined:
      return undefined;
    case "no_kernelspec":
    case "kernel_failed_to_start":
    case "kernel_died":
      return exitStatus.noKernel;
    case "timed_out":
      return exitStatus.timedOut;
    case "no_cell":
    case "not_interruptible":
    case "kernel_busy":
      return exitStatus.usage;
    default:
      return exitStatus.unreadable;
  }
}
