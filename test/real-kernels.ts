import { mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { KernelLaunch } from "../server/kernel/provider.ts";

export type RealKernelName = "ipykernel7" | "ipykernel6" | "deno" | "irkernel";

interface PreparedKernel {
  readonly launch?: Pick<KernelLaunch, "name" | "displayName" | "language" | "argv" | "interruptMode" | "isIpykernel"> & {
    readonly interpreter: string;
  };
  readonly missing?: string;
}

/** `scripts/prepare-tests.mjs` writes this file; `npm test` runs it. */
const listFile = join(import.meta.dirname, "..", ".cache", "kernels.json");

function prepared(name: RealKernelName): PreparedKernel {
  let text: string;
  try {
    text = readFileSync(listFile, "utf8");
  } catch {
    return { missing: "not prepared yet: node scripts/prepare-tests.mjs" };
  }
  const kernels = JSON.parse(text) as { readonly [name: string]: PreparedKernel };
  return kernels[name] ?? { missing: "unknown to scripts/prepare-tests.mjs" };
}

/** How to start a real kernel, or `undefined` where the machine has none: then skip, with `whyMissing(name)`. */
export function realKernel(name: RealKernelName): KernelLaunch | undefined {
  const { launch } = prepared(name);
  return launch && { ...launch, provider: "zeromq", source: "kernelspec", reason: "prepared for the tests", env: {} };
}

/** Why `realKernel(name)` is `undefined`. */
export function whyMissing(name: RealKernelName): string {
  return prepared(name).missing ?? "it is there";
}

/**
 * The Python interpreter that has a kernel, or `undefined`. That of `ipykernel7` also has numpy, pandas, matplotlib, tqdm,
 * rich, ipywidgets, jupyter_client, nbclient, nbformat and jupytext.
 */
export function pythonWith(name: "ipykernel7" | "ipykernel6"): string | undefined {
  return prepared(name).launch?.interpreter;
}

/** A directory of its own for the running test, gone when it ends. Short: a socket path has at most 107 bytes. */
export function tempDirectory(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "nbls-")));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true, maxRetries: 10 }));
  return directory;
}
