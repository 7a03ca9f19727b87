import { resolve } from "node:path";
import { defaultLimits } from "../base/limits.ts";
import { convertNotebook, readNotebookFile, writeNotebookFile } from "../hub/conversion.ts";
import { sanitize } from "../render/ansi.ts";
import { Sink } from "./sink.ts";
import { exitStatus } from "./exit-status.ts";
import { UsageError, type Verb } from "./verb.ts";

export const convertVerb: Verb = {
  name: "convert",
  usage: "FROM [TO] [--to FORMAT] [--force]",
  summary: "convert a notebook between .ipynb and # %% scripts",
  details: `The ending of TO tells the format; TO may be - for stdout, which needs --to.
FORMAT is ipynb or percent. With --to alone the new file lies beside the old one.`,
  options: {
    to: { type: "string", value: "FORMAT", description: "ipynb or percent" },
    force: { type: "boolean", short: "f", description: "replace TO if it exists" },
  },
  positionals: [1, 2],
  async run(args, context) {
    const [from = "", to] = args.positionals;
    const format = args.text("to");
    if (format === undefined && (to === undefined || to === "-"))
      throw new UsageError("TO or --to FORMAT must say what to convert to");
    const source = await readNotebookFile(resolve(context.cwd, from), defaultLimits);
    const toPath = to === undefined || to === "-" ? undefined : resolve(context.cwd, to);
    const { text, path, warnings } = convertNotebook(source, { path: toPath, format });
    for (const warning of warnings) context.stderr.write(`warning: ${sanitize(warning)}\n`);
    if (to === "-") await new Sink(context.stdout).write(text);
    else await writeNotebookFile(path, text, args.flag("force"));
    return exitStatus.ok;
  },
};
