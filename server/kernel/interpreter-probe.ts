import { execFile } from "node:child_process";
import { realpath, stat } from "node:fs/promises";

/** What an interpreter says of itself. */
export interface ProbeAnswer {
  /** The real program, where the asked one is a shim or wrapper. */
  readonly executable: string;
  readonly prefix: string;
  readonly isVirtual: boolean;
  readonly version: string;
  readonly sitePaths: readonly string[];
  readonly userBase: string | null;
  readonly userSite: string | null;
  readonly hasIpykernel: boolean;
}

/** Runs an interpreter to ask; `undefined` if it does not answer in time or not sensibly. */
export type Probe = (
  executable: string,
  env: { readonly [name: string]: string | undefined },
) => Promise<ProbeAnswer | undefined>;

const question = `
import importlib.util, json, site, sys
print(json.dumps({
    "executable": sys.executable,
    "prefix": sys.prefix,
    "isVirtual": sys.prefix != sys.base_prefix,
    "version": "%d.%d.%d" % sys.version_info[:3],
    "sitePaths": [path for path in sys.path if path],
    "userBase": site.getuserbase(),
    "userSite": site.getusersitepackages(),
    "hasIpykernel": importlib.util.find_spec("ipykernel") is not None,
}))
`;

/**
 * A probe that remembers its answers for as long as the program behind the path is the same file.
 * `directory` is where the interpreter runs: one in which no project's files can change what a shim does.
 */
export function createProbe(directory: string, timeoutMs = 5_000): Probe {
  const answers = new Map<string, Promise<ProbeAnswer | undefined>>();
  return async (executable, env) => {
    const key = await identityOf(executable);
    if (key === undefined) return undefined;
    const known = answers.get(key);
    if (known !== undefined) return await known;
    const answer = ask(executable, env, directory, timeoutMs);
    answers.set(key, answer);
    return await answer;
  };
}

async function identityOf(executable: string): Promise<string | undefined> {
  try {
    const real = await realpath(executable);
    // One program may stand behind many shims, which it tells apart by the name it was called by.
    return `${executable}\n${real}\n${(await stat(real)).mtimeMs}`;
  } catch {
    return undefined;
  }
}

async function ask(
  executable: string,
  env: { readonly [name: string]: string | undefined },
  directory: string,
  timeoutMs: number,
): Promise<ProbeAnswer | undefined> {
  const text = await new Promise<string | undefined>((resolve) => {
    // -I: neither the directory nor PYTHON* variables have a say in what is imported.
    const options = { cwd: directory, env, timeout: timeoutMs, killSignal: "SIGKILL", windowsHide: true } as const;
    execFile(executable, ["-I", "-c", question], options, (error, stdout) => {
      resolve(error === null ? stdout : undefined);
    }).stdin?.end();
  });
  if (text === undefined) return undefined;
  try {
    const answer: unknown = JSON.parse(text);
    return isProbeAnswer(answer) ? answer : undefined;
  } catch {
    return undefined;
  }
}

function isProbeAnswer(value: unknown): value is ProbeAnswer {
  if (typeof value !== "object" || value === null) return false;
  const isTextOrNull = (name: string) => {
    const entry: unknown = Reflect.get(value, name);
    return entry === null || typeof entry === "string";
  };
  const sitePaths: unknown = Reflect.get(value, "sitePaths");
  return (
    ["executable", "prefix", "version"].every((name) => typeof Reflect.get(value, name) === "string") &&
    ["isVirtual", "hasIpykernel"].every((name) => typeof Reflect.get(value, name) === "boolean") &&
    ["userBase", "userSite"].every(isTextOrNull) &&
    Array.isArray(sitePaths) &&
    sitePaths.every((path) => typeof path === "string")
  );
}
