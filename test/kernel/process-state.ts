import { spawnSync } from "node:child_process";

interface ProcessState {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
}

/** Whether a process runs. */
export function isAlive(pid: number): boolean {
  return running().some((each) => each.pid === pid);
}

/** The processes of a group that run. */
export function membersOf(group: number): readonly number[] {
  return running().flatMap((each) => (each.group === group ? [each.pid] : []));
}

/** The children of a process that run. */
export function childrenOf(parent: number): readonly number[] {
  return running().flatMap((each) => (each.parent === parent ? [each.pid] : []));
}

/** Without those that ended and that nobody has waited for, as in containers without an init. */
function running(): readonly ProcessState[] {
  const { stdout } = spawnSync("ps", ["-A", "-o", "pid=,ppid=,pgid=,stat="], { encoding: "utf8" });
  return stdout
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state = ""]) => !state.startsWith("Z"))
    .map(([pid, parent, group]) => ({ pid: Number(pid), parent: Number(parent), group: Number(group) }));
}
