// @module-tag process
import { expect, test } from "vitest";
import { deferred } from "../../server/base/deferred.ts";
import type { Trace } from "../../server/base/trace.ts";
import { nblsClient, openProject } from "./open-project.ts";

const lineLength = 65_536;
const lineCount = 1_600;

test.each([
  ["a client that draws outputs", nblsClient],
  ["a plain client", {}],
])("%s that stops reading during 100 MB of output costs nothing, and then gets the newest lines", async (_name, capabilities) => {
  const flooded = deferred<void>();
  let toClient = 0;
  let received = 0;
  const trace: Trace = (area, arrow, what, payload) => {
    if (area === "lsp" && arrow === "<--") toClient += 1;
    if (area !== "kernel" || arrow !== "<==") return;
    if (what === "iopub stream") received += 1;
    if (received > 0 && what === "iopub status" && JSON.stringify(payload).includes('"idle"')) flooded.resolve();
  };
  const project = await openProject({ capabilities, trace, settings: { "outputs.linesMax": 200 } });
  const notebook = await project.open("a.py", `# %%\nflood ${lineCount} ${lineLength}\n`);
  await notebook.execute();
  project.output.pause();
  const before = toClient;
  await flooded.promise;
  expect(received).toBe(lineCount);
  // States, what the pipe takes, and a window of some 25 KB that was on its way.
  expect(toClient - before).toBeLessThan(40);
  expect(project.output.writableLength + project.output.readableLength).toBeLessThan(150_000);
  project.output.resume();
  const last = `${lineCount - 1} `;
  const method = capabilities === nblsClient ? "nbls/didChangeOutputs" : "textDocument/publishDiagnostics";
  await project.client.expect(method, (params) => JSON.stringify(params).includes(last));
  expect(toClient - before).toBeLessThan(60);
});
