import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { executeOneCell, startLspClient } from "./lsp-client.mjs";
import { startRawKernel } from "./raw-kernel.mjs";
import { interleaved, timed } from "./samples.mjs";
import { memoryOf, program } from "./surroundings.mjs";

const lineCount = 200_000;
const lineLength = 80;
const megabytes = (lineCount * lineLength) / 1e6;
const source = `for i in range(${lineCount}):\n    print(f"{i:0${lineLength - 1}d}")\n`;

/** A server whose kernel has run a cell already. */
async function startServer(place) {
  const client = startLspClient([process.execPath, program, "lsp"], place);
  await client.initialize();
  const uri = pathToFileURL(join(place.cwd, "long-stream.py")).href;
  const textDocument = { uri };
  const open = (version, text) =>
    version === 1
      ? client.notify("textDocument/didOpen", { textDocument: { uri, languageId: "python", version, text } })
      : client.notify("textDocument/didChange", { textDocument: { uri, version }, contentChanges: [{ text }] });
  open(1, "# %%\nprint(1)\n");
  await executeOneCell(client, textDocument);
  open(2, `# %%\n${source}`);
  return {
    pid: client.pid,
    execute: () => executeOneCell(client, textDocument),
    /** Throws where a line is missing or out of place: each is its number. */
    async check() {
      const { cells } = await client.request("nbls/cells", { textDocument });
      const { text } = await client.request("nbls/outputs", { textDocument, cellId: cells[0].id, as: "text" });
      const lines = text.split("\n");
      const wrong = lines.findIndex(
        (line, index) => line !== (index === lineCount ? "" : `${index}`.padStart(lineLength - 1, "0")),
      );
      if (lines.length !== lineCount + 1 || wrong !== -1) throw new Error(`${lines.length - 1} lines, ${wrong} is wrong`);
    },
    stop: () => client.stop(),
  };
}

/** From the request to the end, every line kept. Reference: a bare client that only counts bytes. */
export async function longStream(rounds, place) {
  const server = await startServer(place);
  const raw = await startRawKernel(place.launcherArgv, place);
  try {
    const samples = await interleaved(rounds, {
      "nbls lsp": async () => {
        const duration = await timed(server.execute);
        await server.check();
        return duration;
      },
      "raw zeromq, counting bytes": async () => {
        const before = raw.streamBytes();
        const duration = await timed(() => raw.execute(source));
        if (raw.streamBytes() - before < lineCount * lineLength) throw new Error("bytes are missing");
        return duration;
      },
    });
    return {
      reference: "raw zeromq, counting bytes",
      unit: "ms",
      samples,
      targets: [{ subject: "nbls lsp", timesMax: 1.2 }],
    };
  } finally {
    await server.stop();
    await raw.stop();
  }
}

/** How much the memory of a fresh server grows by a long stream. Reference: the text itself. Linux only. */
export async function longStreamMemory(rounds, place) {
  let peak = 0;
  const samples = await interleaved(rounds, {
    "resident when it has ended": async () => {
      const server = await startServer(place);
      const before = memoryOf(server.pid).resident;
      await server.execute();
      const after = memoryOf(server.pid);
      await server.stop();
      peak = after.peak - before;
      return after.resident - before;
    },
    "resident at the most": () => peak,
    "the text": () => megabytes,
  });
  return {
    reference: "the text",
    unit: "MB",
    samples,
    targets: [{ subject: "resident when it has ended", timesMax: 2 }],
  };
}
