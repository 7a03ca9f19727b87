import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { run } from "./run.mjs";

/** What goes into the project's own Python: the kernel, what notebooks draw with, and the programs we are compared with. */
const packages = [
  "ipykernel>=7",
  ...["numpy", "pandas", "matplotlib", "tqdm", "rich", "ipywidgets", "jupyter_client", "nbclient", "nbformat", "jupytext"],
];

const importAll = `
import importlib.metadata as m, ipykernel, numpy, pandas, matplotlib, tqdm, rich, ipywidgets
import jupyter_client, nbclient, nbformat, jupytext
print(m.version("ipykernel"))`;

function ipykernel(name, interpreter, version) {
  return {
    name,
    displayName: `Python (ipykernel ${version})`,
    language: "python",
    interpreter,
    argv: [interpreter, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
    interruptMode: "signal",
    isIpykernel: true,
  };
}

/** A venv under `cache` with ipykernel 7 and the packages of the tests. */
function ipykernel7(cache) {
  const venv = join(cache, "venv");
  const interpreter = join(venv, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  let found = existsSync(interpreter) ? run(interpreter, ["-c", importAll]) : { ok: false };
  if (!found.ok) {
    // A venv that broke half-way, or whose Python is gone, is made anew.
    rmSync(venv, { recursive: true, force: true });
    mkdirSync(cache, { recursive: true });
    const made = run("python3", ["-m", "venv", venv], { timeoutMs: 120_000 });
    if (!made.ok) return { missing: `python3 -m venv: ${made.why}` };
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1", ...packages];
    const installed = run(interpreter, pip, { timeoutMs: 600_000 });
    if (!installed.ok) return { missing: `pip install ${packages.join(" ")}: ${installed.why}` };
    found = run(interpreter, ["-c", importAll], { timeoutMs: 120_000 });
    if (!found.ok) return { missing: found.why };
  }
  return { launch: ipykernel("ipykernel7", interpreter, found.stdout) };
}

/** Debian's own, an older protocol in the field. */
function ipykernel6() {
  const interpreter = "/usr/bin/python3";
  if (!existsSync(interpreter)) return { missing: "no /usr/bin/python3" };
  const found = run(interpreter, ["-c", "import ipykernel; print(ipykernel.__version__)"]);
  if (!found.ok) return { missing: `${found.why} (Debian: apt-get install python3-ipykernel)` };
  if (!found.stdout.startsWith("6.")) return { missing: `${interpreter} has ipykernel ${found.stdout}` };
  return { launch: ipykernel("ipykernel6", interpreter, found.stdout) };
}

/** npm's `deno` carries the program in a package per platform; going there spares its install script. */
function deno() {
  const require = createRequire(import.meta.url);
  let manifest;
  try {
    manifest = require.resolve("deno/package.json");
  } catch {
    return { missing: "the npm package deno is not installed (npm ci)" };
  }
  const { optionalDependencies = {} } = JSON.parse(readFileSync(manifest, "utf8"));
  for (const name of Object.keys(optionalDependencies)) {
    let directory;
    try {
      directory = dirname(createRequire(manifest).resolve(`${name}/package.json`));
    } catch {
      continue;
    }
    const program = join(directory, process.platform === "win32" ? "deno.exe" : "deno");
    const version = existsSync(program) ? run(program, ["--version"]) : { ok: false };
    if (!version.ok) continue;
    return {
      launch: {
        name: "deno",
        displayName: version.stdout.split("\n")[0],
        language: "typescript",
        interpreter: program,
        argv: [program, "jupyter", "--kernel", "--conn", "{connection_file}"],
        // SIGINT ends Deno.
        interruptMode: "message",
        isIpykernel: false,
      },
    };
  }
  return { missing: "npm has no Deno program for this platform" };
}

/** R's kernel, where R has it: its kernelspec may be registered nowhere, so R itself is asked. */
function irkernel() {
  const expression =
    'cat(system.file("kernelspec", "kernel.json", package = "IRkernel"), file.path(R.home("bin"), "R"), sep = "\\n")';
  const found = run("Rscript", ["--vanilla", "-e", expression], { timeoutMs: 60_000 });
  if (!found.ok) return { missing: `Rscript: ${found.why} (Debian: apt-get install r-cran-irkernel)` };
  const [kernelspec, program] = found.stdout.split("\n").map((line) => line.trim());
  if (!kernelspec) return { missing: "R has no package IRkernel (Debian: apt-get install r-cran-irkernel)" };
  return {
    launch: {
      name: "irkernel",
      displayName: "R",
      language: "r",
      interpreter: program,
      argv: [program, "--slave", "-e", "IRkernel::main()", "--args", "{connection_file}"],
      interruptMode: "signal",
      isIpykernel: false,
    },
  };
}

/** Every kernel that the tests ask for, each as `{ launch }` or `{ missing: reason }`. */
export function prepareKernels(cache) {
  return { ipykernel7: ipykernel7(cache), ipykernel6: ipykernel6(), deno: deno(), irkernel: irkernel() };
}
