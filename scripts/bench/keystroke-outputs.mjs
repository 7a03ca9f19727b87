import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { startLspClient } from "./lsp-client.mjs";
import { interleaved, timed } from "./samples.mjs";
import { program } from "./surroundings.mjs";

const cellCount = 1_000;
const linesPerCell = 20;
const keysPerRound = 50;
/** The server tells plain clients of outputs this long after the last key: that is not to fall into the next round. */
const publishMs = 500;

/** A server with a notebook all of whose cells have run, and what is shown, for a client with these capabilities. */
async function startTyping(place, name, capabilities) {
  const client = startLspClient([process.execPath, program, "lsp"], place);
  // One more than there are, so that a plain client shows them all, too.
  await client.initialize(capabilities, { "outputs.linesMax": linesPerCell + 1 });
  const uri = pathToFileURL(join(place.cwd, `${name}.py`)).href;
  const textDocument = { uri };
  const cell = (_none, index) => `# %% Step ${index}\nfor i in range(${linesPerCell}):\n    print(i, "of step", ${index})\n\n`;
  const text = Array.from({ length: cellCount }, cell).join("");
  let version = 1;
  client.notify("textDocument/didOpen", { textDocument: { uri, languageId: "python", version, text } });
  await client.request("nbls/execute", { textDocument, target: { scope: "all" } });
  for (let isOver = false; !isOver; await setTimeout(publishMs)) {
    const { cells } = await client.request("nbls/cells", { textDocument });
    const failed = cells.find(({ state }) => !["queued", "running", "succeeded"].includes(state));
    if (failed !== undefined) throw new Error(JSON.stringify(failed));
    isOver = cells.every(({ state }) => state === "succeeded");
  }

  const start = { line: (cellCount / 2) * 4 + 1, character: 0 };
  const change = (end, inserted) => {
    version += 1;
    const contentChanges = [{ range: { start, end }, text: inserted }];
    client.notify("textDocument/didChange", { textDocument: { uri, version }, contentChanges });
  };
  const ask = () => client.request("nbls/kernels", {});
  const typed = async () => {
    const duration = await timed(() => {
      change(start, "x");
      return ask();
    });
    change({ ...start, character: 1 }, "");
    await ask();
    return duration;
  };
  const repeated = (work) => async () => {
    const samples = [];
    for (let count = 0; count < keysPerRound; count += 1) samples.push(await work());
    await setTimeout(publishMs);
    return samples;
  };
  return { typing: repeated(typed), asking: repeated(() => timed(ask)), stop: () => client.stop() };
}

/** A key among many outputs, and a question behind it, whose answer says that the key is done with. Reference: the question. */
export async function keystrokeAmongOutputs(rounds, place) {
  const plain = await startTyping(place, "plain", {});
  const own = await startTyping(place, "own", undefined);
  const reference = "only the question";
  try {
    const samples = await interleaved(rounds, {
      "a key, plain client": plain.typing,
      "a key, client of our own": own.typing,
      [reference]: plain.asking,
    });
    const targets = ["a key, plain client", "a key, client of our own"].map((subject) => ({ subject, overMax: 2 }));
    return { reference, unit: "ms", samples, targets };
  } finally {
    await plain.stop();
    await own.stop();
  }
}
