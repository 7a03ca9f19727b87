import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { startLspClient } from "./lsp-client.mjs";
import { interleaved, timed } from "./samples.mjs";
import { program } from "./surroundings.mjs";

const interruptsPerRound = 5;

/** A cell that does `rest` until it is interrupted. Returns what runs it and tells how long the interrupt took. */
async function endlessCell(client, place, name, rest) {
  const uri = pathToFileURL(join(place.cwd, `${name}.py`)).href;
  const textDocument = { uri };
  const text = `# %%\nimport time\nwhile True:\n    ${rest}\n`;
  client.notify("textDocument/didOpen", { textDocument: { uri, languageId: "python", version: 1, text } });
  await client.request("nbls/startKernel", { textDocument });
  const state = (accepted) =>
    client.waitFor(
      ({ method, params }) =>
        method === "nbls/didChangeExecution" && params.textDocument.uri === uri && accepted.includes(params.state),
    );
  return async () => {
    const begun = state(["running"]);
    const ended = state(["succeeded", "failed", "cancelled", "interrupted", "unknown"]);
    await client.request("nbls/execute", { textDocument, target: { scope: "all" } });
    await begun;
    // Until the flood is at its height.
    await setTimeout(300);
    return await timed(async () => {
      const [{ state }] = await Promise.all([ended, client.request("nbls/interruptKernel", { textDocument })]);
      if (state !== "interrupted") throw new Error(`${name}: ${state}`);
    });
  };
}

/** An interrupt while a cell prints as fast as it can. Reference: while it does nothing at all, as fast. */
export async function interruptInFlood(rounds, place) {
  const client = startLspClient([process.execPath, program, "lsp"], place);
  await client.initialize();
  const repeated = (interrupt) => async () => {
    const samples = [];
    for (let count = 0; count < interruptsPerRound; count += 1) samples.push(await interrupt());
    return samples;
  };
  const reference = "while it does nothing";
  try {
    const samples = await interleaved(rounds, {
      "while it prints": repeated(await endlessCell(client, place, "flood", 'print("x" * 79)')),
      [reference]: repeated(await endlessCell(client, place, "nothing", "pass")),
      "while it sleeps": repeated(await endlessCell(client, place, "sleep", "time.sleep(0.01)")),
    });
    return { reference, unit: "ms", samples, targets: [{ subject: "while it prints", timesMax: 2 }] };
  } finally {
    await client.stop();
  }
}
