import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { executeOneCell, startLspClient } from "./lsp-client.mjs";
import { interleaved, timed } from "./samples.mjs";
import { program } from "./surroundings.mjs";

/** Imports are done before the clock starts, so that only the client's own way to a kernel counts. */
const reference = `
import sys, time
from jupyter_client.manager import start_new_kernel
print("ready", flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    manager, client = start_new_kernel(kernel_name="python3")
    client.execute_interactive("1 + 1", output_hook=lambda message: None)
    print((time.perf_counter() - start) * 1000, flush=True)
    client.stop_channels()
    manager.shutdown_kernel(now=True)
`;

/** From nothing to the first result of a fresh kernel. */
export async function kernelStart(rounds, place) {
  const child = spawn(place.python, ["-c", reference], { cwd: place.cwd, env: place.env, stdio: ["pipe", "pipe", "ignore"] });
  const lines = createInterface({ input: child.stdout });
  const nextLine = async () => (await once(lines, "line"))[0];
  await nextLine();

  const client = startLspClient([process.execPath, program, "lsp"], place);
  await client.initialize();
  const uri = pathToFileURL(join(place.cwd, "start.py")).href;
  const textDocument = { uri };
  client.notify("textDocument/didOpen", { textDocument: { uri, languageId: "python", version: 1, text: "# %%\n1 + 1\n" } });
  try {
    const samples = await interleaved(rounds, {
      "nbls lsp": async () => {
        const elapsed = await timed(() => executeOneCell(client, textDocument));
        await client.request("nbls/shutdownKernel", { textDocument });
        return elapsed;
      },
      jupyter_client: async () => {
        const answer = nextLine();
        child.stdin.write("go\n");
        return Number(await answer);
      },
    });
    return { reference: "jupyter_client", unit: "ms", samples };
  } finally {
    await client.stop();
    child.stdin.end();
  }
}
