import { pathsOf, isWithin, variable, variableName, type DiscoveryContext } from "./discovery-context.ts";
import { embeddedLaunch } from "./embedded.ts";
import { isFile } from "./file-facts.ts";
import { installIpykernel } from "./install-advice.ts";
import type { PythonFacts } from "./interpreter-reading.ts";
import { readInterpreter, type Interpreter } from "./interpreters.ts";
import type { Kernelspec } from "./kernelspecs.ts";
import { languageOf } from "./languages.ts";
import { findDeno, findR, programOnPath } from "./programs.ts";
import type { Project } from "./project.ts";
import type { KernelLaunch } from "./provider.ts";

/** A kernel that could be started, or the reason why not. */
export interface Candidate extends KernelLaunch {
  /** Why it cannot be started: a sentence for people. Such a candidate is never chosen. */
  readonly problem?: string | undefined;
  /** Its program or description lies in the project's folder: starting it trusts the folder. */
  readonly insideProject: boolean;
}

/** An interpreter run with ipykernel, without a kernelspec. */
export function interpreterCandidate(context: DiscoveryContext, interpreter: Interpreter): Candidate {
  const { executable, ipykernel, origin, isOwn, insideProject } = interpreter;
  const missing =
    ipykernel === undefined
      ? `ipykernel is not installed there; install it: ${installIpykernel(context, interpreter)}`
      : undefined;
  return {
    name: executable,
    displayName: displayName(context, interpreter),
    language: "python",
    provider: "zeromq",
    source: isOwn ? "environment" : "path",
    reason: ipykernel === undefined ? origin : `${origin}; it has ipykernel ${ipykernel}`,
    interpreter: executable,
    argv: [executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
    env: activation(context, interpreter),
    interruptMode: "signal",
    isIpykernel: true,
    insideProject,
    problem: interpreter.problem ?? missing,
  };
}

/** The built-in kernel, run by an interpreter. */
export function embeddedCandidate(context: DiscoveryContext, interpreter: Interpreter): Candidate {
  const launch = embeddedLaunch(interpreter.executable, `the built-in kernel, which needs only Python: ${interpreter.origin}`);
  return {
    ...launch,
    env: { ...activation(context, interpreter), ...launch.env },
    insideProject: interpreter.insideProject,
    problem: interpreter.problem,
  };
}

/** A kernelspec, its command resolved against the interpreters that were found and the client's PATH. */
export async function kernelspecCandidate(
  context: DiscoveryContext,
  project: Project,
  spec: Kernelspec,
  interpreters: readonly Interpreter[],
): Promise<Candidate> {
  const { basename } = pathsOf(context);
  const command = await resolveCommand(context, project, spec, interpreters);
  const { argv, python } = command;
  const isDeno = /^deno(\.exe)?$/i.test(basename(argv[0] ?? ""));
  const provisioned =
    spec.provisioner === undefined ? undefined : `only Jupyter's own client can start it (provisioner ${spec.provisioner})`;
  const env = { ...(python === undefined ? {} : activation(context, python)), ...expanded(context, spec.env) };
  return {
    name: spec.name,
    displayName: spec.displayName,
    language: languageOf(spec.language === "" && isIpykernel(argv) ? "python" : spec.language),
    provider: "zeromq",
    source: "kernelspec",
    reason: `the kernelspec in ${spec.resourceDirectory}`,
    ...(python === undefined ? {} : { interpreter: python.executable }),
    argv,
    env,
    // Deno dies of a signal, and its kernelspec does not say so.
    interruptMode: isDeno ? "message" : spec.interruptMode,
    resourceDirectory: spec.resourceDirectory,
    isIpykernel: isIpykernel(argv),
    insideProject: [spec.resourceDirectory, ...argv].some((path) => pathsOf(context).isAbsolute(path) && project.contains(path)),
    problem: provisioned ?? command.problem,
  };
}

/** Kernels that need no kernelspec because their program brings one: Deno, and R with IRkernel. */
export async function programCandidate(
  context: DiscoveryContext,
  project: Project,
  language: string,
): Promise<Candidate | undefined> {
  switch (languageOf(language)) {
    case "javascript":
    case "typescript": {
      const deno = await findDeno(context);
      if (deno === undefined) return undefined;
      const argv = ["jupyter", "--kernel", "--conn", "{connection_file}"];
      return programLaunch(project, "deno", "Deno", "typescript", deno, argv, "message", `deno on PATH (${deno})`);
    }
    case "r": {
      const r = await findR(context);
      if (r === undefined) return undefined;
      const argv = ["--slave", "-e", "IRkernel::main()", "--args", "{connection_file}"];
      const found = programLaunch(
        project,
        "ir",
        "R",
        "r",
        r.program,
        argv,
        "signal",
        `R on PATH (${r.program}), which has IRkernel`,
      );
      if (r.hasIRkernel) return found;
      const problem = 'the package IRkernel was not found; install it in R: install.packages("IRkernel")';
      return { ...found, reason: `R on PATH (${r.program})`, problem };
    }
    default:
      return undefined;
  }
}

function programLaunch(
  project: Project,
  name: string,
  title: string,
  language: string,
  program: string,
  rest: readonly string[],
  interruptMode: "signal" | "message",
  reason: string,
): Candidate {
  return {
    name,
    displayName: title,
    language,
    provider: "zeromq",
    source: "path",
    reason,
    argv: [program, ...rest],
    interruptMode,
    env: {},
    isIpykernel: false,
    insideProject: project.contains(program),
  };
}

interface Command {
  readonly argv: readonly string[];
  readonly python?: PythonFacts;
  readonly problem?: string;
}

async function resolveCommand(
  context: DiscoveryContext,
  project: Project,
  spec: Kernelspec,
  interpreters: readonly Interpreter[],
): Promise<Command> {
  const { basename, isAbsolute } = pathsOf(context);
  const [program = "", ...rest] = spec.argv;
  const isPython = /^python[\d.]*(\.exe)?$/i.test(basename(program));
  if (isAbsolute(program)) {
    if (!(await isFile(program))) return { argv: spec.argv, problem: `its program ${program} does not exist` };
    if (!isPython) return { argv: spec.argv };
    const known = interpreters.find((interpreter) => interpreter.executable === program);
    return withPython(known ?? (await readInterpreter(context, project.notebookDirectory, program)), program, rest);
  }
  if (basename(program) !== program) return { argv: spec.argv, problem: `its program ${program} is a relative path` };
  if (isPython) {
    const python = interpreterFor(context, spec, program, interpreters);
    if (python !== undefined) {
      const problem =
        python.problem ?? (isIpykernel(spec.argv) && python.ipykernel === undefined ? noIpykernel(context, python) : undefined);
      const command = withPython(python, python.executable, rest);
      return problem === undefined ? command : { ...command, problem };
    }
  }
  const found = await programOnPath(context, program);
  if (found === undefined) return { argv: spec.argv, problem: `its program ${program} is not on PATH` };
  return { argv: [found, ...rest] };
}

function noIpykernel(context: DiscoveryContext, python: Interpreter): string {
  return `ipykernel is not installed for ${python.executable}; install it: ${installIpykernel(context, python)}`;
}

function withPython(python: PythonFacts, program: string, rest: readonly string[]): Command {
  // `{prefix}` is jupyter_client's own template; the others are filled in at the start.
  return { argv: [program, ...rest.map((argument) => argument.replaceAll("{prefix}", python.prefix))], python };
}

/**
 * Whom a bare `python3` means: the Python that the kernelspec was installed with, else (Jupyter would take the one that
 * it runs on) the first that has what the kernelspec needs.
 */
function interpreterFor(
  context: DiscoveryContext,
  spec: Kernelspec,
  program: string,
  interpreters: readonly Interpreter[],
): Interpreter | undefined {
  const minor = /^python(\d+\.\d+)/i.exec(program)?.[1];
  const fitting = interpreters.filter(({ version }) => minor === undefined || `${version ?? ""}.`.startsWith(`${minor}.`));
  const owners = fitting.filter(({ prefix }) => isWithin(context, prefix, spec.resourceDirectory));
  // The innermost prefix: /usr holds /usr/local.
  const owner = owners.toSorted((a, b) => b.prefix.length - a.prefix.length)[0];
  if (owner !== undefined) return owner;
  const healthy = fitting.filter(({ problem }) => problem === undefined);
  return healthy.find(({ ipykernel }) => ipykernel !== undefined || !isIpykernel(spec.argv)) ?? healthy[0] ?? fitting[0];
}

function isIpykernel(argv: readonly string[]): boolean {
  const module = argv[argv.indexOf("-m") + 1];
  return (
    (argv.includes("-m") && /^ipykernel(_launcher)?$/.test(module ?? "")) ||
    argv.some((part) => part.endsWith("ipykernel_launcher.py"))
  );
}

/** What activating an environment would set, so that programs that a cell starts are the environment's. */
function activation(context: DiscoveryContext, python: PythonFacts): { [name: string]: string } {
  const { basename, delimiter, join } = pathsOf(context);
  const set: { [name: string]: string } = {};
  // Both would lead another Python away from its own files; an empty value counts as none.
  for (const name of ["PYTHONHOME", "PYTHONEXECUTABLE"]) if (variable(context, name) !== undefined) set[name] = "";
  if (python.kind === "base") return set;
  const { prefix } = python;
  const folders =
    context.platform !== "win32"
      ? [join(prefix, "bin")]
      : python.kind === "venv"
        ? [join(prefix, "Scripts")]
        : [prefix, join(prefix, "Library", "bin"), join(prefix, "Scripts")];
  const path = variable(context, "PATH");
  set[variableName(context, "PATH")] = [...folders, ...(path === undefined ? [] : [path])].join(delimiter);
  if (python.kind === "venv") set["VIRTUAL_ENV"] = prefix;
  else {
    set["CONDA_PREFIX"] = prefix;
    set["CONDA_DEFAULT_ENV"] = basename(pathsOf(context).dirname(prefix)) === "envs" ? basename(prefix) : prefix;
    // conda's environment is not the activated venv, which pip and uv would otherwise install into.
    if (variable(context, "VIRTUAL_ENV") !== undefined) set["VIRTUAL_ENV"] = "";
  }
  return set;
}

/** `${NAME}`, `$NAME` and `$$`, as Python's `string.Template`; what is not set stays as it is. */
function expanded(context: DiscoveryContext, env: { readonly [name: string]: string }): { [name: string]: string } {
  const pattern = /\$(?:(\$)|\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/g;
  const expand = (text: string) =>
    text.replace(pattern, (whole: string, dollar?: string, braced?: string, bare?: string) =>
      dollar === undefined ? (context.env[variableName(context, braced ?? bare ?? "")] ?? whole) : dollar,
    );
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, expand(value)]));
}

function displayName(context: DiscoveryContext, interpreter: Interpreter): string {
  const python = interpreter.version === undefined ? "Python" : `Python ${interpreter.version}`;
  return interpreter.kind === "base" ? python : `${python} (${pathsOf(context).basename(interpreter.prefix)})`;
}
