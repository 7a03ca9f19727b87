import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Output } from "../../server/jupyter/nbformat.ts";
import { joinMultiline } from "../../server/jupyter/nbformat.ts";
import { plainText } from "../../server/render/span.ts";
import { renderOutputs } from "../../server/render/output.ts";
import { ProgramRun } from "../cli/built-program.ts";
import { pythonWith, realKernel, tempDirectory, whyMissing } from "../real-kernels.ts";

const root = join(import.meta.dirname, "../..");
const fixtures = join(root, "fixtures/runs");

/** The kernels that real notebooks run on. "embedded" has the packages of `ipykernel7`. */
export type KernelName = "ipykernel7" | "ipykernel6" | "embedded" | "deno" | "irkernel";

/** Why the kernel is not there, if it is not. */
export function missing(kernel: KernelName): string | undefined {
  const needed = kernel === "embedded" ? "ipykernel7" : kernel;
  return realKernel(needed) === undefined ? whyMissing(needed) : undefined;
}

/** What the environment of a client must have for its kernel. matplotlib looks through all fonts once, and keeps what it found. */
export function environment(kernel: KernelName): { readonly [name: string]: string } {
  const path = process.env["PATH"] ?? "";
  const cache = { MPLCONFIGDIR: join(root, ".cache/matplotlib") };
  if (kernel === "deno") return { PATH: `${dirname(realKernel("deno")?.argv[0] ?? "")}:${path}` };
  if (kernel === "ipykernel6" || kernel === "irkernel") return { PATH: path };
  const bin = dirname(pythonWith("ipykernel7") ?? "");
  return { ...cache, PATH: `${bin}:${path}`, VIRTUAL_ENV: dirname(bin) };
}

/** How the kernel is called in `--kernel` and in `kernel.default`; `undefined`: it is chosen by the language. */
export function nameOf(kernel: KernelName): string | undefined {
  if (kernel === "ipykernel7" || kernel === "ipykernel6") return pythonWith(kernel);
  if (kernel === "embedded") return `embedded:${join(dirname(pythonWith("ipykernel7") ?? ""), "python3")}`;
  return undefined;
}

export interface Place {
  readonly cwd: string;
  readonly env: { readonly [name: string]: string };
}

/** A folder of its own with the notebook in it. */
export function placeWith(file: string, kernel: KernelName): Place {
  const base = tempDirectory();
  const cwd = join(base, "project");
  mkdirSync(cwd);
  copyFileSync(join(fixtures, file), join(cwd, file));
  const own = {
    HOME: base,
    // R writes "2 × 2" only where the locale has the sign.
    LC_ALL: "C.UTF-8",
    IPYTHONDIR: join(base, "ipython"),
    NBLS_STATE_DIR: join(base, "state"),
    NBLS_RUNTIME_DIR: join(base, "run"),
  };
  return { cwd, env: { ...own, ...environment(kernel) } };
}

export function kernelArguments(kernel: KernelName): readonly string[] {
  const name = nameOf(kernel);
  return name === undefined ? [] : ["--kernel", name];
}

/** Runs a notebook by `nbls run --save`: what it printed, and the outputs of each code cell as they are in the file. */
export async function runSaved(program: string, file: string, kernel: KernelName, input = "", more: readonly string[] = []) {
  const place = placeWith(file, kernel);
  const saved = `${file.replace(/\.\w+$/, "")}.ipynb`;
  const converted = await new ProgramRun(program, place, ["convert", file, saved]).ended;
  if (converted.code !== 0) throw new Error(converted.stderr);
  const run = new ProgramRun(program, place, ["run", saved, "--save", ...kernelArguments(kernel), ...more]);
  run.process.stdin?.end(input);
  const ended = await run.ended;
  const { cells } = JSON.parse(readFileSync(join(place.cwd, saved), "utf8")) as {
    cells: { cell_type: string; outputs: SavedOutput[] }[];
  };
  const outputs = cells.filter(({ cell_type: type }) => type === "code").map((cell) => cell.outputs.map(asOutput));
  return { ...ended, outputs };
}

type SavedOutput = Output & { readonly text?: unknown };

/** nbformat keeps text as a list of lines. */
function asOutput(output: SavedOutput): Output {
  return output.output_type === "stream" ? { ...output, text: joinMultiline(output.text) ?? "" } : output;
}

/** Streams as they were folded, each behind the name of its stream; of other outputs the lines that a terminal of 80 columns gets. */
export function textOf(outputs: readonly Output[]): string[] {
  return outputs.map((output) => {
    if (output.output_type === "stream") return `${output.name}: ${output.text}`;
    const { lines } = renderOutputs([output], { color: false, columnsMax: 80, linesMax: 100, width: 80 });
    return plainText(lines);
  });
}
