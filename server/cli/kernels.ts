import { resolve } from "node:path";
import { defaultLimits } from "../base/limits.ts";
import { surveyKernels, surveyNotebook, type Survey } from "../hub/survey.ts";
import type { Kernel } from "../protocol/kernels.ts";
import { sanitize } from "../render/ansi.ts";
import { withClient } from "./attach.ts";
import type { CliContext } from "./context.ts";
import { exitStatus } from "./exit-status.ts";
import { UsageError, type Verb } from "./verb.ts";

/** The languages that a survey without a file asks for. */
export const surveyedLanguages = ["python", "r", "julia", "typescript"] as const;

/** Actions on kernels that outlive the command: they need the hub process of a later version. */
const needHub = ["start", "interrupt", "restart", "stop", "attach"];

export const kernelsVerb: Verb = {
  name: "kernels",
  usage: "[list|available] [FILE] [--json]",
  summary: "which kernels run, which could",
  details: `list            kernels that run (the default)
available FILE  what could run the notebook, what would (*), what cannot (!), and why
available       the same for each language, in this folder

In this version every kernel lives and ends with the process that started it: an editor's language server, or nbls run.
So list shows none from outside, and start, interrupt, restart, stop and attach wait for the hub process of a later version.`,
  options: { json: { type: "boolean", description: "as JSON" } },
  positionals: [0, 2],
  async run(args, context) {
    const [action = "list", file] = args.positionals;
    if (needHub.includes(action))
      throw new UsageError(
        `${action} needs kernels that outlive their editor, which this version does not have; use the editor's own command`,
      );
    if (action === "available") return await available(file, args.flag("json"), context);
    if (action !== "list" || file !== undefined)
      throw new UsageError(`there is no action ${action}${file === undefined ? "" : ` ${file}`}`);
    const { kernels } = await withClient(context, {}, async (client) => await client.kernels({}));
    if (args.flag("json")) context.stdout.write(`${JSON.stringify({ kernels })}\n`);
    else for (const kernel of kernels) context.stdout.write(`${sanitize(describe(kernel))}\n`);
    if (kernels.length === 0)
      context.stderr.write("no kernel runs outside of the process that started it (an editor's language server, nbls run)\n");
    return exitStatus.ok;
  },
};

function describe({ id, displayName, status, executionCount, files }: Kernel): string {
  return [id, displayName, status, `[${executionCount}]`, ...files].join("  ");
}

async function available(file: string | undefined, json: boolean, context: CliContext): Promise<number> {
  const surveys: [string, Survey][] = [];
  if (file !== undefined) {
    const path = resolve(context.cwd, file);
    surveys.push([path, await surveyNotebook(context, path, defaultLimits)]);
  } else for (const language of surveyedLanguages) surveys.push([language, await surveyKernels(context, language)]);
  if (json) {
    const result = surveys.map(([name, { candidates, chosen }]) => [
      name,
      { candidates, ...(chosen === undefined ? {} : { chosen }) },
    ]);
    context.stdout.write(`${JSON.stringify(Object.fromEntries(result))}\n`);
  } else
    for (const [name, { lines }] of surveys)
      context.stdout.write(`${sanitize([name, ...lines.map((line) => `  ${line}`)].join("\n"))}\n`);
  // A notebook that nothing can run is a failure; a language that nobody installed is none.
  return file !== undefined && surveys[0]?.[1].chosen === undefined ? exitStatus.noKernel : exitStatus.ok;
}
