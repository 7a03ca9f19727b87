import { realpath } from "node:fs/promises";
import { isWithin, pathsOf, variable, type DiscoveryContext } from "./discovery-context.ts";
import { entriesOf, isDirectory, isExecutable, isFile } from "./file-facts.ts";

/** The file that a bare name stands for on the client's PATH. Relative entries of PATH do not count. */
export async function programOnPath(context: DiscoveryContext, name: string): Promise<string | undefined> {
  const { delimiter, extname, isAbsolute, join } = pathsOf(context);
  const isWindows = context.platform === "win32";
  const endings = isWindows && extname(name) === "" ? (variable(context, "PATHEXT") ?? ".EXE;.CMD;.BAT").split(";") : [""];
  for (const directory of (variable(context, "PATH") ?? "").split(delimiter)) {
    if (!isAbsolute(directory)) continue;
    for (const ending of endings) {
      const path = join(directory, name + ending.toLowerCase());
      // There is no permission to execute on Windows.
      if (isWindows ? await isFile(path) : await isExecutable(path)) return path;
    }
  }
  return undefined;
}

/**
 * The Deno on PATH. npm's package puts a Node script there that waits for the real program: a kernel behind it would
 * outlive the process that we watch.
 */
export async function findDeno(context: DiscoveryContext): Promise<string | undefined> {
  const found = await programOnPath(context, "deno");
  if (found === undefined) return undefined;
  const { basename, dirname, join } = pathsOf(context);
  const name = context.platform === "win32" ? "deno.exe" : "deno";
  const real = await realpath(found).catch(() => found);
  if (basename(real) !== "bin.cjs") return found;
  const beside = join(dirname(real), name);
  if (await isExecutable(beside)) return beside;
  const builds = join(dirname(real), "..", "@deno");
  for (const build of await entriesOf(builds)) {
    if (build.startsWith(context.platform) && (await isExecutable(join(builds, build, name)))) return join(builds, build, name);
  }
  return found;
}

/** The R on PATH, and whether the IRkernel package can be seen in one of its libraries. */
export async function findR(
  context: DiscoveryContext,
): Promise<{ readonly program: string; readonly hasIRkernel: boolean } | undefined> {
  const program = await programOnPath(context, "R");
  if (program === undefined) return undefined;
  for (const library of await rLibraries(context, program)) {
    if (await isFile(pathsOf(context).join(library, "IRkernel", "DESCRIPTION"))) return { program, hasIRkernel: true };
  }
  return { program, hasIRkernel: false };
}

async function rLibraries(context: DiscoveryContext, program: string): Promise<string[]> {
  const { delimiter, dirname, join } = pathsOf(context);
  const named = ["R_LIBS", "R_LIBS_USER", "R_LIBS_SITE"].flatMap((name) => (variable(context, name) ?? "").split(delimiter));
  const prefixes = [dirname(dirname(program)), dirname(dirname(await realpath(program).catch(() => program)))];
  const shared = prefixes.flatMap((prefix) => [
    ...["site-library", "library"].flatMap((name) => [join(prefix, "lib", "R", name), join(prefix, "lib64", "R", name)]),
    // A conda environment or a framework: the program lies in R's own folder.
    join(prefix, "library"),
    join(prefix, "local", "lib", "R", "site-library"),
  ]);
  return [...named.filter((path) => path !== ""), ...(await userRLibraries(context)), ...shared];
}

/** `~/R/x86_64-pc-linux-gnu-library/4.2` and `~/Library/R/arm64/4.4/library`. */
async function userRLibraries(context: DiscoveryContext): Promise<string[]> {
  const { join } = pathsOf(context);
  const [top, last] =
    context.platform === "darwin"
      ? [join(context.homeDirectory, "Library", "R"), "library"]
      : [join(context.homeDirectory, "R"), ""];
  const libraries: string[] = [];
  for (const kind of await entriesOf(top)) {
    for (const version of await entriesOf(join(top, kind))) {
      const library = join(top, kind, version, last);
      if (isWithin(context, top, library) && (await isDirectory(library))) libraries.push(library);
    }
  }
  return libraries;
}
