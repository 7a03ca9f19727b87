import { basename, join, resolve } from "node:path";
import { stat } from "node:fs/promises";
import { defaultLimits } from "../base/limits.ts";
import { convertNotebook, readNotebookFile, withoutOutputs, writeNotebookFile } from "../hub/conversion.ts";
import { exitStatus } from "./exit-status.ts";
import type { Verb } from "./verb.ts";

export const copyVerb: Verb = {
  name: "copy",
  usage: "FROM TO [--no-outputs] [--force]",
  summary: "copy a notebook, with or without its outputs",
  details: "TO may be a folder. Where its ending tells another format, the copy is converted.",
  options: {
    "no-outputs": { type: "boolean", description: "leave outputs and execution counts out" },
    force: { type: "boolean", short: "f", description: "replace TO if it exists" },
  },
  positionals: [2, 2],
  async run(args, context) {
    const [from = "", to = ""] = args.positionals.map((argument) => resolve(context.cwd, argument));
    const path = (await isFolder(to)) ? join(to, basename(from)) : to;
    const source = await readNotebookFile(from, defaultLimits);
    const kept = args.flag("no-outputs") ? { ...source, text: withoutOutputs(source) } : source;
    await writeNotebookFile(path, convertNotebook(kept, { path }).text, args.flag("force"));
    return exitStatus.ok;
  },
};

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
