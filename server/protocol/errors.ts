/** Codes that a caller can act on: `error.data.code` of a response, `reason` of an execution. */
export const errorCodes = [
  "no_notebook",
  "no_cell",
  "stale_version",
  "edit_refused",
  "conflict",
  "no_kernelspec",
  "kernel_failed_to_start",
  "kernel_died",
  "kernel_busy",
  "not_interruptible",
  "untrusted",
  "limit_exceeded",
  "unreadable",
  "unsupported_format",
  "timed_out",
  "hub_unavailable",
] as const;
export type ErrorCode = (typeof errorCodes)[number];

/** A failure that a caller branches on, with a sentence for people that says what to do. Everything else thrown is a bug. */
export class NblsError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.name = "NblsError";
    this.code = code;
  }
}

/** Errors cross process borders as plain objects, so the class alone proves nothing. */
export function errorCodeOf(error: unknown): ErrorCode | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return errorCodes.find((code) => code === error.code);
}
