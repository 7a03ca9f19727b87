import { resolve } from "node:path";
import { defaultLimits } from "../base/limits.ts";
import { newNotebookText, readNotebookFile, writeNotebookFile } from "../hub/conversion.ts";
import { exitStatus } from "./exit-status.ts";
import type { Verb } from "./verb.ts";

export const newVerb: Verb = {
  name: "new",
  usage: "FILE [--from TEMPLATE] [--force]",
  summary: "create a notebook",
  details: "The ending of FILE tells the format. TEMPLATE is any notebook: its cells are taken without their outputs.",
  options: {
    from: { type: "string", value: "TEMPLATE", description: "a notebook whose cells to begin with" },
    force: { type: "boolean", short: "f", description: "replace FILE if it exists" },
  },
  positionals: [1, 1],
  async run(args, context) {
    const path = resolve(context.cwd, args.positionals[0] ?? "");
    const from = args.text("from");
    const template = from === undefined ? undefined : await readNotebookFile(resolve(context.cwd, from), defaultLimits);
    await writeNotebookFile(path, newNotebookText(path, template), args.flag("force"));
    return exitStatus.ok;
  },
};
