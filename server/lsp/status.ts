import type { MirrorCell } from "./mirror.ts";

/** The state of a cell in a few characters, such as `[3] ✓ 0.42 s`; `""` where there is nothing to say. */
export function statusText(cell: MirrorCell): string {
  const { state, executionCount, execution } = cell;
  const count = executionCount === null ? "" : `[${executionCount}] `;
  const duration = execution?.durationMs === undefined ? "" : ` ${durationText(execution.durationMs)}`;
  switch (state) {
    case "idle":
      return count.trimEnd();
    case "queued":
      return "[*] queued";
    case "running":
      return `${executionCount === null ? "[*] " : count}● running`;
    case "succeeded":
      return `${count}✓${duration}`;
    case "failed":
      return `${count}✗${duration}${reasonText(cell)}`;
    case "cancelled":
      return `${count}⊘ cancelled${reasonText(cell)}`;
    case "interrupted":
      return `${count}■ interrupted${duration}`;
    case "unknown":
      return `${count}? unknown${reasonText(cell)}`;
  }
}

function reasonText(cell: MirrorCell): string {
  const reason = cell.execution?.reason;
  return reason === undefined ? "" : ` (${reason.replaceAll("_", " ")})`;
}

/** `12 ms`, `0.42 s`, `3.1 s`, `42 s`, `2 min 5 s`. */
export function durationText(durationMs: number): string {
  if (durationMs < 99.5) return `${Math.round(durationMs)} ms`;
  const seconds = durationMs / 1000;
  if (seconds < 0.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** Whether a cell waits or runs: what can be cancelled. */
export function isActive(cell: MirrorCell): boolean {
  return cell.state === "queued" || cell.state === "running";
}
