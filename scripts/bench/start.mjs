import { spawn } from "node:child_process";
import { once } from "node:events";
import { performance } from "node:perf_hooks";
import { startLspClient } from "./lsp-client.mjs";
import { interleaved, timed } from "./samples.mjs";
import { memoryOf, program } from "./surroundings.mjs";

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

/** Memory after `initialize`, against a Node that only waits. */
export async function memoryAfterInitialize(rounds, place) {
  const samples = await interleaved(rounds, {
    "nbls lsp": async () => {
      const client = startLspClient([process.execPath, program, "lsp"], place);
      await client.initialize();
      const used = memoryOf(client.pid).resident;
      await client.stop();
      return used;
    },
    "empty node": async () => {
      const child = spawn(process.execPath, ["-e", "process.stdin.resume(); process.stdout.write('ready')"], {
        stdio: ["pipe", "pipe", "ignore"],
      });
      await once(child.stdout, "data");
      const used = memoryOf(child.pid).resident;
      child.stdin.end();
      await once(child, "exit");
      return used;
    },
  });
  return { reference: "empty node", unit: "MB", samples };
}
