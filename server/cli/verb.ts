import { parseArgs, type ParseArgsConfig } from "node:util";
import type { CliContext } from "./context.ts";

/** One option of a verb, as `--help` shows it. */
export interface VerbOption {
  readonly type: "string" | "boolean";
  readonly short?: string;
  readonly multiple?: boolean;
  /** What stands for the value in the usage. */
  readonly value?: string;
  readonly description: string;
}

export interface VerbArguments {
  readonly positionals: readonly string[];
  flag(name: string): boolean;
  text(name: string): string | undefined;
  texts(name: string): readonly string[];
}

/** One verb of the command line: a file each, listed in `verbs.ts`. */
export interface Verb {
  readonly name: string;
  /** What follows the name: `FILE [--save]`. */
  readonly usage: string;
  readonly summary: string;
  /** Further lines of `--help`. */
  readonly details?: string;
  readonly options: { readonly [name: string]: VerbOption };
  /** How many arguments it takes, without options. */
  readonly positionals: readonly [min: number, max: number];
  /** Returns the exit status; `undefined` if the process goes on. */
  run(args: VerbArguments, context: CliContext): Promise<number | undefined>;
}

/** The command line is wrong: said with the verb's usage, status 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}

const helpOption: VerbOption = { type: "boolean", short: "h", description: "show this help" };

/** Reads the arguments of a verb; `undefined` if only help is wanted. Throws `UsageError`. */
export function parseVerb(verb: Verb, argv: readonly string[]): VerbArguments | undefined {
  const options: NonNullable<ParseArgsConfig["options"]> = {};
  for (const [name, { type, short, multiple }] of Object.entries({ ...verb.options, help: helpOption }))
    options[name] = { type, ...(short === undefined ? {} : { short }), ...(multiple === true ? { multiple } : {}) };
  const { values, positionals } = parseOrExplain(argv, options);
  if (values["help"] === true) return undefined;
  const [min, max] = verb.positionals;
  if (positionals.length < min)
    throw new UsageError(positionals.length === 0 ? "an argument is missing" : "another argument is missing");
  if (positionals.length > max) throw new UsageError(`one argument too many: ${positionals[max] ?? ""}`);
  const texts = (name: string) => [values[name] ?? []].flat().filter((value) => typeof value === "string");
  return { positionals, flag: (name) => values[name] === true, text: (name) => texts(name).at(-1), texts };
}

function parseOrExplain(argv: readonly string[], options: NonNullable<ParseArgsConfig["options"]>) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true });
  } catch (error) {
    // Node's own sentence names the option and what is wrong with it; its second sentence is advice for another program.
    if (error instanceof TypeError) throw new UsageError(error.message.replace(/\. To specify.*$/s, ""));
    throw error;
  }
}

/** The text of `--help`. */
export function helpText(verb: Verb): string {
  const rows = Object.entries({ ...verb.options, help: helpOption }).map(([name, option]) => {
    const value = option.type === "string" ? ` ${option.value ?? "VALUE"}` : "";
    return [`${option.short === undefined ? "    " : `-${option.short}, `}--${name}${value}`, option.description] as const;
  });
  const width = Math.max(...rows.map(([left]) => left.length));
  const details = verb.details === undefined ? "" : `\n${verb.details}\n`;
  const lines = rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
  return `${verb.summary}\n\n${usageLine(verb)}\n${details}\n${lines.join("\n")}\n`;
}

export function usageLine(verb: Verb): string {
  return `usage: nbls ${verb.name}${verb.usage === "" ? "" : ` ${verb.usage}`}`;
}
