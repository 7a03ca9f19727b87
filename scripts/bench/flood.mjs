import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { pathToFileURL } from "node:url";
import { attachInside, loadInside } from "./inside.mjs";
import { startRawKernel } from "./raw-kernel.mjs";
import { interleaved, timed } from "./samples.mjs";

const lineCount = 10_000;
const flood = `for i in range(${lineCount}):\n    print(i, flush=True)\n`;

/** How long `work` takes, and how long everything else had to wait for the event loop meanwhile, in milliseconds. */
async function watched(work) {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const duration = await timed(work);
  delays.disable();
  return { duration, p99: delays.percentile(99) / 1e6, longest: delays.max / 1e6 };
}

/** Many flushed lines from ipykernel, stored and folded here, against a bare client that throws them away. */
async function flooded(rounds, place) {
  const inside = await loadInside();
  let ended = () => {};
  const { hub, client } = await attachInside(inside, place, (event) => {
    if (event.type === "execution" && !["queued", "running"].includes(event.execution.state)) ended(event.execution);
  });
  const uri = pathToFileURL(join(place.cwd, "flood.py")).href;
  const textDocument = { uri };
  client.didOpen({ uri, languageId: "python", version: 1, text: `# %%\n${flood}` });
  const execute = async () => {
    const end = new Promise((resolve) => (ended = resolve));
    await client.execute({ textDocument, target: { scope: "all" } });
    const { state, cellId } = await end;
    const { lineCount: kept } = await client.outputs({ textDocument, cellId, as: "text" });
    if (state !== "succeeded" || kept !== lineCount) throw new Error(`${state}, ${kept} lines`);
  };
  const raw = await startRawKernel(place.launcherArgv, place);
  try {
    return await interleaved(rounds, { hub: () => watched(execute), "raw zeromq": () => watched(() => raw.execute(flood)) });
  } finally {
    await hub.close();
    await raw.stop();
  }
}

let floods;

/** The same floods serve all three cases: they take longer than everything else. */
async function measured(rounds, place, what) {
  floods ??= flooded(rounds, place);
  const samples = Object.fromEntries(
    Object.entries(await floods).map(([subject, list]) => [subject, list.map((round) => round[what])]),
  );
  return { reference: "raw zeromq", unit: "ms", samples };
}

export const floodDuration = (rounds, place) => measured(rounds, place, "duration");
export const floodDelay = (rounds, place) => measured(rounds, place, "p99");
export const floodLongestDelay = (rounds, place) => measured(rounds, place, "longest");
