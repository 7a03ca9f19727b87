import {
  embeddedCandidate,
  interpreterCandidate,
  kernelspecCandidate,
  programCandidate,
  type Candidate,
} from "./candidate-launches.ts";
import { pathsOf, type DiscoveryContext } from "./discovery-context.ts";
import { installIpykernel, installKernel } from "./install-advice.ts";
import { embeddedPythonMin, findInterpreters, readInterpreter, runsEmbedded, type Interpreter } from "./interpreters.ts";
import { kernelspecDirectories } from "./jupyter-paths.ts";
import { findKernelspecs, type KernelspecProblem } from "./kernelspecs.ts";
import { languageOf, languageTitle, serves } from "./languages.ts";
import { projectOf } from "./project.ts";

export type { Candidate } from "./candidate-launches.ts";

export interface CandidateOptions {
  readonly notebookDirectory: string;
  /** As LSP or the notebook names it. */
  readonly language: string;
  /** `metadata.kernelspec.name` of the notebook. */
  readonly kernelspecName?: string | undefined;
  /** The setting `kernel.default`. */
  readonly settingDefault?: string | null | undefined;
  /** The setting `kernel.embedded`. */
  readonly embedded: "auto" | "never" | "always";
}

export interface Candidates {
  /** Best first; those with a `problem` stand where they would without it. */
  readonly candidates: readonly Candidate[];
  /** What would be started: the first without a problem. */
  readonly chosen?: Candidate;
  /** Without a choice: what to install. */
  readonly problem?: string;
  /** Files that look like kernelspecs and cannot be used. */
  readonly kernelspecProblems: readonly KernelspecProblem[];
}

/** Everything that could run cells of a language in a folder, in order of preference, each with its reason. */
export async function kernelCandidates(context: DiscoveryContext, options: CandidateOptions): Promise<Candidates> {
  const project = await projectOf(context, options.notebookDirectory);
  const interpreters = await findInterpreters(context, options.notebookDirectory);
  const healthy = interpreters.filter(({ problem }) => problem === undefined);
  const directories = new Set(kernelspecDirectories(context, healthy[0]));
  // Jupyter sees the kernelspecs of the one Python it runs on; ours are those of all that were found.
  for (const { prefix } of healthy) directories.add(pathsOf(context).join(prefix, "share", "jupyter", "kernels"));
  const { kernelspecs, problems } = await findKernelspecs([...directories]);
  const specs: Candidate[] = [];
  for (const spec of kernelspecs) specs.push(await kernelspecCandidate(context, project, spec, interpreters));

  const program = await programCandidate(context, project, options.language);
  const isPython = languageOf(options.language) === "python";
  const { settingDefault } = options;
  // The setting may name an interpreter by its path, which need not be one that would be found.
  const isPath = isPython && typeof settingDefault === "string" && pathsOf(context).isAbsolute(settingDefault);
  const found: Found = {
    specs,
    kernelspecProblems: problems,
    own: isPython ? interpreters.filter(({ isOwn }) => isOwn) : [],
    machine: isPython ? interpreters.filter(({ isOwn }) => !isOwn) : [],
    programs: program === undefined ? [] : [program],
    bySetting: isPath ? [await readInterpreter(context, options.notebookDirectory, settingDefault)] : [],
  };
  const candidates = withoutRepetition(rank(context, options, found));
  const chosen = candidates.find(({ problem }) => problem === undefined);
  if (chosen !== undefined) return { candidates, chosen, kernelspecProblems: problems };
  return { candidates, problem: installKernel(context, options.language, interpreters), kernelspecProblems: problems };
}

/**
 * The candidate that a user means by a name: a kernelspec's, an interpreter's path (one that was not found too),
 * `python3` for whichever Python comes first, or `embedded`.
 */
export async function candidateNamed(
  context: DiscoveryContext,
  options: Pick<CandidateOptions, "notebookDirectory">,
  candidates: readonly Candidate[],
  name: string,
): Promise<Candidate | undefined> {
  const exact =
    candidates.find((candidate) => candidate.name === name) ??
    candidates.find((candidate) => candidate.name === name.toLowerCase());
  if (exact !== undefined) return exact;
  if (name === "embedded") return candidates.find(({ provider }) => provider === "embedded");
  if (isGenericPython(name)) return candidates.find(({ language, problem }) => language === "python" && problem === undefined);
  if (!pathsOf(context).isAbsolute(name)) return undefined;
  return interpreterCandidate(context, await readInterpreter(context, options.notebookDirectory, name));
}

interface Found {
  readonly specs: readonly Candidate[];
  readonly kernelspecProblems: readonly KernelspecProblem[];
  /** Interpreters of the notebook's project. */
  readonly own: readonly Interpreter[];
  /** Interpreters of the machine. */
  readonly machine: readonly Interpreter[];
  readonly programs: readonly Candidate[];
  /** The interpreter that `kernel.default` names by its path. */
  readonly bySetting: readonly Interpreter[];
}

function rank(context: DiscoveryContext, options: CandidateOptions, found: Found): Candidate[] {
  const { kernelspecName, settingDefault } = options;
  const fitting = nativeFirst(found.specs.filter(({ language }) => serves(language, options.language)));
  const own = found.own.map((interpreter) => interpreterCandidate(context, interpreter));
  const machine = found.machine.map((interpreter) => interpreterCandidate(context, interpreter));
  const embedded = rankEmbedded(context, options, found);
  const named = fitting.find(({ name }) => name === kernelspecName?.toLowerCase());

  const ofNotebook: Candidate[] = [];
  if (kernelspecName !== undefined && isGenericPython(kernelspecName)) {
    // Nearly every notebook names "python3", wherever it was written: it means "the Python here", and where the project
    // has one of its own (VS Code chooses the same) it is that one.
    const meaning = `the notebook asks for "${kernelspecName}", which is the project's own Python where there is one`;
    ofNotebook.push(
      ...own.map((candidate) =>
        candidate.problem === undefined ? { ...candidate, reason: `${candidate.reason}; ${meaning}` } : candidate,
      ),
    );
    ofNotebook.push(...embedded.own);
  }
  if (named !== undefined) ofNotebook.push({ ...named, source: "notebook", reason: `the notebook names it: ${named.reason}` });

  const bySetting = [
    ...found.bySetting.map((interpreter) => interpreterCandidate(context, interpreter)),
    ...fitting.filter(({ name }) => name === settingDefault?.toLowerCase()),
  ].map((candidate) => ({
    ...candidate,
    source: "setting" as const,
    reason: `the setting kernel.default names it: ${candidate.reason}`,
  }));

  const ranked = [
    ...embedded.always,
    ...ofNotebook,
    ...bySetting,
    ...own,
    ...embedded.own,
    ...fitting,
    ...found.programs,
    ...machine,
    ...embedded.last,
  ];
  const first = ranked.findIndex(({ problem }) => problem === undefined);
  const chosen = ranked[first];
  if (chosen === undefined) return ranked;
  const notes = [
    ...(embedded.always.includes(chosen) ? [] : passedOverNames(context, options, found, { chosen, ofNotebook, bySetting })),
    ...passedOverProject(found),
  ];
  return notes.length === 0
    ? ranked
    : ranked.with(first, { ...chosen, reason: `${notes.join("; ")}. Instead: ${chosen.reason}` });
}

interface RankedEmbedded {
  readonly always: readonly Candidate[];
  /** In the project's own Python, before kernels that cannot see the project's packages. */
  readonly own: readonly Candidate[];
  readonly last: readonly Candidate[];
}

function rankEmbedded(context: DiscoveryContext, options: CandidateOptions, found: Found): RankedEmbedded {
  const nowhere = { always: [], own: [], last: [] };
  const own = found.own.find(runsEmbedded);
  const interpreter = own ?? found.machine.find(runsEmbedded);
  if (interpreter === undefined) return nowhere;
  const candidate = embeddedCandidate(context, interpreter);
  switch (options.embedded) {
    case "always":
      return { ...nowhere, always: [{ ...candidate, reason: `the setting kernel.embedded says always; ${candidate.reason}` }] };
    case "never":
      return { ...nowhere, last: [{ ...candidate, problem: "the setting kernel.embedded says never" }] };
    case "auto":
      break;
  }
  const full = `for IPython in full, install ipykernel: ${installIpykernel(context, interpreter)}`;
  if (own !== undefined && found.own.every(({ ipykernel }) => ipykernel === undefined)) {
    // A user expects the packages of the project; a complete kernel without them fails at the first import.
    const reason = `the project's own Python has no ipykernel, and kernels elsewhere do not see its packages; ${candidate.reason}; ${full}`;
    return { ...nowhere, own: [{ ...candidate, reason }] };
  }
  return { ...nowhere, last: [{ ...candidate, reason: `${candidate.reason}; ${full}` }] };
}

interface Preferences {
  readonly chosen: Candidate;
  readonly ofNotebook: readonly Candidate[];
  readonly bySetting: readonly Candidate[];
}

/** Which kernels were named before the chosen one, and why they do not run. */
function passedOverNames(
  context: DiscoveryContext,
  options: CandidateOptions,
  found: Found,
  { chosen, ofNotebook, bySetting }: Preferences,
): string[] {
  const { kernelspecName, settingDefault } = options;
  const notes: string[] = [];
  if (ofNotebook.includes(chosen)) return notes;
  if (kernelspecName !== undefined) {
    const why = whyNot(context, options, found, kernelspecName);
    // Without a kernelspec of that name, "python3" is the Python on PATH: then nothing was passed over.
    const isMeant = why === notInstalled && isGenericPython(kernelspecName) && chosen.source !== "kernelspec";
    if (why !== undefined && !isMeant) notes.push(`the notebook names the kernel "${kernelspecName}", ${why}`);
  }
  if (typeof settingDefault !== "string" || bySetting.includes(chosen)) return notes;
  const who = "the setting kernel.default names";
  if (!pathsOf(context).isAbsolute(settingDefault)) {
    const why = whyNot(context, options, found, settingDefault);
    if (why !== undefined) notes.push(`${who} the kernel "${settingDefault}", ${why}`);
  } else {
    const problem = bySetting[0]?.problem;
    if (problem !== undefined) notes.push(`${who} ${settingDefault}, but ${problem}`);
  }
  return notes;
}

const notInstalled = "which is not installed";

/** Why the kernelspec of a name does not run the notebook, as the end of a sentence. */
function whyNot(context: DiscoveryContext, options: CandidateOptions, found: Found, name: string): string | undefined {
  const wanted = name.toLowerCase();
  const spec = found.specs.find((candidate) => candidate.name === wanted);
  if (spec === undefined) {
    const { basename, dirname } = pathsOf(context);
    const invalid = found.kernelspecProblems.find(({ path }) => basename(dirname(path)).toLowerCase() === wanted);
    return invalid === undefined ? notInstalled : `whose ${invalid.path} cannot be used: ${invalid.reason}`;
  }
  if (!serves(spec.language, options.language)) return `which is for ${languageTitle(spec.language)}`;
  return spec.problem === undefined ? undefined : `but ${spec.problem}`;
}

/** Why nothing of the project's own can run, where it has a Python. */
function passedOverProject({ own }: Found): string[] {
  const healthy = own.filter(({ problem }) => problem === undefined);
  const [first] = healthy.length === 0 ? own : healthy;
  if (first === undefined) return [];
  if (first.problem !== undefined) return [`${first.origin} cannot be used (${first.problem})`];
  if (healthy.some((interpreter) => interpreter.ipykernel !== undefined || runsEmbedded(interpreter))) return [];
  const tooOld = `its Python ${first.version ?? ""} is too old for the built-in kernel, which needs ${embeddedPythonMin}`;
  return [`${first.origin} has no ipykernel, and ${tooOld}`];
}

/** Jupyter starts `python3` where nothing is named, wherever other kernelspecs lie. */
function nativeFirst(specs: readonly Candidate[]): Candidate[] {
  const isNative = ({ name, language }: Candidate) => name === "python3" && language === "python";
  return [...specs.filter(isNative), ...specs.filter((spec) => !isNative(spec))];
}

function withoutRepetition(candidates: readonly Candidate[]): Candidate[] {
  const byName = new Map<string, Candidate>();
  for (const candidate of candidates) {
    if (!byName.has(candidate.name)) byName.set(candidate.name, candidate);
  }
  return [...byName.values()];
}

function isGenericPython(name: string): boolean {
  return /^python3?$/i.test(name);
}
