import { basename } from "node:path";
import type { SourceFile } from "./repository.ts";

const isCode = ({ path }: SourceFile) => /\.(ts|mjs)$/.test(path);
const inServer = ({ path }: SourceFile) => path.startsWith("server/");

/** The code without its comments. Strings stay: what stands in them runs. */
export function withoutComments(text: string): string {
  const stringOrComment = /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
  return text.replace(stringOrComment, (_match, literal: string | undefined) => literal ?? "");
}

/** The environment belongs to whoever attaches; only the entry point reads ours. */
export function environmentReaders(files: readonly SourceFile[]): readonly string[] {
  return files
    .filter((file) => inServer(file) && isCode(file) && file.path !== "server/main.ts")
    .filter(({ text }) => {
      const code = withoutComments(text);
      return (
        /\bprocess\s*(\?\.|\.)\s*env\b|\bprocess\s*\[\s*["']env/.test(code) ||
        /\benv\b[^;]*\bfrom\s*["'](node:)?process["']/.test(code)
      );
    })
    .map(({ path }) => `${path}: reads process.env`);
}

/** stdout belongs to the protocol. */
export function consoleUsers(files: readonly SourceFile[]): readonly string[] {
  return files
    .filter((file) => inServer(file) && isCode(file) && /\bconsole\s*(\.|\[|\?\.)/.test(withoutComments(file.text)))
    .map(({ path }) => `${path}: uses console`);
}

const emptyNames =
  /^(index|utils?|helpers?|types?|common|misc|shared|constants|.*-(utils?|helpers?|types|manager|service))\.(ts|mjs)$/;

/** Names that say nothing, and names that are not kebab-case. */
export function badFileNames(files: readonly SourceFile[]): readonly string[] {
  return files
    .filter((file) => isCode(file) && /^(server|test|scripts)\//.test(file.path))
    .filter(({ path }) => emptyNames.test(basename(path)) || !/^[a-z0-9]+([-.][a-z0-9]+)*$/.test(basename(path)))
    .map(({ path }) => `${path}: a name that says nothing, or is not kebab-case`);
}

/** Files that only pass on what others export. */
export function barrels(files: readonly SourceFile[]): readonly string[] {
  return files
    .filter((file) => inServer(file) && isCode(file))
    .filter(({ text }) => {
      const code = withoutComments(text).trim();
      const rest = code
        .replace(/\b(import|export)\b[^;"']*\bfrom\s*["'][^"']+["'];?/g, "")
        .replace(/\bexport\s*\{[^}]*\};?/g, "");
      return code !== "" && rest.trim() === "";
    })
    .map(({ path }) => `${path}: only passes on exports`);
}

export const fileLinesMax = 400;

/** Files that want to be two. */
export function longFiles(files: readonly SourceFile[]): readonly string[] {
  return files
    .filter((file) => isCode(file) && /^(server|test|scripts|clients)\//.test(file.path))
    .map(({ path, text }) => ({ path, lineCount: text.split("\n").length - 1 }))
    .filter(({ lineCount }) => lineCount > fileLinesMax)
    .map(({ path, lineCount }) => `${path}: ${lineCount} lines`);
}

/** A test left alone hides all others. */
export function lonelyTests(files: readonly SourceFile[]): readonly string[] {
  return files
    .filter(
      ({ path, text }) => path.endsWith(".test.ts") && /\b(test|it|describe|suite)(\.\w+)*\.only\b/.test(withoutComments(text)),
    )
    .map(({ path }) => `${path}: has .only`);
}

/** Directories of one machine: homes, and roots that only one of us has. Ada is nobody: she lives in our examples. */
const machinePath =
  /(?<![\w.~$}-])\/(?:home\/(?!ada\b)[a-z]|root\/|Users\/(?!ada\b)[A-Za-z])[\w./-]*|\b[A-Z]:\\+Users\\+(?!ada\b)\w+/g;

/** Nothing in the repository names the machine it was made on. */
export function machinePaths(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap(({ path, text }) => [...text.matchAll(machinePath)].map(([found]) => `${path}: ${found}`));
}
