import { realpath } from "node:fs/promises";
import type { DiscoveryContext } from "./discovery-context.ts";
import { interpreterPlaces, type Place } from "./interpreter-places.ts";
import { readPython, type PythonFacts } from "./interpreter-reading.ts";
import { projectOf, type Project } from "./project.ts";

/** A Python that was found, what it is, and what it has to do with the notebook's project. */
export interface Interpreter extends PythonFacts, Omit<Place, "executable" | "isInside" | "problem"> {
  /** It, its environment or what it links to lies in the project's folder. */
  readonly insideProject: boolean;
}

/**
 * The interpreters that a notebook in `notebookDirectory` could run on, best first: those of its project, then those of
 * the machine. Broken ones are listed with a `problem`. Nothing inside the project is executed.
 */
export async function findInterpreters(context: DiscoveryContext, notebookDirectory: string): Promise<Interpreter[]> {
  const project = await projectOf(context, notebookDirectory);
  const found = new Map<string, Interpreter>();
  for (const place of await interpreterPlaces(context, project)) {
    const interpreter = await interpreterAt(context, project, place);
    const known = found.get(interpreter.prefix);
    // `python3` and `python` of one prefix are one interpreter, but for a prefix whose first one is Python 2 or broken.
    if (known === undefined || (known.problem !== undefined && interpreter.problem === undefined)) {
      found.set(interpreter.prefix, interpreter);
    }
  }
  return [...found.values()];
}

/** The oldest Python that the built-in kernel runs on. */
export const embeddedPythonMin = "3.8";

/** Whether the built-in kernel can run there. A version that could not be read counts as new enough. */
export function runsEmbedded({ problem, version }: Interpreter): boolean {
  return problem === undefined && !/^3\.[0-7](\.|$)/.test(version ?? "");
}

/** An interpreter that somebody named by its path. */
export async function readInterpreter(
  context: DiscoveryContext,
  notebookDirectory: string,
  executable: string,
): Promise<Interpreter> {
  const project = await projectOf(context, notebookDirectory);
  return await interpreterAt(context, project, { executable, origin: "named by its path", isOwn: false, isInside: false });
}

async function interpreterAt(context: DiscoveryContext, project: Project, place: Place): Promise<Interpreter> {
  const { isInside, executable, problem: placeProblem, ...rest } = place;
  const real = await realpath(executable).catch(() => executable);
  const mayExecute = !isInside && placeProblem === undefined && ![executable, real].some((path) => project.contains(path));
  const facts = await readPython(context, executable, mayExecute);
  const insideProject = isInside || [executable, real, facts.executable, facts.prefix].some((path) => project.contains(path));
  const problem = placeProblem ?? facts.problem ?? (facts.version?.startsWith("2.") === true ? "Python 2 is too old" : undefined);
  return { ...facts, ...rest, insideProject, problem };
}
