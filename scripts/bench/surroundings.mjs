import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export const root = join(import.meta.dirname, "../..");
export const program = join(root, "dist/nbls.cjs");

/** The prepared ipykernel 7, and the variables that make its Python the project's own; `undefined` where it is missing. */
export function preparedPython() {
  let kernels = {};
  try {
    kernels = JSON.parse(readFileSync(join(root, ".cache/kernels.json"), "utf8"));
  } catch {
    // Not prepared at all.
  }
  const launch = kernels.ipykernel7?.launch;
  if (launch === undefined) return undefined;
  const bin = dirname(launch.interpreter);
  return { ...launch, env: { PATH: `${bin}:${process.env.PATH}`, VIRTUAL_ENV: dirname(bin) } };
}

/** A directory of its own and an environment with ipykernel 7, for us and for the references alike. */
export function surroundings() {
  const python = preparedPython();
  if (python === undefined)
    throw new Error("the benchmarks need ipykernel 7: node scripts/prepare-tests.mjs says why it is missing");
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "nbls-bench-")));
  for (const name of ["run", "state", "project"]) mkdirSync(join(directory, name), { mode: 0o700 });
  return {
    python: python.interpreter,
    directory,
    cwd: join(directory, "project"),
    env: {
      ...process.env,
      ...python.env,
      NBLS_RUNTIME_DIR: join(directory, "run"),
      NBLS_STATE_DIR: join(directory, "state"),
      IPYTHONDIR: join(directory, "ipython"),
    },
    plainArgv: python.argv,
    launcherArgv: [python.interpreter, join(root, "dist/python/launcher.py"), "-f", "{connection_file}"],
    remove: () => rmSync(directory, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** Resident memory of a process, now and at the most, by the system's own account, in MB. Linux only. */
export function memoryOf(pid) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const megabytes = (field) => Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)[1]) / 1024;
  return { resident: megabytes("VmRSS"), peak: megabytes("VmHWM") };
}
