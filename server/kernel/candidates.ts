import {
  embeddedCandidate,
  interpreterCandidate,
  kernelspecCandidate,
  programCandidate,
  type Candidate,
} from "./candidate-launches.ts";
import { pathsOf, type DiscoveryContext } from "./discovery-context.ts";
import { installIpykernel, installKernel } from "./install-advice.ts";
import { findInterpreters, readInterpreter, type Interpreter } from "./interpreters.ts";
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
  const fitting = found.specs.filter(({ language }) => serves(language, options.language));
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
  return explainNames(options, found, ranked);
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

/** The built-in kernel needs Python 3.8. */
function runsEmbedded({ problem, version }: Interpreter): boolean {
  return problem === undefined && !/^3\.[0-7](\.|$)/.test(version ?? "");
}

/** Says at the first usable candidate why it is not the one that was named, or that the project's own is broken. */
function explainNames(options: CandidateOptions, found: Found, ranked: readonly Candidate[]): Candidate[] {
  const notes: string[] = [];
  const explain = (who: string, name: string) => {
    const spec = found.specs.find((candidate) => candidate.name === name.toLowerCase());
    if (spec === undefined) notes.push(`${who} names the kernel "${name}", which is not installed`);
    else if (!serves(spec.language, options.language))
      notes.push(`${who} names the kernel "${name}", which is for ${languageTitle(spec.language)}`);
    else if (spec.problem !== undefined) notes.push(`${who} names the kernel "${name}", but ${spec.problem}`);
  };
  const { kernelspecName, settingDefault } = options;
  if (kernelspecName !== undefined && !isGenericPython(kernelspecName)) explain("the notebook", kernelspecName);
  if (typeof settingDefault === "string" && found.bySetting.length === 0) explain("the setting kernel.default", settingDefault);
  const broken = found.own.find(({ problem }) => problem !== undefined);
  if (broken !== undefined && found.own.every(({ problem }) => problem !== undefined)) {
    notes.push(`${broken.origin} cannot be used (${broken.problem ?? ""})`);
  }
  const first = ranked.findIndex(({ problem }) => problem === undefined);
  return ranked.map((candidate, index) =>
    index === first && notes.length > 0
      ? { ...candidate, reason: `${notes.join("; ")}. Instead: ${candidate.reason}` }
      : candidate,
  );
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
