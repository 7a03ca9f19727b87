import { spawnSync } from "node:child_process";

/**
 * Runs a program to its end.
 * Returns what it printed, or `undefined` and the last lines of its trouble.
 */
export function run(program, args, { timeoutMs = 20_000, ...options } = {}) {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: "utf8",
    timeout: timeoutMs,
    maxBuffer: 64 * 1024 * 1024,
    ...options,
  });
  if (status === 0) return { ok: true, stdout: stdout.trim() };
  const lines = `${stderr ?? ""}`.trim().split("\n").slice(-3).join(" | ");
  return { ok: false, why: error?.message ?? (lines || `${program} ended with status ${status}`) };
}
