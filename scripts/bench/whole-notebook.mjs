import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { interleaved, timed } from "./samples.mjs";
import { program } from "./surroundings.mjs";

/** Runs to the end, without output; a failure is one of the benchmark. */
async function runs(command, { cwd, env }) {
  const child = spawn(command[0], command.slice(1), { cwd, env, stdio: ["ignore", "ignore", "pipe"] });
  let trouble = "";
  child.stderr.on("data", (chunk) => (trouble += chunk));
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}: ${trouble.slice(-2000)}`);
}

/** A notebook of 200 cells from the shell: process, kernel start, cells, kernel end. */
export async function wholeNotebook(rounds, place) {
  const file = join(place.cwd, "two-hundred.ipynb");
  const cells = Array.from({ length: 200 }, (_none, index) => ({
    id: `cell-${index}`,
    cell_type: "code",
    metadata: {},
    source: [`x = ${index}\n`, "print(x)\n", "x * 2"],
    execution_count: null,
    outputs: [],
  }));
  const kernelspec = { name: "python3", display_name: "Python 3", language: "python" };
  writeFileSync(file, JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: { kernelspec }, cells }));
  const samples = await interleaved(rounds, {
    "nbls run": () => timed(() => runs([process.execPath, program, "run", file], place)),
    "jupyter execute (nbclient)": () => timed(() => runs([join(dirname(place.python), "jupyter-execute"), file], place)),
  });
  return { reference: "jupyter execute (nbclient)", unit: "ms", samples };
}
