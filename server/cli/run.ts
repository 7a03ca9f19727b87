import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { realPathOf } from "../hub/files.ts";
import { NblsError } from "../protocol/errors.ts";
import type { CliContext } from "./context.ts";
import { NotebookRun, type RunRequest } from "./notebook-run.ts";
import { JsonReport, TextReport } from "./run-report.ts";
import { Sink } from "./sink.ts";
import { UsageError, type Verb, type VerbArguments } from "./verb.ts";

export const runVerb: Verb = {
  name: "run",
  usage: "FILE [--cells WHICH] [--from C] [--to C] [--kernel NAME] [--save] [--json] [--timeout S] [--keep-going] [--fresh]",
  summary: "run a notebook's cells and show their outputs",
  details: `Cells run in document order. WHICH is a list of ids, tags, 1-based numbers, ranges of them (2-4) and titles, with commas.
The run stops at the first error of a cell that is not tagged raises-exception.
input() is answered from the terminal, or line by line from a pipe.
^C interrupts the kernel and ends the run; a second ^C ends it at once.

exit status: 0 all ran, 1 a cell failed, 2 usage, 3 no kernel, 4 file unreadable, 5 timed out, 130 interrupted`,
  options: {
    cells: { type: "string", value: "WHICH", multiple: true, description: "only these cells" },
    from: { type: "string", value: "C", description: "begin with this cell" },
    to: { type: "string", value: "C", description: "end with this cell" },
    kernel: { type: "string", value: "NAME", description: "a kernelspec's name, or the path of an interpreter" },
    save: { type: "boolean", description: "write the outputs into the .ipynb" },
    json: { type: "boolean", description: "print one event per line as JSON" },
    timeout: { type: "string", value: "S", description: "interrupt the run after so many seconds" },
    "keep-going": { type: "boolean", description: "go on after errors" },
    fresh: { type: "boolean", description: "always use a kernel of its own (in this version every run does)" },
  },
  positionals: [1, 1],
  async run(args, context) {
    const request = readRequest(args, context);
    if (request.save) await checkWritable(request.path);
    const sink = new Sink(context.stdout);
    const report = args.flag("json") ? new JsonReport(sink) : new TextReport(context, sink);
    const status = await new NotebookRun(context, request, report, sink).run();
    await sink.flush();
    return status;
  },
};

function readRequest(args: VerbArguments, context: CliContext): RunRequest {
  const path = resolve(context.cwd, args.positionals[0] ?? "");
  const timeout = args.text("timeout");
  const timeoutSeconds = timeout === undefined ? undefined : Number(timeout);
  // Node's timers end at 2^31 ms.
  if (timeoutSeconds !== undefined && !(timeoutSeconds > 0 && timeoutSeconds < 2_147_483))
    throw new UsageError(`--timeout ${timeout}: a number of seconds is needed`);
  const save = args.flag("save");
  if (save && !path.toLowerCase().endsWith(".ipynb"))
    throw new UsageError("--save needs an .ipynb: other formats hold no outputs (nbls convert makes one)");
  return {
    path,
    choice: { which: args.texts("cells"), from: args.text("from"), to: args.text("to") },
    kernel: args.text("kernel"),
    save,
    keepGoing: args.flag("keep-going"),
    timeoutSeconds,
  };
}

/** Said before anything runs: an hour's outputs that cannot be stored would be a bad surprise. */
async function checkWritable(path: string): Promise<void> {
  const info = await stat(path).catch(() => undefined);
  if (info === undefined) return; // Reading it will say what is wrong.
  const { R_OK, W_OK, X_OK } = constants;
  // Root may do what is marked as forbidden; saving respects the mark all the same.
  if ((info.mode & 0o444) === 0 || !(await may(path, R_OK)))
    throw new NblsError("unreadable", `${path} cannot be read: permission denied`);
  const nothingRun = "so --save could not write it; nothing was run";
  if ((info.mode & 0o222) === 0 || !(await may(path, W_OK)))
    throw new NblsError("unreadable", `${path} is read-only, ${nothingRun}`);
  // The new file is written beside the old one, that of a link beside what the link points to.
  const folder = dirname(realPathOf(path));
  if (((await stat(folder)).mode & 0o222) === 0 || !(await may(folder, W_OK | X_OK)))
    throw new NblsError("unreadable", `${path} is in a folder that is read-only, ${nothingRun}`);
}

async function may(path: string, mode: number): Promise<boolean> {
  return await access(path, mode).then(
    () => true,
    () => false,
  );
}
