import { posix } from "node:path";
import type { SourceFile } from "./repository.ts";

/** Relative links of Markdown files that lead nowhere. */
export function deadLinks(files: readonly SourceFile[], exists: (path: string) => boolean): readonly string[] {
  return files
    .filter(({ path }) => path.endsWith(".md"))
    .flatMap(({ path, text }) => {
      const prose = text.replace(/^```[\s\S]*?^```/gm, "").replace(/`[^`\n]*`/g, "");
      return [...prose.matchAll(/\]\(\s*<?([^)\s>]+)/g)].flatMap(([, target = ""]) => {
        if (/^([a-z][a-z+.-]*:|#)/i.test(target)) return [];
        const file = posix.join(posix.dirname(path), target.replace(/#.*$/, ""));
        return exists(file) ? [] : [`${path}: ${target} does not exist`];
      });
    });
}

/** Source files that a page names in backticks and that are not there; relative to the root, or to `server/`. */
export function missingSources(page: string, paths: readonly string[]): readonly string[] {
  const prose = page.replace(/^```[\s\S]*?^```/gm, "");
  return [...prose.matchAll(/`([\w./*-]+\.(?:ts|mjs|py))`/g)].flatMap(([, named = ""]) => {
    const pattern = new RegExp(`^(server/)?${named.replaceAll(".", "\\.").replaceAll("*", "[^/]*")}$`);
    return named.includes("/") && !paths.some((path) => pattern.test(path)) ? [`${named} does not exist`] : [];
  });
}

/** Whether a changelog has a place for what comes next. */
export function hasUnreleased(changelog: string): boolean {
  return /^## \[?Unreleased\]?$/m.test(changelog);
}

/** The text under a heading `# title`, up to the next heading of the same rank. Fenced code has no headings. */
export function section(markdown: string, title: string): string {
  const lines = markdown.replace(/^```[\s\S]*?^```/gm, "").split("\n");
  const start = lines.indexOf(`# ${title}`);
  if (start === -1) return "";
  const next = lines.findIndex((line, index) => index > start && line.startsWith("# "));
  return lines.slice(start + 1, next === -1 ? undefined : next).join("\n");
}

/** The names that a section documents with a heading `## name`: its first word, or all of it in backticks. */
export function headings(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^## `?([^`\n]+?)`?$/gm)].map(([, name = ""]) => name);
}

/** The names in backticks that begin the rows of a section's tables. */
export function rows(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^\| *`([^`]+)` *\|/gm)].map(([, name = ""]) => name);
}

/** What is declared and not documented, documented and not declared, or documented twice. */
export function undocumented(declared: readonly string[], documented: readonly string[]): readonly string[] {
  return [
    ...declared.filter((name) => !documented.includes(name)).map((name) => `${name}: not documented`),
    ...documented.filter((name) => !declared.includes(name)).map((name) => `${name}: documented, and does not exist`),
    ...documented.filter((name, index) => documented.indexOf(name) !== index).map((name) => `${name}: documented twice`),
  ];
}

/** The methods that the files of `protocol/` declare. */
export function declaredMethods(files: readonly SourceFile[]): readonly string[] {
  return files
    .filter(({ path }) => path.startsWith("server/protocol/"))
    .flatMap(({ text }) => [...text.matchAll(/\bmethod:\s*"([^"]+)"/g)].map(([, name = ""]) => name));
}

/** The reasons of the union in `protocol/execution.ts`. */
export function declaredReasons(files: readonly SourceFile[]): readonly string[] {
  const text = files.find(({ path }) => path === "server/protocol/execution.ts")?.text ?? "";
  const union = /type ExecutionReason =([^;]*);/.exec(text)?.[1] ?? "";
  return [...union.matchAll(/"([a-z_]+)"/g)].map(([, name = ""]) => name);
}

/** The events of `nbls run --json`, from the union in `cli/json-writer.ts`. */
export function declaredRunEvents(files: readonly SourceFile[]): readonly string[] {
  const text = files.find(({ path }) => path === "server/cli/json-writer.ts")?.text ?? "";
  const union = /type RunEvent =([\s\S]*?\}\)?);\n\n/.exec(text)?.[1] ?? "";
  return [...union.matchAll(/readonly type: "([a-z]+)"/g)].map(([, name = ""]) => name);
}

interface VerbDescription {
  readonly name: string;
  readonly usage: string;
  readonly options: { readonly [name: string]: unknown };
}

/** Verbs and options of the command line that a page leaves out, spells otherwise, or makes up. */
export function verbDifferences(markdown: string, verbs: readonly VerbDescription[]): readonly string[] {
  const parts = markdown.split(/^(?=## )/m).filter((part) => part.startsWith("## "));
  const byHeading = new Map(parts.map((part) => [headings(part)[0] ?? "", part]));
  const wanted = verbs.map((verb) => ({ verb, heading: `nbls ${verb.name} ${verb.usage}`.trimEnd() }));
  return [
    ...undocumented(
      wanted.map(({ heading }) => heading),
      headings(markdown),
    ),
    ...wanted.flatMap(({ verb, heading }) => {
      const part = byHeading.get(heading);
      if (part === undefined) return [];
      const options = Object.keys(verb.options).map((name) => `--${name}`);
      const documented = rows(part).filter((row) => row.startsWith("--"));
      return undocumented(options, documented).map((difference) => `nbls ${verb.name}: ${difference}`);
    }),
  ];
}

interface SettingDescription {
  readonly default: unknown;
  readonly description: string;
}

/** The rows of the README's settings table, made from the schema. */
export function settingRows(settings: { readonly [name: string]: SettingDescription }): readonly string[] {
  return Object.entries(settings).map(
    ([name, { default: value, description }]) => `| \`nbls.${name}\` | \`${JSON.stringify(value)}\` | ${description} |`,
  );
}

/** Rows of the settings table that differ from the schema, in either direction. */
export function settingDifferences(readme: string, settings: { readonly [name: string]: SettingDescription }): readonly string[] {
  const written = readme.split("\n").filter((line) => /^\| *`nbls\.[a-z]+(\.[a-zA-Z]+)?` *\|/.test(line));
  const wanted = settingRows(settings);
  return [
    ...wanted.filter((row) => !written.includes(row)).map((row) => `missing: ${row}`),
    ...written.filter((row) => !wanted.includes(row)).map((row) => `not in the schema: ${row}`),
  ];
}

interface LockFile {
  readonly packages: { readonly [path: string]: { readonly optionalDependencies?: { readonly [name: string]: string } } };
}

/**
 * Optional packages that a lock file names and has no entry for: `npm ci` refuses it. npm drops the entries of other
 * platforms where the registry at hand lacks them.
 */
export function incompleteLock({ packages }: LockFile): readonly string[] {
  return Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !(`node_modules/${name}` in packages) && !(`${path}/node_modules/${name}` in packages))
      .map((name) => `${path}: ${name} is not in the lock file (node scripts/complete-lock.mjs)`),
  );
}
