import { spawnSync } from "node:child_process";

/** Whether a process runs. One that ended and that nobody has waited for (containers without an init) does not. */
export function isAlive(pid: number): boolean {
  const state = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).stdout.trim();
  return state !== "" && !state.startsWith("Z");
}

/** The processes of a group that run. */
export function membersOf(group: number): readonly number[] {
  const lines = spawnSync("ps", ["-A", "-o", "pid=,pgid=,stat="], { encoding: "utf8" }).stdout.trim().split("\n");
  return lines.flatMap((line) => {
    const [pid, own, state = ""] = line.trim().split(/\s+/);
    return Number(own) === group && !state.startsWith("Z") ? [Number(pid)] : [];
  });
}
