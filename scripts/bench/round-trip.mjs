import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { executeOneCell, startLspClient } from "./lsp-client.mjs";
import { startRawKernel } from "./raw-kernel.mjs";
import { interleaved, timed } from "./samples.mjs";
import { program } from "./surroundings.mjs";

const cellsPerRound = 50;

async function repeated(work) {
  const samples = [];
  for (let count = 0; count < cellsPerRound; count += 1) samples.push(await timed(work));
  return samples;
}

/** From the request to its end, one cell at a time: through the LSP door, and by the bare wire to the same kernel command. */
export async function roundTrip(rounds, place) {
  const plain = await startRawKernel(place.plainArgv, place);
  const launcher = await startRawKernel(place.launcherArgv, place);
  const client = startLspClient([process.execPath, program, "lsp"], place);
  await client.initialize();
  const uri = pathToFileURL(join(place.cwd, "round-trip.py")).href;
  const textDocument = { uri };
  client.notify("textDocument/didOpen", {
    textDocument: { uri, languageId: "python", version: 1, text: "# %%\n1 + 1\n" },
  });
  const execute = () => executeOneCell(client, textDocument);
  await execute();
  try {
    const samples = await interleaved(rounds, {
      "nbls lsp": () => repeated(execute),
      "raw zeromq, same launcher": () => repeated(() => launcher.execute("1 + 1")),
      "raw zeromq, plain ipykernel": () => repeated(() => plain.execute("1 + 1")),
    });
    return { reference: "raw zeromq, same launcher", unit: "ms", samples };
  } finally {
    await client.stop();
    await Promise.all([plain.stop(), launcher.stop()]);
  }
}
