import { existsSync } from "node:fs";
import { runtimeDirectory, stateDirectory } from "../hub/directories.ts";
import { surveyKernels, testZeromq } from "../hub/survey.ts";
import { sanitize } from "../render/ansi.ts";
import type { CliContext } from "./context.ts";
import { exitStatus } from "./exit-status.ts";
import { surveyedLanguages } from "./kernels.ts";
import { UsageError, type Verb } from "./verb.ts";

/** What `nbls doctor --json` prints. */
interface Diagnosis {
  readonly versions: { readonly nbls: string; readonly node: string; readonly platform: string };
  readonly zeromq: { readonly ok: boolean; readonly detail: string };
  /** What could run each language in this folder; `*` marks what would. */
  readonly kernels: { readonly [language: string]: readonly string[] };
  readonly terminal: { readonly [ability: string]: string | number | boolean };
  readonly directories: { readonly [name: string]: string };
}

export const doctorVerb: Verb = {
  name: "doctor",
  usage: "[helix] [--json]",
  summary: "versions, kernels, terminal and directories: what a bug report needs",
  details: "With helix: what the configuration of Helix lacks to show notebooks.",
  options: { json: { type: "boolean", description: "as JSON" } },
  positionals: [0, 1],
  async run(args, context) {
    const [editor] = args.positionals;
    if (editor !== undefined) return await examineEditor(editor, args.flag("json"), context);
    const diagnosis = await diagnose(context);
    context.stdout.write(args.flag("json") ? `${JSON.stringify(diagnosis, null, 2)}\n` : `${sanitize(asText(diagnosis))}\n`);
    return exitStatus.ok;
  },
};

async function examineEditor(editor: string, asJson: boolean, context: CliContext): Promise<number> {
  if (editor !== "helix") throw new UsageError(`no check of ${editor}: there is one of helix`);
  const { examineHelix } = await import("./doctor-helix.ts");
  const findings = examineHelix(context);
  const lines = findings.map(({ ok, text, advice }) =>
    [`${ok ? "✓" : "✗"} ${text}`, ...(advice?.split("\n") ?? []).map((line) => `    ${line}`)]
      .slice(0, ok ? 1 : undefined)
      .join("\n"),
  );
  context.stdout.write(asJson ? `${JSON.stringify(findings, null, 2)}\n` : `${sanitize(lines.join("\n"))}\n`);
  return findings.every(({ ok }) => ok) ? exitStatus.ok : exitStatus.cellFailed;
}

async function diagnose(context: CliContext): Promise<Diagnosis> {
  const kernels: { [language: string]: readonly string[] } = {};
  for (const language of surveyedLanguages) kernels[language] = (await surveyKernels(context, language)).lines;
  return {
    versions: { nbls: context.version, node: process.version, platform: `${process.platform} ${process.arch}` },
    zeromq: await testZeromq(),
    kernels,
    terminal: terminal(context),
    directories: { state: described(stateDirectory(context.env)), runtime: described(runtimeDirectory(context.env)) },
  };
}

function terminal({ env, stdin, stdout, stderr }: CliContext): Diagnosis["terminal"] {
  const colors = "getColorDepth" in stdout && typeof stdout.getColorDepth === "function" ? Number(stdout.getColorDepth(env)) : 1;
  return {
    stdin: stdin.isTTY === true,
    stdout: stdout.isTTY === true,
    stderr: stderr.isTTY === true,
    columns: stdout.columns ?? 0,
    colorBits: colors,
    noColor: (env["NO_COLOR"] ?? "") !== "",
    TERM: env["TERM"] ?? "",
    LANG: env["LC_ALL"] ?? env["LANG"] ?? "",
  };
}

function described(path: string): string {
  return existsSync(path) ? path : `${path} (made when it is needed)`;
}

function asText({ versions, zeromq, kernels, terminal: abilities, directories }: Diagnosis): string {
  const facts = (values: { readonly [name: string]: unknown }) =>
    Object.entries(values).map(([name, value]) => `  ${name}: ${String(value)}`);
  return [
    `nbls ${versions.nbls}, Node ${versions.node}, ${versions.platform}`,
    `zeromq: ${zeromq.ok ? "" : "does not load: "}${zeromq.detail}`,
    ...Object.entries(kernels).flatMap(([language, lines]) => [
      `kernels for ${language} (* would run)`,
      ...lines.map((line) => `  ${line}`),
    ]),
    "terminal",
    ...facts(abilities),
    "directories",
    ...facts(directories),
  ].join("\n");
}
