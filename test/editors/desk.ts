import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import { tempDirectory } from "../real-kernels.ts";
import type { EditorLaunch } from "./real-editors.ts";
import { Terminal } from "./terminal.ts";

/** Where a user works: a home with an editor's configuration, a project, `nbls` and a Python on the PATH. */
export interface Desk {
  readonly home: string;
  readonly project: string;
  readonly env: { readonly [name: string]: string | undefined };
}

/**
 * A desk for the running test, gone when it ends. `files` are written below the home, the project is its folder `project`.
 * `program` is the built `nbls.cjs`, `python` an interpreter in a virtual environment, which counts as activated.
 */
export function deskWith(
  { program, python }: { readonly program: string; readonly python?: string | undefined },
  files: { readonly [path: string]: string | Uint8Array },
): Desk {
  const home = tempDirectory();
  const project = join(home, "project");
  const bin = join(home, "bin");
  for (const directory of [project, bin]) mkdirSync(directory, { recursive: true });
  const nbls = join(bin, "nbls");
  writeFileSync(nbls, `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`);
  chmodSync(nbls, 0o755);
  for (const [path, content] of Object.entries(files)) {
    const file = join(home, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  const path = [bin, ...(python === undefined ? [] : [dirname(python)]), process.env["PATH"] ?? ""].join(":");
  return {
    home,
    project,
    env: {
      PATH: path,
      HOME: home,
      // Emacs looks for the home of another name elsewhere.
      USER: userInfo().username,
      SHELL: "/bin/sh",
      VIRTUAL_ENV: python === undefined ? undefined : dirname(dirname(python)),
      NBLS_STATE_DIR: join(home, "state"),
      NBLS_RUNTIME_DIR: join(home, "run"),
    },
  };
}

/** Starts an editor at a desk, in a terminal of its own. */
export function openEditor(
  { program, args, environment }: EditorLaunch,
  { project, env }: Desk,
  argv: readonly string[],
  size?: { readonly columns?: number; readonly rows?: number },
): Terminal {
  return new Terminal([program, ...args, ...argv], { cwd: project, env: { ...env, ...environment } }, size);
}
