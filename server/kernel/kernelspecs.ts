import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";

/** A kernelspec as its `kernel.json` says it, read leniently. */
export interface Kernelspec {
  /** The folder's name in lower case: names have no case in Jupyter. */
  readonly name: string;
  readonly displayName: string;
  /** As written; compare through `languageOf`. */
  readonly language: string;
  readonly argv: readonly string[];
  readonly env: { readonly [name: string]: string };
  readonly interruptMode: "signal" | "message";
  readonly resourceDirectory: string;
  /** A provisioner other than the local one: a Python class that starts the kernel. */
  readonly provisioner?: string;
}

/** Why a file or folder that looks like a kernelspec is none. */
export interface KernelspecProblem {
  readonly path: string;
  readonly reason: string;
}

export interface KernelspecsFound {
  readonly kernelspecs: readonly Kernelspec[];
  readonly problems: readonly KernelspecProblem[];
}

const namePattern = /^[a-z0-9._-]+$/;

/**
 * Reads the kernelspecs of `directories`; of several with one name the first counts. One that cannot be read does not
 * hide a good one further on.
 */
export async function findKernelspecs(directories: readonly string[]): Promise<KernelspecsFound> {
  const found = new Map<string, Kernelspec>();
  const problems: KernelspecProblem[] = [];
  for (const directory of directories) {
    for (const folder of await foldersIn(directory)) {
      const resourceDirectory = join(directory, folder);
      const name = folder.toLowerCase();
      if (found.has(name)) continue;
      const read = await readKernelspec(name, resourceDirectory);
      if (read === undefined) continue;
      if ("reason" in read) problems.push(read);
      else found.set(name, read);
    }
  }
  return { kernelspecs: [...found.values()], problems };
}

async function foldersIn(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).sort();
  } catch {
    // Most of the directories that Jupyter searches do not exist.
    return [];
  }
}

/** `undefined` where there is no `kernel.json`: then the folder is no kernelspec and nothing is wrong. */
async function readKernelspec(name: string, resourceDirectory: string): Promise<Kernelspec | KernelspecProblem | undefined> {
  const path = join(resourceDirectory, "kernel.json");
  let text;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    return { path, reason: `it cannot be read (${String(code)})` };
  }
  if (!namePattern.test(name)) {
    return { path, reason: "the folder's name may have only ASCII letters, digits, and . _ -" };
  }
  let content: unknown;
  try {
    content = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    return { path, reason: `it is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  return interpret(name, resourceDirectory, path, content);
}

function interpret(name: string, resourceDirectory: string, path: string, content: unknown): Kernelspec | KernelspecProblem {
  if (!isObject(content)) return { path, reason: "it is not a JSON object" };
  const { argv, display_name: displayName, language, env, interrupt_mode: interruptMode, metadata } = content;
  if (!isStringArray(argv) || argv.length === 0) return { path, reason: "its argv is not a list of texts" };
  const provisioner = provisionerOf(metadata);
  return {
    name,
    displayName: typeof displayName === "string" && displayName !== "" ? displayName : name,
    language: typeof language === "string" ? language : "",
    argv,
    env: isObject(env) ? textsOf(env) : {},
    interruptMode: typeof interruptMode === "string" && interruptMode.toLowerCase() === "message" ? "message" : "signal",
    resourceDirectory,
    ...(provisioner === undefined ? {} : { provisioner }),
  };
}

function provisionerOf(metadata: unknown): string | undefined {
  if (!isObject(metadata) || !isObject(metadata["kernel_provisioner"])) return undefined;
  const name = metadata["kernel_provisioner"]["provisioner_name"];
  return typeof name === "string" && name !== "local-provisioner" ? name : undefined;
}

function textsOf(values: { readonly [name: string]: unknown }): { [name: string]: string } {
  const texts: { [name: string]: string } = {};
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === "string") texts[name] = value;
    else if (typeof value === "number" || typeof value === "boolean") texts[name] = String(value);
  }
  return texts;
}

function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isStringArray(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === "string");
}
