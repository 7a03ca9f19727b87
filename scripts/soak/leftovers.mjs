import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** Processes that have `marker` in their environment: whatever we started, and whatever that started. Linux only. */
function processesWith(marker) {
  return readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return [];
    try {
      if (!readFileSync(`/proc/${pid}/environ`, "latin1").includes(marker)) return [];
      return [`process ${pid}: ${readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim()}`];
    } catch {
      // It ended while we looked.
      return [];
    }
  });
}

function filesIn(directory) {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => `file ${join(entry.parentPath, entry.name)}`);
}

function socketsIn(directory) {
  return readFileSync("/proc/net/unix", "utf8")
    .split("\n")
    .filter((line) => line.includes(directory))
    .map((line) => `socket ${line.split(" ").at(-1)}`);
}

/** What is still there of a server that ended. The dying get `patienceMs`: their end has no event that we could wait for. */
export async function leftovers({ marker, directories, patienceMs }) {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const found = [
      ...processesWith(marker),
      ...directories.flatMap((directory) => [...filesIn(directory), ...socketsIn(directory)]),
    ];
    if (found.length === 0 || Date.now() > deadline) return found;
    await delay(20);
  }
}

/** How many files and sockets a process holds open, and on how many addresses it listens. */
export function descriptorCount(pid) {
  return readdirSync(`/proc/${pid}/fd`).length;
}
