import { readFileSync } from "node:fs";
import { join } from "node:path";

export type EditorName = "helix" | "neovim" | "emacs";

/** How to start a program that `scripts/prepare/editors.mjs` found. */
export interface EditorLaunch {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: { readonly [name: string]: string };
  readonly version: string;
}

export interface PreparedEditor {
  /** The editor and where it came from: "neovim sid". */
  readonly name: string;
  readonly launch?: EditorLaunch & { readonly editor: string };
  readonly missing?: string;
}

/** `scripts/prepare-tests.mjs` writes this file; `npm test` runs it. */
const listFile = join(import.meta.dirname, "../../.cache/editors.json");

function prepared(): readonly PreparedEditor[] {
  let text: string;
  try {
    text = readFileSync(listFile, "utf8");
  } catch {
    return [];
  }
  const found = JSON.parse(text) as { readonly [name: string]: Omit<PreparedEditor, "name"> };
  return Object.entries(found).map(([name, editor]) => ({ name, ...editor }));
}

/**
 * Every version of an editor that the tests know, for `describe.for`: without a `launch` there is a reason in `missing`,
 * which also says when it is the terminal to run it in that is missing.
 */
export function realEditors(editor: EditorName): readonly PreparedEditor[] {
  const all = prepared();
  const tmux = all.find(({ name }) => name === "tmux");
  const found = all.filter(({ name }) => name.startsWith(`${editor} `));
  if (found.length === 0) return [{ name: editor, missing: "not prepared yet: node scripts/prepare-tests.mjs" }];
  if (tmux?.launch !== undefined) return found;
  return found.map(({ name }) => ({ name, missing: `no tmux to run it in: ${tmux?.missing ?? "not looked for"}` }));
}
