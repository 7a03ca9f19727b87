import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { startLspClient } from "./lsp-client.mjs";
import { interleaved, timed } from "./samples.mjs";
import { program } from "./surroundings.mjs";

/** From the spawn to the reply of `initialize`, against a Node that does nothing. */
export async function startToInitialize(rounds, place) {
  const samples = await interleaved(rounds * 2, {
    "nbls lsp": async () => {
      const client = startLspClient([process.execPath, program, "lsp"], place);
      await client.initialize();
      const elapsed = performance.now() - client.startedAt;
      await client.stop();
      return elapsed;
    },
    "node -e 0": () => timed(() => once(spawn(process.execPath, ["-e", "0"], { stdio: "ignore" }), "exit")),
  });
  return { reference: "node -e 0", unit: "ms", samples };
}

/** Resident memory by the kernel's own account, in MB. Linux only. */
function residentMegabytes(pid) {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;
}

/** Memory after `initialize`, against a Node that only waits. */
export async function memoryAfterInitialize(rounds, place) {
  const samples = await interleaved(rounds, {
    "nbls lsp": async () => {
      const client = startLspClient([process.execPath, program, "lsp"], place);
      await client.initialize();
      const used = residentMegabytes(client.pid);
      await client.stop();
      return used;
    },
    "empty node": async () => {
      const child = spawn(process.execPath, ["-e", "process.stdin.resume(); process.stdout.write('ready')"], {
        stdio: ["pipe", "pipe", "ignore"],
      });
      await once(child.stdout, "data");
      const used = residentMegabytes(child.pid);
      child.stdin.end();
      await once(child, "exit");
      return used;
    },
  });
  return { reference: "empty node", unit: "MB", samples };
}
