import { homedir } from "node:os";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Limits } from "../base/limits.ts";
import type { Log } from "../base/log.ts";
import type { RunnerListener } from "../engine/kernel-runner.ts";
import { candidateNamed, kernelCandidates, type Candidates } from "../kernel/candidates.ts";
import type { DiscoveryContext } from "../kernel/discovery-context.ts";
import { createProbe } from "../kernel/interpreter-probe.ts";
import type { KernelLaunch, KernelProvider } from "../kernel/provider.ts";
import { UnchangedFiles } from "../kernel/unchanged-files.ts";
import { NblsError } from "../protocol/errors.ts";
import type { KernelspecsResult, SelectKernelParams } from "../protocol/kernels.ts";
import { collectBlobs } from "./blob-collection.ts";
import { BlobStore } from "./blobs.ts";
import { BundleShelf } from "./bundle-shelf.ts";
import { DiskSync } from "./disk-sync.ts";
import type { ClientDescription, Hub, HubClient, HubListener } from "./hub.ts";
import { candidateView, Kernels, type RunningNotebookKernel } from "./kernels.ts";
import { LiveNotebook } from "./live-notebook.ts";
import { LocalClient } from "./local-client.ts";
import { OpenNotebook, type Member } from "./open-notebook.ts";
import { Trust } from "./trust.ts";

export interface LocalHubOptions {
  readonly log: Log;
  readonly limits: Limits;
  /** Journals, cell ids, trusted folders: private, survives. */
  readonly stateDirectory: string;
  /** Connection files and sockets: private, may go at every boot. Short, since a socket path has at most 107 bytes. */
  readonly runtimeDirectory: string;
  readonly providers: { readonly zeromq: KernelProvider; readonly embedded: KernelProvider };
}

/** Who works for days lets go of blobs that nobody needs, too; most of the time there is nothing to do. */
const collectionMs = 60 * 60 * 1_000;
/** More than this many different failures of the disk say nothing new. */
const toldProblemsMax = 20;

/** The hub in this process: its kernels end with it. */
export function createLocalHub(options: LocalHubOptions): Hub {
  return new LocalHub(options);
}

export class LocalHub implements Hub {
  readonly limits: Limits;
  readonly trust: Trust;
  readonly kernels: Kernels;
  /** Texts beside notebooks that have all that they say. */
  readonly pairedTexts: UnchangedFiles;
  readonly #options: LocalHubOptions;
  readonly #notebooks = new Map<string, OpenNotebook>();
  readonly #clients = new Set<LocalClient>();
  readonly #sync = new DiskSync();
  readonly #blobs: BlobStore;
  readonly #shelf: BundleShelf;
  readonly #collection: NodeJS.Timeout;
  readonly #toldProblems = new Set<string>();
  /** In the home directory, so that nothing of a project is on the path of what is asked. */
  readonly #probe = createProbe(homedir());

  constructor(options: LocalHubOptions) {
    this.#options = options;
    this.limits = options.limits;
    this.trust = new Trust(options.stateDirectory);
    this.kernels = new Kernels(options);
    const directory = join(options.runtimeDirectory, `texts-${randomUUID()}`);
    this.pairedTexts = new UnchangedFiles(options.log, directory, "/usr/bin:/bin");
    this.#blobs = new BlobStore(options.stateDirectory, this.#sync);
    this.#shelf = new BundleShelf(this.#blobs, options.limits, (sentence) => this.#storeProblem(sentence));
    this.#collection = setInterval(() => collectBlobs(options.stateDirectory, this.#blobs), collectionMs).unref();
  }

  async attach(description: ClientDescription, listener: HubListener): Promise<HubClient> {
    const client = new LocalClient(this, randomUUID(), description, listener);
    this.#clients.add(client);
    return client;
  }

  async close(): Promise<void> {
    await this.kernels.close();
    for (const notebook of this.#notebooks.values()) notebook.live.close();
    clearInterval(this.#collection);
    collectBlobs(this.#options.stateDirectory, this.#blobs);
  }

  /** The work goes on without the disk; everybody is told, once for each reason. */
  #storeProblem(sentence: string): void {
    if (this.#toldProblems.has(sentence) || this.#toldProblems.size >= toldProblemsMax) return;
    this.#toldProblems.add(sentence);
    this.#options.log.info(sentence);
    for (const { listener } of this.#clients) listener.event({ type: "message", severity: "error", text: sentence });
  }

  left(client: LocalClient): void {
    this.#clients.delete(client);
  }

  /** The notebook of a real path. */
  notebook(path: string): OpenNotebook {
    let notebook = this.#notebooks.get(path);
    if (notebook === undefined) {
      const { log, limits, stateDirectory } = this.#options;
      const problem = (sentence: string) => this.#storeProblem(sentence);
      const live = new LiveNotebook({ log, limits, stateDirectory, path, shelf: this.#shelf, sync: this.#sync, problem });
      notebook = new OpenNotebook(live, limits, async (open, member) => await this.#chooseKernel(open, member));
      this.#notebooks.set(path, notebook);
    }
    return notebook;
  }

  async kernelspecs(notebook: OpenNotebook, member: Member): Promise<KernelspecsResult> {
    const { candidates, chosen } = await this.#candidates(notebook, member);
    return { candidates: candidates.map(candidateView), ...(chosen === undefined ? {} : { chosen: chosen.name }) };
  }

  async selectKernel(notebook: OpenNotebook, member: Member, params: SelectKernelParams): Promise<RunningNotebookKernel> {
    if (params.connectionFile !== undefined)
      throw new NblsError("no_kernelspec", "attaching to a connection file is not possible in this version");
    const before = notebook.kernel;
    let next: RunningNotebookKernel | undefined;
    if (params.kernelId !== undefined) {
      next = this.kernels.get(params.kernelId);
      if (next === undefined) throw new NblsError("no_kernelspec", `no kernel with the id ${params.kernelId} is running`);
    } else {
      const { candidates } = await this.#candidates(notebook, member);
      const wanted = params.kernelspec ?? params.interpreter ?? "";
      const launch = await candidateNamed(
        this.#discoveryContext(member),
        { notebookDirectory: notebook.directory },
        candidates,
        wanted,
      );
      if (launch === undefined) {
        const names = candidates.map(({ name }) => name).join(", ");
        throw new NblsError(
          "no_kernelspec",
          `no kernel ${wanted} for this notebook; there ${candidates.length === 1 ? "is" : "are"}: ${names || "none"}`,
        );
      }
      if (launch.problem !== undefined) throw new NblsError("no_kernelspec", `${launch.displayName}: ${launch.problem}`);
      next = this.#createKernel(notebook, member, launch);
    }
    notebook.useKernel(next);
    if (before !== undefined && before !== next && before.files.size === 0) await this.endKernel(before);
    return next;
  }

  /** Ends a kernel; all notebooks that used it hear of it. */
  async endKernel(kernel: RunningNotebookKernel): Promise<void> {
    await this.kernels.end(kernel);
    for (const notebook of this.#using(kernel)) {
      notebook.kernelChanged();
      notebook.useKernel(undefined);
    }
  }

  async #chooseKernel(notebook: OpenNotebook, member: Member): Promise<RunningNotebookKernel | { readonly problem: string }> {
    const { chosen, problem } = await this.#candidates(notebook, member);
    if (chosen === undefined) return { problem: problem ?? "no kernel was found; see `nbls doctor`" };
    this.#options.log.info(`${notebook.live.path}: ${chosen.displayName} (${chosen.reason})`);
    return this.#createKernel(notebook, member, chosen);
  }

  async #candidates(notebook: OpenNotebook, member: Member): Promise<Candidates> {
    const { settings } = member.description;
    const replica = await notebook.live.replicaFor(member.id, "", false);
    const metadata = notebook.live.file.ipynb?.notebook.metadata ?? replica.scanner.metadata;
    const { kernelspec } = metadata;
    const named =
      typeof kernelspec === "object" && kernelspec !== null && "name" in kernelspec && typeof kernelspec.name === "string"
        ? kernelspec.name
        : undefined;
    return await kernelCandidates(this.#discoveryContext(member), {
      notebookDirectory: notebook.directory,
      language: replica.scanner.language,
      embedded: settings["kernel.embedded"],
      ...(named === undefined ? {} : { kernelspecName: named }),
      ...(settings["kernel.default"] === null ? {} : { settingDefault: settings["kernel.default"] }),
    });
  }

  #discoveryContext({ description: { cwd, env } }: Member): DiscoveryContext {
    return { cwd, env, platform: process.platform, homeDirectory: env["HOME"] ?? homedir(), probe: this.#probe };
  }

  #createKernel(notebook: OpenNotebook, { description }: Member, launch: KernelLaunch): RunningNotebookKernel {
    const { env, settings } = description;
    const place = {
      cwd: settings["kernel.cwd"] ?? notebook.directory,
      env,
      useLauncher: settings["kernel.launcher"],
      keepHistory: settings["kernel.history"],
    };
    const listener: RunnerListener = {
      executionChanged: (execution) => this.#notebooks.get(execution.notebookKey)?.executionChanged(execution),
      outputsChanged: (execution, type, content, changed) =>
        this.#notebooks.get(execution.notebookKey)?.outputsChanged(execution, type, content, changed),
      kernelChanged: () => {
        for (const using of this.#using(kernel)) using.kernelChanged();
      },
      inputRequested: (execution, prompt, password) =>
        void this.#notebooks.get(execution.notebookKey)?.requestInput(execution, prompt, password),
      inputWithdrawn: (execution) => this.#notebooks.get(execution.notebookKey)?.withdrawInput(execution),
    };
    const kernel = this.kernels.create(launch, place, listener);
    return kernel;
  }

  #using(kernel: RunningNotebookKernel): readonly OpenNotebook[] {
    return [...this.#notebooks.values()].filter((notebook) => notebook.kernel === kernel);
  }
}
