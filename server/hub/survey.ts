import { homedir } from "node:os";
import { dirname } from "node:path";
import type { Limits } from "../base/limits.ts";
import { formatFor } from "../formats/registry.ts";
import { kernelCandidates, type Candidates } from "../kernel/candidates.ts";
import { describeCandidates } from "../kernel/describe-candidates.ts";
import { zeromqVersion } from "../kernel/zeromq-version.ts";
import { NblsError } from "../protocol/errors.ts";
import type { KernelspecsResult } from "../protocol/kernels.ts";
import { readText } from "./files.ts";
import { candidateView } from "./kernels.ts";

export interface SurveyContext {
  readonly cwd: string;
  readonly env: { readonly [name: string]: string | undefined };
}

/** What could run a language in a folder, what would, and why: as data and as lines for people. */
export interface Survey extends KernelspecsResult {
  readonly lines: readonly string[];
}

/** What could run `language` in the client's own folder. Starts nothing. */
export async function surveyKernels(context: SurveyContext, language: string): Promise<Survey> {
  return survey(await candidates(context, context.cwd, language, undefined));
}

/** What could run the notebook at `path`, as its language and metadata ask for. Starts nothing. */
export async function surveyNotebook(context: SurveyContext, path: string, limits: Limits): Promise<Survey> {
  const { text } = await readText(path, limits.fileBytesMax);
  const format = formatFor(path);
  if (format === undefined)
    throw new NblsError("unsupported_format", `${path}: no notebook format is known for this kind of file`);
  const { language, metadata } = format.parse(text, { path }).notebook;
  const { kernelspec } = metadata;
  const named =
    typeof kernelspec === "object" && kernelspec !== null && "name" in kernelspec && typeof kernelspec.name === "string"
      ? kernelspec.name
      : undefined;
  return survey(await candidates(context, dirname(path), language, named));
}

async function candidates(
  { cwd, env }: SurveyContext,
  notebookDirectory: string,
  language: string,
  kernelspecName: string | undefined,
): Promise<Candidates> {
  return await kernelCandidates(
    { cwd, env, platform: process.platform, homeDirectory: env["HOME"] ?? homedir() },
    { notebookDirectory, language, embedded: "auto", ...(kernelspecName === undefined ? {} : { kernelspecName }) },
  );
}

function survey(found: Candidates): Survey {
  return {
    candidates: found.candidates.map(candidateView),
    ...(found.chosen === undefined ? {} : { chosen: found.chosen.name }),
    lines: describeCandidates(found),
  };
}

/** Whether ZeroMQ, which most kernels are reached by, loads on this machine. */
export async function testZeromq(): Promise<{ readonly ok: boolean; readonly detail: string }> {
  return await zeromqVersion();
}
