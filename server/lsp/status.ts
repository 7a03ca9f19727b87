import type { DidChangeExecutionParams } from "../protocol/execution.ts";
import type { MirrorCell } from "./mirror.ts";

type Status = Pick<MirrorCell, "state" | "executionCount" | "execution" | "stale">;

/** What a cell shows whose newest news are these. */
export function executionStatusText(execution: DidChangeExecutionParams, stale: MirrorCell["stale"]): string {
  return statusText({ state: execution.state, executionCount: execution.executionCount ?? null, execution, stale });
}

/** The state of a cell in a few characters, such as `[3] ✓ 0.42 s, edited`; `""` where there is nothing to say. */
export function statusText(cell: Status): string {
  const text = stateText(cell);
  const isShown = cell.stale !== undefined && cell.state !== "queued" && cell.state !== "running";
  return isShown ? `${text}, ${cell.stale.reason}` : text;
}

function stateText(cell: Status): string {
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

function reasonText(cell: Status): string {
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
