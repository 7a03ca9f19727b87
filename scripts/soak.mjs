#!/usr/bin/env node
/**
 * `npm run soak [-- cycles]`: starts a server with a kernel that ran a cell and ends it again, in every way it can end, and
 * looks for processes, files and sockets that were left behind. Then the same number of kernels in one server, counting
 * its open descriptors. Linux only: it reads /proc. Before that, on every system, 100,000 outputs of random bytes are rendered.
 */
import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { executeOneCell, startLspClient } from "./bench/lsp-client.mjs";
import { preparedPython, program } from "./bench/surroundings.mjs";
import { descriptorCount, leftovers } from "./soak/leftovers.mjs";
import { soakRendering } from "./soak/rendering.mjs";

const cycleCount = Number(process.argv[2] ?? 200);
if (!Number.isInteger(cycleCount) || cycleCount < 1) {
  process.stderr.write("usage: soak.mjs [cycles]\n");
  process.exit(2);
}
if (!(await soakRendering(100_000))) process.exit(1);
if (process.platform !== "linux") {
  process.stdout.write("skipped: the soak reads /proc, which only Linux has\n");
  process.exit(0);
}

const endings = {
  "shutdown and exit": (client) => client.stop(),
  "end of input": (client) => client.closeInput(),
  SIGTERM: (client) => client.signal("SIGTERM"),
  SIGKILL: (client) => client.signal("SIGKILL"),
};

/** The embedded kernel runs on any python3; ipykernel takes part where it was prepared. */
const kernels = {
  embedded: { "kernel.embedded": "always" },
  ...(preparedPython() && { ipykernel: { "kernel.embedded": "never" } }),
};

const directory = realpathSync(mkdtempSync(join(tmpdir(), "nbls-soak-")));
const directories = Object.fromEntries(["run", "tmp", "state", "project"].map((name) => [name, join(directory, name)]));
for (const path of Object.values(directories)) mkdirSync(path, { mode: 0o700 });
const marker = `NBLS_SOAK=${randomUUID()}`;
const env = {
  ...process.env,
  ...preparedPython()?.env,
  NBLS_SOAK: marker.split("=")[1],
  NBLS_RUNTIME_DIR: directories.run,
  NBLS_STATE_DIR: directories.state,
  TMPDIR: directories.tmp,
  IPYTHONDIR: join(directory, "ipython"),
};
const uri = pathToFileURL(join(directories.project, "soak.py")).href;
const textDocument = { uri };

async function startServer(settings) {
  const client = startLspClient([process.execPath, program, "lsp"], { cwd: directories.project, env });
  await client.initialize({ experimental: { nbls: { outputs: true } } }, settings);
  client.notify("textDocument/didOpen", { textDocument: { uri, languageId: "python", version: 1, text: "# %%\n1 + 1\n" } });
  return client;
}

/** Says what is left, if anything is. */
async function check(what) {
  const found = await leftovers({ marker, directories: [directories.run, directories.tmp], patienceMs: 5_000 });
  if (found.length === 0) return true;
  process.stdout.write(`${what} left behind:\n${found.map((line) => `  ${line}\n`).join("")}`);
  return false;
}

async function cycle(index) {
  const [kernel, settings] = Object.entries(kernels)[index % Object.keys(kernels).length];
  const [ending, end] = Object.entries(endings)[Math.floor(index / 2) % Object.keys(endings).length];
  const what = `cycle ${index + 1}, ${kernel}, ${ending}`;
  const client = await startServer(settings);
  let ran = true;
  try {
    await executeOneCell(client, textDocument);
  } catch (error) {
    ran = false;
    process.stdout.write(`${what}: ${error.message}\n`);
  }
  await end(client);
  await client.ended;
  return (await check(what)) && ran;
}

async function manyKernels([kernel, settings]) {
  const client = await startServer(settings);
  const once = async () => {
    await executeOneCell(client, textDocument);
    await client.request("nbls/shutdownKernel", { textDocument });
  };
  // What is opened once and kept, such as the watchdog's pipe, is there after the first kernels.
  for (let count = 0; count < 3; count += 1) await once();
  const before = descriptorCount(client.pid);
  for (let count = 0; count < cycleCount; count += 1) await once();
  const after = descriptorCount(client.pid);
  await client.stop();
  const clean = await check(`${cycleCount} kernels in one server, ${kernel}`);
  // A socket of the last kernel may still be closing.
  if (after <= before + 4) return clean;
  process.stdout.write(`${cycleCount} kernels in one server, ${kernel}: ${before} descriptors became ${after}\n`);
  return false;
}

let failureCount = 0;
try {
  for (let index = 0; index < cycleCount; index += 1) if (!(await cycle(index))) failureCount += 1;
  for (const kernel of Object.entries(kernels)) if (!(await manyKernels(kernel))) failureCount += 1;
} finally {
  rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
}
process.stdout.write(
  `${cycleCount} cycles, ${Object.keys(kernels).join(" and ")}: ${failureCount === 0 ? "nothing left behind" : `${failureCount} failed`}\n`,
);
process.exitCode = failureCount === 0 ? 0 : 1;
