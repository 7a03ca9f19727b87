import { spawn } from "node:child_process";
import { constants } from "node:os";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { resolve } from "node:path";
import type { HubListener } from "../hub/hub.ts";
import { sanitize } from "../render/ansi.ts";
import { documentOf, silentListener, withClient } from "./attach.ts";
import type { CliContext } from "./context.ts";
import { exitStatus } from "./exit-status.ts";
import { UsageError, type Verb } from "./verb.ts";

export const openVerb: Verb = {
  name: "open",
  usage: "FILE [-- EDITOR …]",
  summary: "edit a notebook as text in your editor",
  details: `Opens FILE in $VISUAL or $EDITOR, or in the editor named behind --. An .ipynb is shown as text in a file beside it;
what you save there is in the notebook when the editor ends, whether it has a language server or not.`,
  options: {},
  positionals: [1, Infinity],
  async run(args, context) {
    const [file = "", ...named] = args.positionals;
    const editor = editorOf(named, context.env);
    if (!file.toLowerCase().endsWith(".ipynb")) return await edit(context, editor, resolve(context.cwd, file));
    const notebook = documentOf(context, file);
    // No hub while the editor is open: it may have its own.
    const uri = await withClient(context, {}, async (client) => {
      const { uri: text, warning } = await client.openAsText(notebook);
      if (warning !== undefined) context.stderr.write(`nbls open: ${sanitize(warning)}\n`);
      return text;
    });
    const status = await edit(context, editor, fileURLToPath(uri));
    const isSaved = await takeEdits(context, notebook, uri);
    return status === exitStatus.ok && !isSaved ? exitStatus.unreadable : status;
  },
};

interface Editor {
  readonly program: string;
  readonly args: readonly string[];
}

/** The variables hold a line for a shell, as in `EDITOR="code --wait"`. */
function editorOf([program, ...args]: readonly string[], env: CliContext["env"]): Editor {
  if (program !== undefined) return { program, args };
  const line = [env["VISUAL"], env["EDITOR"]].find((value) => value !== undefined && value.trim() !== "");
  if (line === undefined) throw new UsageError("no editor: set VISUAL or EDITOR, or name one behind --");
  return { program: "/bin/sh", args: ["-c", `${line} "$@"`, "sh"] };
}

/** The status that the editor ends with; 127 where there is none, as a shell says it. */
async function edit(context: CliContext, { program, args }: Editor, path: string): Promise<number> {
  // ^C in the terminal is the editor's.
  const stop = context.onSignal(() => {});
  try {
    return await new Promise<number>((ended) => {
      const child = spawn(program, [...args, path], { cwd: context.cwd, env: { ...context.env }, stdio: "inherit" });
      child.on("error", (error) => {
        context.stderr.write(`nbls open: ${sanitize(`${program} did not start: ${error.message}`)}\n`);
        ended(127);
      });
      child.on("exit", (code, signal) => ended(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
    });
  } finally {
    stop();
  }
}

/** Puts into the notebook what an editor without a server left in its text, and removes that. `false`: it stays. */
async function takeEdits(context: CliContext, notebook: { readonly uri: string }, uri: string): Promise<boolean> {
  const path = fileURLToPath(uri);
  if ((await textOf(path)) === undefined) return true;
  let isSaved = true;
  const tell = (text: string) => context.stderr.write(`nbls open: ${sanitize(text)}\n`);
  const listener: HubListener = {
    ...silentListener,
    event(event) {
      if (event.type !== "message") return;
      isSaved &&= event.severity === "info";
      tell(event.text);
    },
  };
  await withClient(context, { listener }, async (client) => {
    const { warning, hasEdits = false } = await client.openAsText(notebook);
    if (warning !== undefined && !hasEdits) {
      isSaved = false;
      tell(warning);
    }
    const text = (await textOf(path)) ?? "";
    client.didOpen({ uri, languageId: "", version: 1, text });
    client.didSave({ uri });
    await client.detach({});
  });
  return isSaved;
}

async function textOf(path: string): Promise<string | undefined> {
  return await readFile(path, "utf8").catch(() => undefined);
}
