import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export const root = join(import.meta.dirname, "../..");
export const program = join(root, "dist/nbls.cjs");

/**
 * A directory of its own and an environment in which the prepared ipykernel 7 is the project's Python,
 * for us and for the references alike.
 */
export function surroundings() {
  const { ipykernel7 } = JSON.parse(readFileSync(join(root, ".cache/kernels.json"), "utf8"));
  if (ipykernel7.launch === undefined) throw new Error(`the benchmarks need ipykernel 7: ${ipykernel7.missing}`);
  const python = ipykernel7.launch.interpreter;
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "nbls-bench-")));
  for (const name of ["run", "state", "project"]) mkdirSync(join(directory, name), { mode: 0o700 });
  return {
    python,
    directory,
    cwd: join(directory, "project"),
    env: {
      ...process.env,
      PATH: `${dirname(python)}:${process.env.PATH}`,
      VIRTUAL_ENV: dirname(dirname(python)),
      NBLS_RUNTIME_DIR: join(directory, "run"),
      NBLS_STATE_DIR: join(directory, "state"),
      IPYTHONDIR: join(directory, "ipython"),
    },
    plainArgv: ipykernel7.launch.argv,
    launcherArgv: [python, join(root, "dist/python/launcher.py"), "-f", "{connection_file}"],
    remove: () => rmSync(directory, { recursive: true, force: true, maxRetries: 3 }),
  };
}
