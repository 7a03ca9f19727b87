import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { pathToFileURL } from "node:url";
import { attachInside, loadInside } from "./inside.mjs";
import { startRawKernel } from "./raw-kernel.mjs";
import { interleaved, timed } from "./samples.mjs";

const flood = "for i in range(20_000):\n    print(i, flush=True)\n";

/** The delays of the event loop while `work` is under way: how long everything else had to wait, in milliseconds. */
async function loopDelays(work) {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  await work();
  delays.disable();
  return { p99: delays.percentile(99) / 1e6, longest: delays.max / 1e6 };
}

/** 20,000 flushed lines from ipykernel, stored and folded here, against a bare client that throws them away. */
async function flooded(rounds, place, measure) {
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
    const { lineCount } = await client.outputs({ textDocument, cellId, as: "text" });
    if (state !== "succeeded" || lineCount !== 20_000) throw new Error(`${state}, ${lineCount} lines`);
  };
  await execute();
  const raw = await startRawKernel(place.launcherArgv, place);
  try {
    const samples = await interleaved(rounds, {
      hub: () => measure(execute),
      "raw zeromq": () => measure(() => raw.execute(flood)),
    });
    return { reference: "raw zeromq", unit: "ms", samples };
  } finally {
    await hub.close();
    await raw.stop();
  }
}

export const floodDelay = (rounds, place) => flooded(rounds, place, async (work) => (await loopDelays(work)).p99);
export const floodLongestDelay = (rounds, place) => flooded(rounds, place, async (work) => (await loopDelays(work)).longest);
export const floodDuration = (rounds, place) => flooded(rounds, place, timed);
