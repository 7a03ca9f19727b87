import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Subscriber } from "zeromq";
import { executeOneCell, startLspClient } from "./lsp-client.mjs";
import { interleaved } from "./samples.mjs";
import { program } from "./surroundings.mjs";

const linesPerRound = 10;
/** What is printed is the time of printing: Python and Node read the same monotonic clock of the system. */
const source = `import time
for _ in range(${linesPerRound}):
    print(time.monotonic_ns())
    time.sleep(0.1)
`;

/** Milliseconds since each of the times in `text` that is not in `seen` yet. */
function delays(text, seen) {
  const now = process.hrtime.bigint();
  const fresh = [...text.matchAll(/\d{10,}/g)].map(([time]) => time).filter((time) => !seen.has(time));
  return fresh.map((time) => {
    seen.add(time);
    return Number(now - BigInt(time)) / 1e6;
  });
}

/** A second client of the kernel whose files are under `runtimeDirectory`: it only reads what is published. */
function subscribe(runtimeDirectory, receive) {
  const [directory] = readdirSync(runtimeDirectory)
    .map((name) => join(runtimeDirectory, name))
    .filter((path) => statSync(path).isDirectory() && readdirSync(path).includes("connection.json"));
  const { transport, ip, iopub_port: port } = JSON.parse(readFileSync(join(directory, "connection.json"), "utf8"));
  const socket = new Subscriber({ linger: 0, receiveHighWaterMark: 0 });
  socket.connect(transport === "ipc" ? `ipc://${ip}-${port}` : `tcp://${ip}:${port}`);
  socket.subscribe("");
  const read = async () => {
    for await (const frames of socket) receive(frames.at(-1).toString());
  };
  // Closing the socket is what ends the reading.
  read().catch(() => {});
  return socket;
}

/** One server with its kernel, and who listens beside it. A round gives the delays of both. */
async function startListening(place, name, settings) {
  const runtimeDirectory = join(place.directory, name);
  const env = { ...place.env, NBLS_RUNTIME_DIR: runtimeDirectory };
  const client = startLspClient([process.execPath, program, "lsp"], { ...place, env });
  await client.initialize(undefined, settings);
  const uri = pathToFileURL(join(place.cwd, `${name}.py`)).href;
  const textDocument = { uri };
  client.notify("textDocument/didOpen", { textDocument: { uri, languageId: "python", version: 1, text: `# %%\n${source}` } });
  await client.request("nbls/startKernel", { textDocument });

  // An output is told again, as the one before, when its cell runs again.
  const [toldBefore, publishedBefore] = [new Set(), new Set()];
  let round = { told: [], published: [] };
  client.onNotification("nbls/didChangeOutputs", ({ lines }) => {
    round.told.push(...delays(lines.map((spans) => spans.map(({ text }) => text).join("")).join("\n"), toldBefore));
  });
  const socket = subscribe(runtimeDirectory, (content) => round.published.push(...delays(content, publishedBefore)));
  return {
    async run() {
      round = { told: [], published: [] };
      await executeOneCell(client, textDocument);
      for (const list of [round.told, round.published])
        if (list.length !== linesPerRound) throw new Error(`${list.length} of ${linesPerRound} lines came`);
      return round;
    },
    async stop() {
      socket.close();
      await client.stop();
    },
  };
}

/** From `print` to the notification, with our launcher and without it; a bare subscriber of the same kernel sees it first. */
export async function printDelay(rounds, place) {
  const launcher = await startListening(place, "launcher", {});
  const plain = await startListening(place, "plain", { "kernel.launcher": false });
  let published = [];
  const told = (server) => async () => {
    const round = await server.run();
    published = round.published;
    return round.told;
  };
  try {
    const samples = await interleaved(rounds, {
      "nbls lsp": told(launcher),
      "raw zeromq, same kernel": () => published,
      "nbls lsp, plain ipykernel": told(plain),
      "raw zeromq, plain ipykernel": () => published,
    });
    const targets = [
      { subject: "nbls lsp", of: "nbls lsp, plain ipykernel", timesMax: 0.2 },
      { subject: "nbls lsp", overMax: 3 },
    ];
    return { reference: "raw zeromq, same kernel", unit: "ms", samples, targets };
  } finally {
    await Promise.all([launcher.stop(), plain.stop()]);
  }
}
