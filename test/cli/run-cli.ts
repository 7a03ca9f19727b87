import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { onTestFinished } from "vitest";
import { defaultLimits } from "../../server/base/limits.ts";
import { deferred } from "../../server/base/deferred.ts";
import { silentLog } from "../../server/base/log.ts";
import { main } from "../../server/cli/cli.ts";
import type { SignalName } from "../../server/cli/context.ts";
import { openLocalHub } from "../../server/hub/open-hub.ts";
import { fakeKernel } from "../fakes/fake-kernel.ts";
import { tempDirectory } from "../real-kernels.ts";

export interface ShellOptions {
  /** As fake-kernel.mjs names them. */
  readonly manners?: readonly string[];
  /** Both stdout and stderr are terminals of that many columns. */
  readonly columns?: number;
  readonly env?: { readonly [name: string]: string };
}

/** A shell in a folder of its own whose only Jupyter kernel, "fake", is the fake one. */
export class Shell {
  readonly directory: string;
  readonly env: { readonly [name: string]: string | undefined };
  readonly #columns: number | undefined;

  constructor({ manners = [], columns, env = {} }: ShellOptions = {}) {
    const base = tempDirectory();
    this.directory = join(base, "project");
    this.#columns = columns;
    const specs = join(base, "jupyter", "kernels", "fake");
    for (const folder of [this.directory, specs]) mkdirSync(folder, { recursive: true });
    const spec = { argv: fakeKernel(...manners).argv, display_name: "Fake", language: "python" };
    writeFileSync(join(specs, "kernel.json"), JSON.stringify(spec));
    this.env = {
      PATH: process.env["PATH"],
      HOME: base,
      JUPYTER_PATH: join(base, "jupyter"),
      NBLS_STATE_DIR: join(base, "state"),
      NBLS_RUNTIME_DIR: join(base, "run"),
      ...env,
    };
  }

  /** Writes a file and returns its path. */
  file(name: string, text: string | Buffer): string {
    const path = join(this.directory, name);
    writeFileSync(path, text);
    return path;
  }

  read(name: string): string {
    return readFileSync(join(this.directory, name), "utf8");
  }

  /** An `.ipynb` that asks for the fake kernel; each source is a code cell, ids are c1, c2 …. */
  notebook(name: string, cells: readonly (string | { readonly source: string; readonly tags: readonly string[] })[]): string {
    const notebook = {
      cells: cells.map((cell, index) => ({
        cell_type: "code",
        execution_count: null,
        id: `c${index + 1}`,
        metadata: typeof cell === "string" ? {} : { tags: cell.tags },
        outputs: [],
        source: (typeof cell === "string" ? cell : cell.source).split(/(?<=\n)/),
      })),
      metadata: { kernelspec: { display_name: "Fake", language: "python", name: "fake" } },
      nbformat: 4,
      nbformat_minor: 5,
    };
    return this.file(name, `${JSON.stringify(notebook, null, 1)}\n`);
  }

  /** Starts a command; what it says can be watched while it runs. */
  start(...argv: readonly string[]): Command {
    return new Command(this.directory, this.env, this.#columns, argv);
  }

  /** Runs a command to its end. */
  async run(...argv: readonly string[]) {
    return await this.start(...argv).ended;
  }
}

/** One command under way, in this process. */
export class Command {
  readonly stdin: PassThrough & { isTTY?: boolean } = new PassThrough();
  readonly stdout = new PassThrough();
  readonly ended: Promise<{ readonly status: number | undefined; readonly stdout: string; readonly stderr: string }>;
  /** What `exitNow` was called with. */
  exitedNow: number | undefined;
  readonly #said = { stdout: "", stderr: "" };
  readonly #listeners = new Set<(name: SignalName) => void>();
  readonly #listening = deferred<void>();
  #wake: (() => void)[] = [];

  constructor(
    cwd: string,
    env: { readonly [name: string]: string | undefined },
    columns: number | undefined,
    argv: readonly string[],
  ) {
    const stderr = new PassThrough();
    const terminal = columns === undefined ? {} : { isTTY: true, columns };
    for (const [name, stream] of [
      ["stdout", this.stdout],
      ["stderr", stderr],
    ] as const) {
      Object.assign(stream, terminal);
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.#said[name] += text;
        for (const wake of this.#wake.splice(0)) wake();
      });
    }
    const openHub = async () => openLocalHub({ log: silentLog, limits: defaultLimits, env });
    const context = {
      version: "0.0.0",
      cwd,
      env,
      stdin: this.stdin,
      stdout: this.stdout,
      stderr,
      openHub,
      startLanguageServer: async () => {},
      onSignal: (listener: (name: SignalName) => void) => {
        this.#listeners.add(listener);
        this.#listening.resolve();
        return () => void this.#listeners.delete(listener);
      },
      exitNow: (status: number) => {
        this.exitedNow = status;
      },
    };
    this.ended = main(argv, context).then((status) => ({ status, ...this.#said }));
    onTestFinished(async () => {
      this.signal("SIGINT");
      await this.ended.catch(() => {});
    });
  }

  get said(): { readonly stdout: string; readonly stderr: string } {
    return this.#said;
  }

  /** Resolves when a signal would be heard; before, it ends a process. */
  get listening(): Promise<void> {
    return this.#listening.promise;
  }

  signal(name: SignalName): void {
    for (const listener of this.#listeners) listener(name);
  }

  /** Resolves when stdout or stderr has said something that matches. The test's own timeout bounds the wait. */
  async until(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.#said.stdout) && !pattern.test(this.#said.stderr))
      await new Promise<void>((resolve) => this.#wake.push(resolve));
  }
}
