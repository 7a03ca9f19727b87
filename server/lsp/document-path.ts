import { isAbsolute, join, normalize, resolve, sep } from "node:path";
import { pathOf } from "./client.ts";
import type { MirrorDocument } from "./mirror.ts";

/**
 * The open document that a command's argument names: its URI, or a path as an editor's command line gives it. Editors
 * give paths relative to their own directory, which is not ours, so the end of a path is enough; the document opened
 * last wins.
 */
export function findDocument(
  newestFirst: readonly MirrorDocument[],
  argument: string,
  surroundings: { readonly cwd: string; readonly home: string | undefined },
): MirrorDocument | undefined {
  const byUri = newestFirst.find((document) => document.uri === argument);
  if (byUri !== undefined) return byUri;
  const path = pathOf(argument) ?? expandHome(argument, surroundings.home);
  const absolute = resolve(surroundings.cwd, path);
  const paths = newestFirst.map((document) => ({ document, path: pathOf(document.uri) ?? document.uri }));
  const exact = paths.find((candidate) => candidate.path === absolute);
  if (exact !== undefined || isAbsolute(path)) return exact?.document;
  const tail = sep + withoutLeadingDots(normalize(path));
  return paths.find((candidate) => candidate.path.endsWith(tail))?.document;
}

function expandHome(path: string, home: string | undefined): string {
  if (home === undefined) return path;
  if (path === "~") return home;
  return path.startsWith("~/") ? join(home, path.slice(2)) : path;
}

function withoutLeadingDots(path: string): string {
  let rest = path;
  while (rest.startsWith(`..${sep}`) || rest.startsWith(`.${sep}`)) rest = rest.slice(rest.indexOf(sep) + 1);
  return rest;
}
