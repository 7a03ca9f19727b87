import { errorCodeOf } from "../protocol/errors.ts";
import { sanitize } from "../render/ansi.ts";
import type { CliContext } from "./context.ts";
import { exitStatus, statusOfError } from "./exit-status.ts";
import { Sink } from "./sink.ts";
import { helpText, parseVerb, usageLine, UsageError, type Verb } from "./verb.ts";
import { loadVerb, loadVerbs } from "./verbs.ts";

/** The command line: finds the verb, reads its arguments, turns failures into a sentence and an exit status. `undefined`: the process goes on. */
export async function main(argv: readonly string[], context: CliContext): Promise<number | undefined> {
  // From the first write on, whichever verb it is of: what could not be written is not to pass for done.
  const stdout = new Sink(context.stdout);
  const status = await dispatch(argv, context);
  if (status === undefined) return undefined;
  // What was written may still be on its way into a pipe.
  await stdout.flush();
  if (stdout.failure !== undefined) context.stderr.write(`nbls: stdout could not be written: ${stdout.failure.message}\n`);
  await new Sink(context.stderr).flush();
  return stdout.failure === undefined ? status : exitStatus.unwritable;
}

async function dispatch(argv: readonly string[], context: CliContext): Promise<number | undefined> {
  const [name, ...rest] = argv;
  if (name === "--version" || name === "-V" || name === "version") {
    context.stdout.write(`nbls ${context.version}\n`);
    return exitStatus.ok;
  }
  if (name === "--help" || name === "-h" || name === "help") {
    const verb = await loadVerb(rest[0]);
    context.stdout.write(verb === undefined ? await overview() : helpText(verb));
    return exitStatus.ok;
  }
  const verb = await loadVerb(name);
  if (name === undefined || verb === undefined) {
    const problem =
      name === undefined ? "" : `nbls: there is no ${name.startsWith("-") ? "option" : "verb"} ${sanitize(name)}\n\n`;
    context.stderr.write(problem + (await overview()));
    return exitStatus.usage;
  }
  return await runVerb(verb, rest, context);
}

async function runVerb(verb: Verb, argv: readonly string[], context: CliContext): Promise<number | undefined> {
  try {
    const args = parseVerb(verb, argv);
    if (args === undefined) {
      context.stdout.write(helpText(verb));
      return exitStatus.ok;
    }
    return await verb.run(args, context);
  } catch (error) {
    if (error instanceof UsageError) {
      context.stderr.write(`nbls ${verb.name}: ${sanitize(error.message)}\n${usageLine(verb)}\n`);
      return exitStatus.usage;
    }
    const status = statusOfError(error);
    // Everything without a code is a bug: main.ts reports it with its stack.
    if (status === undefined || !(error instanceof Error)) throw error;
    context.stderr.write(`nbls ${verb.name}: ${sanitize(error.message)} [${errorCodeOf(error)}]\n`);
    return status;
  }
}

async function overview(): Promise<string> {
  const verbs = await loadVerbs();
  const width = Math.max(...verbs.map((verb) => verb.name.length));
  const lines = verbs.map((verb) => `  ${verb.name.padEnd(width)}  ${verb.summary}`);
  return `nbls: notebooks for any editor, and for the shell

usage: nbls VERB [ARGUMENTS]
       nbls VERB --help
       nbls --version

${lines.join("\n")}
`;
}
