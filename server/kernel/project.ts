import { isWithin, pathsOf, upward, type DiscoveryContext } from "./discovery-context.ts";
import { entriesOf } from "./file-facts.ts";
import { realpath } from "node:fs/promises";

/** The folder whose programs must not run before the user trusts it. */
export interface Project {
  readonly notebookDirectory: string;
  /** Absent where the notebook lies in the home directory or above it: then everything would be "inside". */
  readonly root?: string;
  /** Whether a path lies in the project, as written or behind links. */
  contains(path: string): boolean;
}

/** What a project's top folder usually has. */
const markers = new Set(
  [
    ".git .hg .jj .svn .venv .pixi .vscode",
    "pyproject.toml uv.lock poetry.lock setup.py requirements.txt Pipfile pixi.toml environment.yml",
    "package.json deno.json Project.toml DESCRIPTION renv.lock",
  ].flatMap((line) => line.split(" ")),
);

/**
 * The project of a notebook: the highest marked folder above it, or the client's directory if that is higher. The
 * search ends below the home directory, since a version-controlled home does not make one project of it all.
 */
export async function projectOf(context: DiscoveryContext, notebookDirectory: string): Promise<Project> {
  const { resolve } = pathsOf(context);
  const start = resolve(context.cwd, notebookDirectory);
  const mayBeProject = (directory: string) =>
    !isWithin(context, directory, context.homeDirectory) && pathsOf(context).dirname(directory) !== directory;
  if (!mayBeProject(start)) return { notebookDirectory: start, contains: () => false };

  let root = start;
  for (const directory of upward(context, start)) {
    if (!mayBeProject(directory)) break;
    const isMarked = (await entriesOf(directory)).some((entry) => markers.has(entry));
    if (isMarked || directory === resolve(context.cwd)) root = directory;
  }
  const realRoot = await realpath(root).catch(() => root);
  return {
    notebookDirectory: start,
    root,
    contains: (path) => isWithin(context, root, path) || isWithin(context, realRoot, path),
  };
}
