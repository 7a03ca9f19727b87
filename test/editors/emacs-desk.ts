import { readFileSync } from "node:fs";
import { join } from "node:path";
import { deskWith, openEditor, type Desk } from "./desk.ts";
import type { EditorLaunch } from "./real-editors.ts";
import type { Terminal } from "./terminal.ts";

export const emacsPackage = join(import.meta.dirname, "../../clients/emacs");

/** The blocks of configuration that the README tells users to write, with the package where it is here. */
function documented(): readonly string[] {
  const readme = readFileSync(join(emacsPackage, "README.md"), "utf8");
  const blocks = [...readme.matchAll(/^```elisp\n([\s\S]*?)^```/gmu)].map(([, block = ""]) => block);
  return blocks.map((block) => block.replace('"~/.emacs.d/nbls"', `"${emacsPackage}"`));
}

/**
 * What no user has to write: a machine without a compiler, a screen with nothing else on it, and nothing that Emacs still
 * writes while it ends with its terminal.
 */
const quiet =
  "(setq inhibit-startup-screen t native-comp-jit-compilation nil native-comp-enable-subr-trampolines nil" +
  " auto-save-default nil create-lockfiles nil)";

/** An init file: the first block of the README, with `more` behind it; with `eglot` its block for eglot in between. */
export function initFile({ eglot = false, more = "" } = {}): string {
  const [install = "", ofEglot = ""] = documented();
  return [quiet, install, eglot ? `${ofEglot}\n(add-hook 'python-base-mode-hook #'eglot-ensure)` : "", more].join("\n");
}

export interface EmacsDesk extends Desk {
  readonly launch: EditorLaunch;
  /** Opens a file of the project. */
  open(file: string, size?: { readonly columns?: number; readonly rows?: number }): Terminal;
}

/** A desk with Emacs as the README configures it, and `files` in the project. */
export function emacsDesk(
  launch: EditorLaunch,
  what: { readonly program: string; readonly python?: string | undefined; readonly init?: string },
  files: { readonly [name: string]: string | Uint8Array },
): EmacsDesk {
  const inProject = Object.entries(files).map(([name, content]) => [`project/${name}`, content] as const);
  const desk = deskWith(what, { ".emacs.d/init.el": what.init ?? initFile(), ...Object.fromEntries(inProject) });
  return { ...desk, launch, open: (file, size) => openEditor(launch, desk, ["-nw", file], size) };
}

/** Presses the keys of a command under the prefix of the mode: `prefixed("c")` is C-c % c. */
export function prefixed(...keys: readonly string[]): readonly string[] {
  return ["C-c", "%", ...keys];
}
