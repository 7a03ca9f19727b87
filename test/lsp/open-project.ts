import { mkdirSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { defaultLimits } from "../../server/base/limits.ts";
import { silentLog } from "../../server/base/log.ts";
import type { Trace } from "../../server/base/trace.ts";
import { openLocalHub } from "../../server/hub/open-hub.ts";
import type { KernelLaunch } from "../../server/kernel/provider.ts";
import type { LspClient } from "../fakes/lsp-client.ts";
import { fakeKernel } from "../fakes/fake-kernel.ts";
import { tempDirectory } from "../real-kernels.ts";
import { initialize, openServer, type OpenServer } from "./open-server.ts";

export interface Project extends OpenServer {
  readonly directory: string;
  /** Writes a file, opens it in the client, and waits until its cells are known. */
  open(name: string, text: string): Promise<Notebook>;
}

export interface ProjectOptions {
  readonly capabilities?: { readonly [name: string]: unknown };
  /** Settings on top of the one that chooses the fake kernel. */
  readonly settings?: { readonly [name: string]: unknown };
  /** The only kernel, in place of the fake one. */
  readonly launch?: KernelLaunch;
  /** As fake-kernel.mjs names them. */
  readonly manners?: readonly string[];
  readonly trace?: Trace;
  /** On top of an environment in which nothing but the fake kernel is known. */
  readonly env?: { readonly [name: string]: string };
  /** How the client answers requests of the server. */
  readonly answers?: { readonly [method: string]: () => unknown };
}

/** What clients say of themselves that draw outputs by our notifications. */
export const nblsClient = { experimental: { nbls: { outputs: true } } };

/** A whole server, with a hub and real ZeroMQ, whose only kernel is the fake one. */
export async function openProject(options: ProjectOptions = {}): Promise<Project> {
  const base = tempDirectory();
  const directory = join(base, "project");
  const specs = join(base, "jupyter", "kernels", "fake");
  for (const folder of [directory, specs]) mkdirSync(folder, { recursive: true });
  const { argv, language, interruptMode } = options.launch ?? fakeKernel(...(options.manners ?? []));
  const spec = { argv, display_name: "Fake", language, interrupt_mode: interruptMode };
  writeFileSync(join(specs, "kernel.json"), JSON.stringify(spec));
  const env = {
    PATH: process.env["PATH"],
    HOME: base,
    JUPYTER_PATH: join(base, "jupyter"),
    NBLS_STATE_DIR: join(base, "state"),
    NBLS_RUNTIME_DIR: join(base, "run"),
    ...options.env,
  };
  const hub = () => Promise.resolve(openLocalHub({ log: silentLog, limits: defaultLimits, trace: options.trace, env }));
  const server = openServer({ hub, cwd: directory, env, ...(options.trace && { trace: options.trace }) });
  for (const [method, answer] of Object.entries(options.answers ?? {})) server.client.answers.set(method, answer);
  await initialize(server.client, options.capabilities ?? nblsClient, {
    initializationOptions: { nbls: { "kernel.default": "fake", ...options.settings } },
    rootUri: pathToFileURL(directory).href,
  });
  return {
    ...server,
    directory,
    open: async (name, text) => {
      writeFileSync(join(directory, name), text);
      const uri = pathToFileURL(join(directory, name)).href;
      const notebook = new Notebook(server.client, uri, name);
      server.client.notify("textDocument/didOpen", { textDocument: { uri, languageId: languageIdOf(name), version: 1, text } });
      await notebook.cells();
      return notebook;
    },
  };
}

function languageIdOf(name: string): string {
  return { ".r": "r", ".ts": "typescript" }[extname(name)] ?? "python";
}

/** An open notebook, as its client sees it. */
export class Notebook {
  readonly uri: string;
  readonly name: string;
  readonly #client: LspClient;
  #version = 1;

  constructor(client: LspClient, uri: string, name: string) {
    this.#client = client;
    this.uri = uri;
    this.name = name;
  }

  get textDocument(): { readonly uri: string } {
    return { uri: this.uri };
  }

  // oxlint-disable-next-line typescript/no-explicit-any
  async cells(): Promise<any[]> {
    return (await this.#client.request("nbls/cells", { textDocument: this.textDocument })).cells;
  }

  /** Replaces `text` from one position to another. */
  edit(start: readonly [number, number], end: readonly [number, number], text: string): number {
    this.#version += 1;
    const at = ([line, character]: readonly [number, number]) => ({ line, character });
    this.#client.notify("textDocument/didChange", {
      textDocument: { uri: this.uri, version: this.#version },
      contentChanges: [{ range: { start: at(start), end: at(end) }, text }],
    });
    return this.#version;
  }

  /** The ids of the executions. */
  async execute(target: unknown = { scope: "all" }): Promise<string[]> {
    const { executions } = await this.#client.request("nbls/execute", { textDocument: this.textDocument, target });
    return executions.map(({ executionId }: { executionId: string }) => executionId);
  }

  command(name: string, ...args: readonly unknown[]): Promise<unknown> {
    return this.#client.request("workspace/executeCommand", { command: name, arguments: [this.name, ...args] });
  }

  // oxlint-disable-next-line typescript/no-explicit-any
  async untilOver(executionId: string | undefined): Promise<any> {
    const isOver = (params: { executionId: string; state: string }) =>
      params.executionId === executionId && params.state !== "queued" && params.state !== "running";
    const seen = this.#client.all("nbls/didChangeExecution").find(isOver);
    return seen ?? (await this.#client.expect("nbls/didChangeExecution", isOver));
  }
}
