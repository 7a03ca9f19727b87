import { pathsOf, type DiscoveryContext } from "./discovery-context.ts";
import { embeddedPythonMin, runsEmbedded, type Interpreter } from "./interpreters.ts";
import { languageOf, languageTitle } from "./languages.ts";

/** The command that installs ipykernel for an interpreter, by the tool that its environment is kept with. */
export function installIpykernel(context: DiscoveryContext, interpreter: Interpreter): string {
  const { executable, prefix } = interpreter;
  switch (interpreter.installer) {
    case "uv":
      return "uv add --dev ipykernel";
    case "poetry":
      return "poetry add --group dev ipykernel";
    case "pipenv":
      return "pipenv install --dev ipykernel";
    case "pixi":
      return "pixi add ipykernel";
    case undefined:
  }
  if (interpreter.isMadeByUv) return `uv pip install --python ${quoted(executable)} ipykernel`;
  if (interpreter.kind === "conda") return `conda install --prefix ${quoted(prefix)} ipykernel`;
  // Distributions guard their own Python against pip.
  if (prefix === "/usr") return `python3 -m venv .venv && ${pathsOf(context).join(".venv", "bin", "pip")} install ipykernel`;
  return `${quoted(executable)} -m pip install ipykernel`;
}

/** What to do where no kernel for a language was found. */
export function installKernel(context: DiscoveryContext, language: string, interpreters: readonly Interpreter[]): string {
  const title = languageTitle(language);
  switch (languageOf(language)) {
    case "python": {
      const usable = interpreters.find((interpreter) => interpreter.problem === undefined);
      if (usable !== undefined && !interpreters.some(runsEmbedded)) return tooOld(context, usable);
      if (usable !== undefined) return `No kernel for Python was found. Install one: ${installIpykernel(context, usable)}`;
      const broken = interpreters[0]?.problem;
      const why = broken === undefined ? "" : ` (${broken})`;
      return `No Python was found${why}. Install Python 3 from https://www.python.org/downloads/ or with your system's package manager.`;
    }
    case "r":
      return 'No kernel for R was found. Install R (https://cran.r-project.org), then in R: install.packages("IRkernel")';
    case "julia":
      return "No kernel for Julia was found. Install Julia (https://julialang.org/downloads), then: julia -e 'import Pkg; Pkg.add(\"IJulia\")'";
    case "javascript":
    case "typescript":
      return `No kernel for ${title} was found. Install Deno (https://deno.com): it has a Jupyter kernel built in.`;
    default:
      return `No kernel for ${title === "" ? "this notebook's language" : title} was found. Install a Jupyter kernel for it, so that its kernelspec is listed by: nbls kernels available`;
  }
}

function tooOld(context: DiscoveryContext, found: Interpreter): string {
  const why = `the built-in kernel needs Python ${embeddedPythonMin} or newer, and what was found is Python ${found.version ?? ""} (${found.executable})`;
  return `No kernel for Python was found: ${why}. Install a newer Python, or ipykernel for this one: ${installIpykernel(context, found)}`;
}

function quoted(path: string): string {
  return path.includes(" ") ? `"${path}"` : path;
}
