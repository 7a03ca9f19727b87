import { isWithin, pathsOf, upward, variable, type DiscoveryContext } from "./discovery-context.ts";
import { entriesOf, isDirectory, textOf } from "./file-facts.ts";

/** Where pyenv keeps its versions and shims. */
export function pyenvRoot(context: DiscoveryContext): string {
  return variable(context, "PYENV_ROOT") ?? pathsOf(context).join(context.homeDirectory, ".pyenv");
}

/** The prefixes that pyenv's setting for a directory names (`PYENV_VERSION`, `.python-version`); none without one. */
export async function pyenvLocalPrefixes(
  context: DiscoveryContext,
  directory: string,
): Promise<{ readonly prefixes: readonly string[]; readonly setBy: string } | undefined> {
  const explicit = variable(context, "PYENV_VERSION");
  if (explicit !== undefined) return { prefixes: await prefixesOf(context, explicit.split(":")), setBy: "PYENV_VERSION" };
  for (const above of upward(context, directory)) {
    const path = pathsOf(context).join(above, ".python-version");
    const text = await textOf(path);
    if (text !== undefined) return { prefixes: await prefixesOf(context, versionsIn(text)), setBy: path };
  }
  return undefined;
}

/**
 * The program that a pyenv shim would run: the shim is a shell script, and a kernel behind one would get its signals
 * late or never. `undefined` if the path is no shim or pyenv's versions have no such program ("system").
 */
export async function behindPyenvShim(context: DiscoveryContext, shim: string, directory: string): Promise<string | undefined> {
  if (!isPyenvShim(context, shim)) return undefined;
  const { basename, join } = pathsOf(context);
  const local = await pyenvLocalPrefixes(context, directory);
  const names = await textOf(join(pyenvRoot(context), "version"));
  const prefixes = local?.prefixes ?? (await prefixesOf(context, versionsIn(names ?? "")));
  for (const prefix of prefixes) {
    const program = join(prefix, "bin", basename(shim));
    if ((await entriesOf(join(prefix, "bin"))).includes(basename(shim))) return program;
  }
  return undefined;
}

export function isPyenvShim(context: DiscoveryContext, path: string): boolean {
  return isWithin(context, pathsOf(context).join(pyenvRoot(context), "shims"), path);
}

function versionsIn(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .flatMap((line) => line.split(/\s+/))
    .filter((name) => name !== "");
}

async function prefixesOf(context: DiscoveryContext, names: readonly string[]): Promise<string[]> {
  const { join } = pathsOf(context);
  const versions = join(pyenvRoot(context), "versions");
  const prefixes: string[] = [];
  for (const name of names) {
    // The file comes with a project: a name must not lead out of pyenv's own directory.
    if (/[/\\]/.test(name) || name.startsWith(".") || name === "system") continue;
    const exact = join(versions, name);
    if (await isDirectory(exact)) {
      prefixes.push(exact);
      continue;
    }
    // `3.11` means the newest 3.11.
    const patches = (await entriesOf(versions))
      .filter((entry) => entry.startsWith(`${name}.`) && /^[\d.]+$/.test(entry))
      .sort((a, b) => Number(a.slice(name.length + 1)) - Number(b.slice(name.length + 1)));
    const newest = patches.at(-1);
    if (newest !== undefined) prefixes.push(join(versions, newest));
  }
  return prefixes;
}
