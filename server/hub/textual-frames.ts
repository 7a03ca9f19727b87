import type { ErrorOutput } from "../jupyter/nbformat.ts";
import type { Columns, Frame } from "./traceback.ts";

/** Names longer than this are no names. */
const nameLengthMax = 200;

/** The name that an error says is not defined: Python, R, JavaScript, Julia. */
export function undefinedName({ ename, evalue }: Pick<ErrorOutput, "ename" | "evalue">): string | undefined {
  const [, name] =
    /name '([^']+)' is not defined/.exec(evalue) ??
    /object '([^']+)' not found/.exec(evalue) ??
    /could not find function "([^"]+)"/.exec(evalue) ??
    (/ReferenceError/.test(ename) ? /^(\S+) is not defined/.exec(evalue) : null) ??
    (/UndefVarError/.test(ename) ? /UndefVarError: `?([^`\s]+)`? not defined/.exec(evalue) : null) ??
    [];
  return name !== undefined && name.length <= nameLengthMax ? name : undefined;
}

/** The name that an error is about: the one that is not defined, or the member that is not there. */
export function subjectOf(error: Pick<ErrorOutput, "ename" | "evalue">): string | undefined {
  const [, member] =
    /has no attribute '([^']+)'/.exec(error.evalue) ??
    /\(reading '([^']+)'\)/.exec(error.evalue) ??
    /^(\S+) is not a (?:function|constructor)/.exec(error.evalue) ??
    [];
  const name = undefinedName(error) ?? member;
  return name !== undefined && name.length <= nameLengthMax ? name : undefined;
}

/**
 * The frames of kernels that name no cells, found by what stands in the source that raised; the innermost last.
 *
 * R (IRkernel): `<text>:2:5: unexpected '='`; a traceback of calls, outermost first, `1. f(0)`, `2. stop("x")   # at line 3 of
 * file <text>`, where every cell is `<text>` and a place is that of the call.
 * Deno: `at <anonymous>:2:1`, where every cell is `<anonymous>` and places are those of the JavaScript that it printed anew
 * from the source: without blank lines, with indents of two, and 21 characters further in its first line.
 */
export function textualFrames(error: ErrorOutput, source: string, language: string): readonly Frame[] {
  switch (language) {
    case "r":
      return rFrames(error, source);
    case "javascript":
    case "typescript":
      return denoFrames(error, source);
    default:
      return [];
  }
}

function rFrames(error: ErrorOutput, source: string): readonly Frame[] {
  const syntax = /<text>:(\d+):(\d+): /.exec(error.evalue);
  if (syntax !== null) return [tokenAt(source, Number(syntax[1]) - 1, Number(syntax[2]) - 1)];
  const calls = error.traceback.flatMap((entry) => [...entry.matchAll(/^\d+\. (.*)$/gm)].map(([, call = ""]) => call));
  const lines = source.split("\n");
  const inner: Frame[] = [];
  for (const call of calls.slice(1)) {
    const callee = calleeOf(call);
    const place = /# at line (\d+) of file <text>$/.exec(call);
    if (place === null || callee === undefined) continue;
    const line = Number(place[1]) - 1;
    const isOwn = lines[line]?.includes(`${callee}(`) === true;
    inner.push({ source: isOwn ? { isOwn } : { holds: `${callee}(` }, line });
  }
  const [first = ""] = calls;
  const callee = calleeOf(first);
  const subject = subjectOf(error);
  const outer =
    uniquePlace(source, first) ??
    (callee === undefined ? undefined : uniquePlace(source, callee)) ??
    (subject === undefined ? undefined : uniquePlace(source, subject));
  return outer === undefined ? inner : [outer, ...inner];
}

/** `f` of `f(0)`. */
function calleeOf(call: string): string | undefined {
  return /^([\w.:]+)\(/.exec(call)?.[1];
}

/** What Deno puts before the first line. */
const denoPrefixLength = 21;

function denoFrames(error: ErrorOutput, source: string): readonly Frame[] {
  const subject = subjectOf(error);
  const named = subject === undefined ? undefined : uniquePlace(source, subject);
  const found = named ?? uniquePlace(source, `new ${error.ename}`);
  if (found !== undefined) return [found];
  // The outermost frame without a function is the cell's own.
  const place = /^\s*at (?:async )?<anonymous>:(\d+):(\d+)$/.exec(error.traceback.join("\n").split("\n").at(-1) ?? "");
  if (place === null) return [];
  const printedLine = Number(place[1]) - 1;
  const column = Number(place[2]) - 1 - (printedLine === 0 ? denoPrefixLength : 0);
  const filled = source.split("\n").flatMap((text, line) => (text.trim() === "" ? [] : [{ text, line }]));
  const candidate = filled[printedLine];
  // Only where something stands that can fail: the source may have been printed in other lines than it has.
  const rest = candidate === undefined || column < 0 ? "" : candidate.text.slice(column);
  const isBoundary = !/[\w$]/.test(candidate?.text[column - 1] ?? "");
  if (candidate === undefined || !isBoundary || !/^(?!(?:const|let|var|function|class|if|for|while|return)\b)[\w$#]/.test(rest))
    return [];
  return [tokenAt(source, candidate.line, column)];
}

/** The word or the character that stands there; the end of the last line that has text for a place behind it. */
function tokenAt(source: string, line: number, column: number): Frame {
  const lines = source.split("\n");
  const last = Math.max(
    0,
    lines.findLastIndex((text) => text.trim() !== ""),
  );
  if (line > last || line < 0) {
    const { length } = lines[last] ?? "";
    return { source: { isOwn: true }, line: last, columns: { start: Math.max(0, length - 1), end: length } };
  }
  const text = lines[line] ?? "";
  const start = Math.max(0, Math.min(column, text.length - 1));
  const length = /^[\w$.#]+/.exec(text.slice(start))?.[0].length ?? 1;
  return { source: { isOwn: true }, line, columns: { start, end: start + length } };
}

/** The only place in `source` where `needle` stands as words of its own. */
function uniquePlace(source: string, needle: string): Frame | undefined {
  if (needle === "") return undefined;
  let found: Frame | undefined;
  for (const [line, text] of source.split("\n").entries()) {
    for (const columns of wordPlaces(text, needle)) {
      if (found !== undefined) return undefined;
      found = { source: { isOwn: true }, line, columns };
    }
  }
  return found;
}

/** Where `word` stands in a line, not as a part of a longer word. */
export function* wordPlaces(line: string, word: string): Generator<Columns> {
  const isWord = (character: string | undefined) => character !== undefined && /[\p{L}\p{N}_$]/u.test(character);
  for (let start = line.indexOf(word); start >= 0 && word !== ""; start = line.indexOf(word, start + 1)) {
    const end = start + word.length;
    const isPart = (isWord(line[start - 1]) && isWord(word[0])) || (isWord(line[end]) && isWord(word.at(-1)));
    if (!isPart) yield { start, end };
  }
}
