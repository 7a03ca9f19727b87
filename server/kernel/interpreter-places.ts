import { createHash } from "node:crypto";
import { realpath } from "node:fs/promises";
import { pathsOf, upward, variable, type DiscoveryContext } from "./discovery-context.ts";
import { entriesOf, isFile, ownerOf } from "./file-facts.ts";
import { isPythonEnvironment, pythonOfPrefix } from "./interpreter-reading.ts";
import type { Project } from "./project.ts";
import { behindPyenvShim, isPyenvShim, pyenvLocalPrefixes } from "./pyenv.ts";

/** A place where an interpreter is, and how it was come by. */
export interface Place {
  readonly executable: string;
  /** A phrase for people: "the activated environment", "python3 on PATH". */
  readonly origin: string;
  /** It belongs to the notebook's project, or was activated for it: its packages are the ones that count. */
  readonly isOwn: boolean;
  /** It lies in a folder that came with the project. */
  readonly isInside: boolean;
  /** How the project's tool installs a package into it. */
  readonly installer?: "uv" | "poetry" | "pipenv" | "pixi";
  readonly problem?: string | undefined;
}

/** Every place where an interpreter for the notebook may be, best first; one may be named twice. */
export async function interpreterPlaces(context: DiscoveryContext, project: Project): Promise<Place[]> {
  const activated = await activatedPlaces(context);
  return [
    ...activated.filter((place) => place.isOwn),
    ...(await folderPlaces(context, project)),
    ...(await pyenvPlaces(context, project)),
    ...activated.filter((place) => !place.isOwn),
    ...(await pathPlaces(context, project)),
  ];
}

async function activatedPlaces(context: DiscoveryContext): Promise<Place[]> {
  const places: Place[] = [];
  const add = async (name: string, isOwn: boolean, origin: string) => {
    const prefix = variable(context, name);
    if (prefix === undefined || !pathsOf(context).isAbsolute(prefix)) return;
    // An activated environment that was deleted is worth saying.
    const executable = (await pythonOfPrefix(context, prefix)) ?? pathsOf(context).join(prefix, "bin", "python3");
    places.push({ executable, origin, isOwn, isInside: false });
  };
  await add("VIRTUAL_ENV", true, "the activated environment (VIRTUAL_ENV)");
  // conda activates `base` in every shell, so that it says nothing about this project.
  const isBase = (variable(context, "CONDA_DEFAULT_ENV") ?? "base") === "base";
  await add("CONDA_PREFIX", !isBase, isBase ? "conda's base environment" : "the activated conda environment (CONDA_PREFIX)");
  return places;
}

/** Environments in the notebook's folder and those above it, and those that the tools keep elsewhere for such a folder. */
async function folderPlaces(context: DiscoveryContext, project: Project): Promise<Place[]> {
  const { join, resolve, basename } = pathsOf(context);
  const places: Place[] = [];
  const uvDirectory = variable(context, "UV_PROJECT_ENVIRONMENT");
  for (const folder of upward(context, project.notebookDirectory)) {
    const entries = new Set(await entriesOf(folder));
    const add = async (prefix: string, isInside: boolean, details: Pick<Place, "installer">) => {
      if (!(await isPythonEnvironment(context, prefix))) return;
      const executable = await pythonOfPrefix(context, prefix);
      if (executable === undefined) return;
      const problem = isInside ? await foreignOwner(prefix, project) : undefined;
      const origin = `the project's environment ${isInside ? `${basename(prefix)} in ${folder}` : prefix}`;
      places.push({ executable, origin, isOwn: true, isInside, problem, ...details });
    };
    const tool = entries.has("uv.lock")
      ? ({ installer: "uv" } as const)
      : entries.has("poetry.lock")
        ? ({ installer: "poetry" } as const)
        : entries.has("Pipfile")
          ? ({ installer: "pipenv" } as const)
          : {};
    if (uvDirectory !== undefined && entries.has("pyproject.toml")) {
      const prefix = resolve(folder, uvDirectory);
      await add(prefix, project.contains(prefix), { installer: "uv" });
    }
    for (const name of [".venv", "venv", ".conda"]) if (entries.has(name)) await add(join(folder, name), true, tool);
    if (entries.has(".pixi")) await add(join(folder, ".pixi", "envs", "default"), true, { installer: "pixi" });
    if (entries.has("pyproject.toml")) {
      for (const prefix of await poetryPrefixes(context, folder)) await add(prefix, false, { installer: "poetry" });
    }
    if (entries.has("Pipfile")) {
      for (const prefix of await pipenvPrefixes(context, folder)) await add(prefix, false, { installer: "pipenv" });
    }
  }
  return places;
}

/**
 * On a shared machine a folder above the notebook can be anyone's: `/tmp/.venv` must not become the Python of all
 * notebooks below `/tmp`.
 */
async function foreignOwner(prefix: string, project: Project): Promise<string | undefined> {
  const owner = await ownerOf(prefix);
  const trusted = [0, process.geteuid?.(), await ownerOf(project.notebookDirectory)];
  return trusted.includes(owner) ? undefined : `${prefix} belongs to another user of this machine`;
}

/** Poetry's environments for a project: `<name>-<hash of its path>-py3.11`. */
async function poetryPrefixes(context: DiscoveryContext, folder: string): Promise<string[]> {
  const { join } = pathsOf(context);
  const directory = variable(context, "POETRY_VIRTUALENVS_PATH") ?? join(poetryCache(context), "virtualenvs");
  const hash = await pathHash(context, folder);
  const names = (await entriesOf(directory)).filter((entry) => new RegExp(`-${hash}-py\\d+\\.\\d+$`).test(entry));
  // Of several, the newest Python: what `poetry env use` chose is not read.
  return names.sort((a, b) => minor(b) - minor(a)).map((name) => join(directory, name));
}

function minor(name: string): number {
  return Number(/\.(\d+)$/.exec(name)?.[1] ?? 0);
}

function poetryCache(context: DiscoveryContext): string {
  const { join } = pathsOf(context);
  const explicit = variable(context, "POETRY_CACHE_DIR");
  if (explicit !== undefined) return explicit;
  const home = context.homeDirectory;
  if (context.platform === "darwin") return join(home, "Library", "Caches", "pypoetry");
  if (context.platform === "win32") {
    return join(variable(context, "LOCALAPPDATA") ?? join(home, "AppData", "Local"), "pypoetry", "Cache");
  }
  return join(variable(context, "XDG_CACHE_HOME") ?? join(home, ".cache"), "pypoetry");
}

/** Pipenv's environments for a project: `<name>-<hash of its Pipfile's path>`. */
async function pipenvPrefixes(context: DiscoveryContext, folder: string): Promise<string[]> {
  const { join } = pathsOf(context);
  const home = context.homeDirectory;
  const shared =
    context.platform === "win32"
      ? join(home, ".virtualenvs")
      : join(variable(context, "XDG_DATA_HOME") ?? join(home, ".local", "share"), "virtualenvs");
  const directory = variable(context, "WORKON_HOME") ?? shared;
  const hash = hashOf(join(folder, "Pipfile"));
  return (await entriesOf(directory))
    .filter((entry) => entry.endsWith(`-${hash}`) || entry.includes(`-${hash}-`))
    .map((entry) => join(directory, entry));
}

async function pathHash(context: DiscoveryContext, path: string): Promise<string> {
  const real = await realpath(path).catch(() => path);
  return hashOf(context.platform === "win32" ? real.toLowerCase().replaceAll("/", "\\") : real);
}

function hashOf(path: string): string {
  return createHash("sha256").update(path).digest("base64url").slice(0, 8);
}

async function pyenvPlaces(context: DiscoveryContext, project: Project): Promise<Place[]> {
  const local = await pyenvLocalPrefixes(context, project.notebookDirectory);
  const places: Place[] = [];
  for (const prefix of local?.prefixes ?? []) {
    const executable = await pythonOfPrefix(context, prefix);
    if (executable === undefined) continue;
    places.push({ executable, origin: `the pyenv version that ${local?.setBy} names`, isOwn: true, isInside: false });
  }
  return places;
}

/** Interpreters on PATH, in its order. Relative entries are left out: they would name whatever the folder holds. */
async function pathPlaces(context: DiscoveryContext, project: Project): Promise<Place[]> {
  const { delimiter, isAbsolute, join } = pathsOf(context);
  const names = context.platform === "win32" ? ["python.exe", "python3.exe"] : ["python3", "python"];
  const places: Place[] = [];
  for (const directory of (variable(context, "PATH") ?? "").split(delimiter)) {
    if (!isAbsolute(directory)) continue;
    for (const name of names) {
      const found = join(directory, name);
      if (!(await isFile(found)) || (await isStub(context, found))) continue;
      const executable = isPyenvShim(context, found) ? await behindPyenvShim(context, found, project.notebookDirectory) : found;
      if (executable === undefined) continue;
      const origin = executable === found ? `${name} on PATH` : `${name} on PATH, through pyenv`;
      places.push({ executable, origin, isOwn: false, isInside: false });
    }
  }
  return places;
}

/**
 * Programs that are no Python but an invitation to install one: Apple's without its command line tools opens a dialogue,
 * and Microsoft's opens a shop.
 */
async function isStub(context: DiscoveryContext, path: string): Promise<boolean> {
  if (context.platform === "darwin" && path.startsWith("/usr/bin/")) {
    return !(await isFile("/Library/Developer/CommandLineTools/usr/bin/python3"));
  }
  if (context.platform !== "win32" || !/\\WindowsApps\\/i.test(path)) return false;
  return /AppInstallerPythonRedirector/i.test(await realpath(path).catch(() => "AppInstallerPythonRedirector"));
}
