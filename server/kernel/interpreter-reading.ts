import { lstat, readlink, realpath } from "node:fs/promises";
import { pathsOf, variable, type DiscoveryContext } from "./discovery-context.ts";
import { entriesOf, isDirectory, isFile, ownerOf, textOf } from "./file-facts.ts";
import type { JupyterPython } from "./jupyter-paths.ts";

/** What can be known of a Python. */
export interface PythonFacts extends JupyterPython {
  /** The path to run. A venv's link is kept: its place is what makes it the environment's. */
  readonly executable: string;
  readonly kind: "venv" | "conda" | "base";
  /** As exact as could be read: `3.11` or `3.11.7`. */
  readonly version?: string | undefined;
  /** The version of ipykernel that it can import; `unknown version` where only the package was seen. */
  readonly ipykernel?: string | undefined;
  /** The environment was made by uv, and so has no pip. */
  readonly isMadeByUv: boolean;
  /** Why it cannot run. */
  readonly problem?: string | undefined;
}

/**
 * Reads what an interpreter is from the files around it: `pyvenv.cfg`, conda's records, the metadata of installed
 * packages. Executes it only with `mayExecute`, and only where the files do not tell (a shim, a wrapper).
 */
export async function readPython(context: DiscoveryContext, executable: string, mayExecute: boolean): Promise<PythonFacts> {
  const real = await realpath(executable).catch(() => undefined);
  const venv = await readVenv(context, executable);
  if (real === undefined) return await broken(context, executable, venv?.prefix, await whyMissing(executable, venv));
  const facts = venv === undefined ? await readBase(context, executable, real) : await readVenvPython(context, executable, venv);
  if (facts !== undefined) return facts;
  const asked = mayExecute ? await probe(context, executable) : undefined;
  return asked ?? (await broken(context, executable, undefined, `what ${executable} is cannot be told without running it`));
}

/** Where an environment keeps its interpreter, if it has one; a dangling link counts, so that it can be reported. */
export async function pythonOfPrefix(context: DiscoveryContext, prefix: string): Promise<string | undefined> {
  const { join } = pathsOf(context);
  const places =
    context.platform === "win32"
      ? [join(prefix, "Scripts", "python.exe"), join(prefix, "python.exe")]
      : [join(prefix, "bin", "python3"), join(prefix, "bin", "python")];
  for (const place of places) {
    if (await lstat(place).catch(() => undefined)) return place;
  }
  return undefined;
}

/** Whether a directory is a Python environment, by its records. */
export async function isPythonEnvironment(context: DiscoveryContext, prefix: string): Promise<boolean> {
  return (await isFile(pathsOf(context).join(prefix, "pyvenv.cfg"))) || (await isConda(context, prefix));
}

interface Venv {
  readonly prefix: string;
  readonly settings: ReadonlyMap<string, string>;
}

/** Python looks for `pyvenv.cfg` beside the program as it was called, then one directory up. */
async function readVenv(context: DiscoveryContext, executable: string): Promise<Venv | undefined> {
  const { dirname, join } = pathsOf(context);
  const beside = dirname(executable);
  for (const prefix of [beside, dirname(beside)]) {
    const text = await textOf(join(prefix, "pyvenv.cfg"));
    if (text === undefined) continue;
    const settings = new Map<string, string>();
    for (const line of text.split(/\r?\n/)) {
      const at = line.indexOf("=");
      if (at > 0) settings.set(line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim());
    }
    return { prefix, settings };
  }
  return undefined;
}

async function readVenvPython(context: DiscoveryContext, executable: string, venv: Venv): Promise<PythonFacts> {
  const home = venv.settings.get("home");
  if (home !== undefined && !(await isDirectory(home))) {
    return await broken(context, executable, venv.prefix, removedBase(home));
  }
  // venv writes `version`, virtualenv and uv `version_info`.
  const written = venv.settings.get("version") ?? venv.settings.get("version_info") ?? "";
  const version = /^\d+(\.\d+){1,2}/.exec(written)?.[0] ?? (await versionInLayout(context, venv.prefix));
  const seesSystem = venv.settings.get("include-system-site-packages")?.toLowerCase() === "true";
  const base = home !== undefined && seesSystem ? await pythonIn(context, home) : undefined;
  const system = base === undefined ? undefined : await readPython(context, base, false);
  const ipykernel =
    (await ipykernelIn([...packageDirectories(context, venv.prefix, version), ...pythonPath(context)])) ?? system?.ipykernel;
  return {
    executable,
    prefix: venv.prefix,
    kind: "venv",
    isVirtual: true,
    isOwned: await isOwned(venv.prefix),
    isMadeByUv: venv.settings.has("uv"),
    version,
    ipykernel,
    userBase: system?.userBase,
  };
}

/** A Python that is no venv; `undefined` where its layout is not one that is known. */
async function readBase(context: DiscoveryContext, executable: string, real: string): Promise<PythonFacts | undefined> {
  // Python finds its prefix behind the links that lead to it; conda makes its own from links as well.
  const written = prefixOf(context, executable);
  const prefix = (await isConda(context, written)) ? written : prefixOf(context, real);
  const kind = (await isConda(context, prefix)) ? "conda" : "base";
  const version = kind === "conda" ? await condaVersion(context, prefix) : await baseVersion(context, prefix, real);
  if (version === undefined || !(await hasStandardLibrary(context, prefix, version))) return undefined;
  const user = userSiteOf(context, prefix, version);
  const ipykernel = await ipykernelIn([
    ...packageDirectories(context, prefix, version),
    ...(user === undefined ? [] : [user.packages]),
    ...pythonPath(context),
  ]);
  return {
    executable,
    prefix,
    kind,
    isVirtual: false,
    isOwned: await isOwned(prefix),
    isMadeByUv: false,
    version,
    ipykernel,
    userBase: user?.base,
  };
}

async function isConda(context: DiscoveryContext, prefix: string): Promise<boolean> {
  return await isDirectory(pathsOf(context).join(prefix, "conda-meta"));
}

async function hasStandardLibrary(context: DiscoveryContext, prefix: string, version: string): Promise<boolean> {
  const { join } = pathsOf(context);
  if (context.platform === "win32") return await isFile(join(prefix, "Lib", "os.py"));
  const folder = `python${minorOf(version)}`;
  // Fedora and its kin keep it in lib64.
  return (await isFile(join(prefix, "lib", folder, "os.py"))) || (await isFile(join(prefix, "lib64", folder, "os.py")));
}

function prefixOf(context: DiscoveryContext, executable: string): string {
  const { basename, dirname } = pathsOf(context);
  const directory = dirname(executable);
  if (context.platform !== "win32") return dirname(directory);
  return basename(directory).toLowerCase() === "scripts" ? dirname(directory) : directory;
}

async function pythonIn(context: DiscoveryContext, directory: string): Promise<string | undefined> {
  const { join } = pathsOf(context);
  const names = context.platform === "win32" ? ["python.exe"] : ["python3", "python"];
  for (const name of names) if (await isFile(join(directory, name))) return join(directory, name);
  return undefined;
}

async function condaVersion(context: DiscoveryContext, prefix: string): Promise<string | undefined> {
  for (const entry of await entriesOf(pathsOf(context).join(prefix, "conda-meta"))) {
    const version = /^python-(\d+\.\d+\.\d+)[^-]*-[^-]+\.json$/.exec(entry)?.[1];
    if (version !== undefined) return version;
  }
  return await versionInLayout(context, prefix);
}

async function baseVersion(context: DiscoveryContext, prefix: string, real: string): Promise<string | undefined> {
  const { basename } = pathsOf(context);
  const minor = /^python(\d+\.\d+)/.exec(basename(real))?.[1] ?? (await versionInLayout(context, prefix));
  // pyenv, uv and asdf name the directory after the full version: `3.11.7`, `cpython-3.11.7-linux-x86_64-gnu`.
  const full = /^(?:cpython-)?(\d+\.\d+\.\d+)(?:-|$)/.exec(basename(prefix))?.[1];
  return full !== undefined && (minor === undefined || full.startsWith(`${minor}.`)) ? full : minor;
}

/** The version that the directories of a prefix tell, if they tell of one only. */
async function versionInLayout(context: DiscoveryContext, prefix: string): Promise<string | undefined> {
  const { join } = pathsOf(context);
  const [pattern, directory] =
    context.platform === "win32" ? [/^python(\d)(\d+)\.dll$/i, prefix] : [/^python(\d+)\.(\d+)$/, join(prefix, "lib")];
  const versions = (await entriesOf(directory)).flatMap((entry) => {
    const match = pattern.exec(entry);
    return match === null ? [] : [`${match[1]}.${match[2]}`];
  });
  return versions.length === 1 ? versions[0] : undefined;
}

/** Where packages of a prefix lie, the distributions' own places among them. */
function packageDirectories(context: DiscoveryContext, prefix: string, version: string | undefined): string[] {
  const { join } = pathsOf(context);
  if (context.platform === "win32") return [join(prefix, "Lib", "site-packages")];
  const minor = minorOf(version);
  const directories = [
    join(prefix, "lib", `python${minor}`, "site-packages"),
    join(prefix, "lib64", `python${minor}`, "site-packages"),
  ];
  if (prefix !== "/usr") return directories;
  // Debian's packages are for every Python 3 of the system; what the administrator installs is in /usr/local.
  const local = (name: string) => join("/usr/local/lib", `python${minor}`, name);
  return [...directories, join(prefix, "lib", "python3", "dist-packages"), local("dist-packages"), local("site-packages")];
}

function userSiteOf(
  context: DiscoveryContext,
  prefix: string,
  version: string,
): { readonly base: string; readonly packages: string } | undefined {
  if (variable(context, "PYTHONNOUSERSITE") !== undefined) return undefined;
  const { join } = pathsOf(context);
  const explicit = variable(context, "PYTHONUSERBASE");
  const minor = minorOf(version);
  if (context.platform === "win32") {
    const base = explicit ?? join(variable(context, "APPDATA") ?? context.homeDirectory, "Python");
    return { base, packages: join(base, `Python${minor.replace(".", "")}`, "site-packages") };
  }
  if (context.platform === "darwin" && prefix.includes("/Python.framework/")) {
    const base = explicit ?? join(context.homeDirectory, "Library", "Python", minor);
    return { base, packages: join(base, "lib", "python", "site-packages") };
  }
  const base = explicit ?? join(context.homeDirectory, ".local");
  return { base, packages: join(base, "lib", `python${minor}`, "site-packages") };
}

function pythonPath(context: DiscoveryContext): string[] {
  const { delimiter, isAbsolute } = pathsOf(context);
  return (variable(context, "PYTHONPATH") ?? "").split(delimiter).filter((entry) => isAbsolute(entry));
}

/** The version of ipykernel in the first of the directories that has it. */
async function ipykernelIn(directories: readonly string[]): Promise<string | undefined> {
  for (const directory of directories) {
    const entries = await entriesOf(directory);
    for (const entry of entries) {
      const version = /^ipykernel-([^-]+)(?:\.dist-info|(?:-py[\d.]+)?\.egg-info)$/.exec(entry)?.[1];
      if (version !== undefined) return version;
    }
    if (entries.includes("ipykernel_launcher.py")) return "unknown version";
  }
  return undefined;
}

async function probe(context: DiscoveryContext, executable: string): Promise<PythonFacts | undefined> {
  const answer = await context.probe?.(executable, context.env);
  if (answer === undefined) return undefined;
  const seesUser = !answer.isVirtual && variable(context, "PYTHONNOUSERSITE") === undefined;
  const ipykernel =
    (await ipykernelIn([
      ...answer.sitePaths,
      ...(seesUser && answer.userSite !== null ? [answer.userSite] : []),
      ...pythonPath(context),
    ])) ?? (answer.hasIpykernel ? "unknown version" : undefined);
  const otherwise = (await isConda(context, answer.prefix)) ? "conda" : "base";
  return {
    executable: answer.executable === "" ? executable : answer.executable,
    prefix: answer.prefix,
    kind: answer.isVirtual ? "venv" : otherwise,
    isVirtual: answer.isVirtual,
    isOwned: await isOwned(answer.prefix),
    isMadeByUv: false,
    version: answer.version,
    ipykernel,
    userBase: seesUser ? (answer.userBase ?? undefined) : undefined,
  };
}

async function whyMissing(executable: string, venv: Venv | undefined): Promise<string> {
  const home = venv?.settings.get("home");
  if (home !== undefined && !(await isDirectory(home))) return removedBase(home);
  const target = await readlink(executable).catch(() => undefined);
  if (target === undefined) return `${executable} does not exist`;
  return `${executable} is a link to ${target}, which leads nowhere; make the environment anew`;
}

function removedBase(home: string): string {
  return `the Python it was made from (${home}) was removed; make the environment anew`;
}

async function broken(
  context: DiscoveryContext,
  executable: string,
  prefix: string | undefined,
  problem: string,
): Promise<PythonFacts> {
  return {
    executable,
    prefix: prefix ?? prefixOf(context, executable),
    kind: prefix === undefined ? "base" : "venv",
    isVirtual: prefix !== undefined,
    isOwned: false,
    isMadeByUv: false,
    problem,
  };
}

async function isOwned(path: string): Promise<boolean> {
  const owner = await ownerOf(path);
  return owner !== undefined && (process.geteuid === undefined || owner === process.geteuid());
}

function minorOf(version: string | undefined): string {
  return (version ?? "").split(".").slice(0, 2).join(".");
}
