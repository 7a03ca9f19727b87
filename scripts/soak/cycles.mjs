import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { executeOneCell, startLspClient } from "../bench/lsp-client.mjs";
import { preparedPython, program } from "../bench/surroundings.mjs";
import { descriptorCount, leftovers } from "./leftovers.mjs";

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

/**
 * Starts a server with a kernel that ran a cell and ends it again, in every way it can end, and looks for processes, files
 * and sockets that were left behind. Then the same number of kernels in one server, counting its open descriptors.
 * Linux only: it reads /proc. Says on stdout what went wrong, and at the end the sum; `false`: something did.
 */
export async function soakCycles(cycleCount) {
  if (process.platform !== "linux") {
    process.stdout.write("skipped: the cycles read /proc, which only Linux has\n");
    return true;
  }
  const place = makePlace();
  let failureCount = 0;
  try {
    for (let index = 0; index < cycleCount; index += 1) if (!(await cycle(place, index))) failureCount += 1;
    for (const kernel of Object.entries(kernels)) if (!(await manyKernels(place, kernel, cycleCount))) failureCount += 1;
  } finally {
    rmSync(place.directory, { recursive: true, force: true, maxRetries: 3 });
  }
  const verdict = failureCount === 0 ? "nothing left behind" : `${failureCount} failed`;
  process.stdout.write(`${cycleCount} cycles, ${Object.keys(kernels).join(" and ")}: ${verdict}\n`);
  return failureCount === 0;
}

/** Folders of its own for everything that the server may write, and a mark on each process that it starts. */
function makePlace() {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "nbls-soak-")));
  const directories = Object.fromEntries(["run", "tmp", "state", "project"].map((name) => [name, join(directory, name)]));
  for (const path of Object.values(directories)) mkdirSync(path, { mode: 0o700 });
  const mark = randomUUID();
  const env = {
    ...process.env,
    ...preparedPython()?.env,
    NBLS_SOAK: mark,
    NBLS_RUNTIME_DIR: directories.run,
    NBLS_STATE_DIR: directories.state,
    TMPDIR: directories.tmp,
    IPYTHONDIR: join(directory, "ipython"),
  };
  const textDocument = { uri: pathToFileURL(join(directories.project, "soak.py")).href };
  return { directory, directories, env, marker: `NBLS_SOAK=${mark}`, textDocument };
}

async function startServer({ directories, env, textDocument }, settings) {
  const client = startLspClient([process.execPath, program, "lsp"], { cwd: directories.project, env });
  await client.initialize({ experimental: { nbls: { outputs: true } } }, settings);
  const opened = { ...textDocument, languageId: "python", version: 1, text: "# %%\n1 + 1\n" };
  client.notify("textDocument/didOpen", { textDocument: opened });
  return client;
}

/** Says what is left, if anything is. */
async function check({ marker, directories }, what) {
  const found = await leftovers({ marker, directories: [directories.run, directories.tmp], patienceMs: 5_000 });
  if (found.length === 0) return true;
  process.stdout.write(`${what} left behind:\n${found.map((line) => `  ${line}\n`).join("")}`);
  return false;
}

async function cycle(place, index) {
  const [kernel, settings] = Object.entries(kernels)[index % Object.keys(kernels).length];
  const [ending, end] = Object.entries(endings)[Math.floor(index / 2) % Object.keys(endings).length];
  const what = `cycle ${index + 1}, ${kernel}, ${ending}`;
  const client = await startServer(place, settings);
  let ran = true;
  try {
    await executeOneCell(client, place.textDocument);
  } catch (error) {
    ran = false;
    process.stdout.write(`${what}: ${error.message}\n`);
  }
  await end(client);
  await client.ended;
  return (await check(place, what)) && ran;
}

async function manyKernels(place, [kernel, settings], kernelCount) {
  const client = await startServer(place, settings);
  const once = async () => {
    await executeOneCell(client, place.textDocument);
    await client.request("nbls/shutdownKernel", { textDocument: place.textDocument });
  };
  // What is opened once and kept, such as the watchdog's pipe, is there after the first kernels.
  for (let count = 0; count < 3; count += 1) await once();
  const before = descriptorCount(client.pid);
  for (let count = 0; count < kernelCount; count += 1) await once();
  const after = descriptorCount(client.pid);
  await client.stop();
  const clean = await check(place, `${kernelCount} kernels in one server, ${kernel}`);
  // A socket of the last kernel may still be closing.
  if (after <= before + 4) return clean;
  process.stdout.write(`${kernelCount} kernels in one server, ${kernel}: ${before} descriptors became ${after}\n`);
  return false;
}
