import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const root = join(import.meta.dirname, "../..");

/**
 * Bundles the program as the build does, apart from `dist`, with the worker that decodes pictures, and returns its path.
 * Files of tests that run at once each name a folder.
 */
export async function buildProgram(name = "test-program"): Promise<string> {
  const folder = join(root, ".cache", name);
  const program = join(folder, "nbls.cjs");
  const { bundle } = (await import(pathToFileURL(join(root, "scripts/bundle.mjs")).href)) as {
    bundle(input: { readonly entryPoints: readonly string[] }, outfile: string): Promise<void>;
  };
  await bundle({ entryPoints: ["server/main.ts"] }, program);
  await bundle({ entryPoints: ["server/image-worker.ts"] }, join(folder, "image-worker.cjs"));
  return program;
}

/** The program as a process of its own. */
export class ProgramRun {
  readonly process: ChildProcess;
  readonly ended: Promise<{
    readonly code: number | null;
    readonly signal: NodeJS.Signals | null;
    readonly stdout: string;
    readonly stderr: string;
  }>;
  readonly #said = { stdout: "", stderr: "" };
  #wake: (() => void)[] = [];

  constructor(
    program: string,
    place: { readonly cwd: string; readonly env: { readonly [name: string]: string | undefined } },
    argv: readonly string[],
  ) {
    const child = spawn(process.execPath, [program, ...argv], {
      cwd: place.cwd,
      env: place.env,
      stdio: ["pipe", "pipe", "pipe"],
    });
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        this.#said[name] += text;
        for (const wake of this.#wake.splice(0)) wake();
      });
    }
    this.process = child;
    this.ended = once(child, "close").then((values) => {
      const [code, signal] = values as [number | null, NodeJS.Signals | null];
      return { code, signal, ...this.#said };
    });
  }

  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.#said.stdout) ?? pattern.exec(this.#said.stderr);
      if (found !== null) return found;
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }
}
