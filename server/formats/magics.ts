import type { ScriptLanguage } from "./languages.ts";
import { type StringState, stringStateAfter } from "./string-state.ts";

/** A line of a cell, and what was cut from it to get there: `length` characters at column `at` of the document's line. */
export interface CutLine {
  readonly text: string;
  readonly at: number;
  readonly length: number;
}

/**
 * How far commented magics are taken for magics. jupytext comments more than can be told from prose (`# ls the files`, `# why?`),
 * so only a text that it wrote is read that way; elsewhere a comment stays a comment.
 */
export type MagicReading = "certain" | "all";

const certainMagics: readonly RegExp[] = [
  /^\s*(# |#)*%%?%?[a-zA-Z]/,
  /^\s*(?:(?:# |#)+\s*)?[?!][A-Za-z.~$\\/{}]/,
  /^(# |#)*\s*[a-zA-Z_][a-zA-Z_$0-9]*\s*=\s*(?:%%?%?|!)[a-zA-Z]/,
];
const likelyMagics: readonly RegExp[] = [
  ...certainMagics,
  /^\s*(?:(?:# |#)+\s*)?[?!]\s*[A-Za-z.~$\\/{}]/,
  /^\s*(# )*[^\s]*\?\s*$/,
  /^(# |#)*(cat|cd|cp|mv|rm|rmdir|mkdir|copy|ddir|echo|ls|ldir|ren)($|\s$|\s[^=,])/,
];
const escaped = /^\s*(# |#)*%%?%?[a-zA-Z].*#\s*escape/;
const notEscaped = /^\s*(# |#)*%%?%?[a-zA-Z].*#\s*noescape/;
const slashMagic = /^\s*(\/\/ |\/\/)*%%?%?[a-zA-Z]/;
const continued = /\\\s*$/;

/** Every magic has one of these characters or begins with one of these commands; nearly all lines have neither. */
const maybeMagic = /[%!?]|^[# ]*(?:c[adp]|mv|rm|mk|co|dd|ec|l[sd]|re)/;

function isMagic(line: string, language: ScriptLanguage, reading: MagicReading): boolean {
  if (!maybeMagic.test(line)) return false;
  if (language.comment === "//") return slashMagic.test(line);
  if (escaped.test(line)) return true;
  if (notEscaped.test(line)) return false;
  if (language.id !== "python") return certainMagics[0]?.test(line) ?? false;
  return (reading === "all" ? likelyMagics : certainMagics).some((pattern) => pattern.test(line));
}

/** Which lines of a cell are magics outside of strings, with the lines that continue them. */
function* magicLines(lines: readonly string[], language: ScriptLanguage, reading: MagicReading): Generator<number> {
  let state: StringState = 0;
  let continues = false;
  for (const [index, line] of lines.entries()) {
    if (state === 0 && (continues || isMagic(line, language, reading))) {
      yield index;
      continues = language.id === "python" && continued.test(line);
    }
    if (language.hasLongStrings) state = stringStateAfter(line, state, language.comment);
  }
}

/** The lines of a code cell as they run: commented magics without their comment. */
export function uncommentMagics(lines: readonly string[], language: ScriptLanguage, reading: MagicReading): CutLine[] {
  const cut: CutLine[] = lines.map((text) => ({ text, at: 0, length: 0 }));
  for (const index of magicLines(lines, language, reading)) cut[index] = uncommentLine(lines[index] ?? "", language.comment);
  return cut;
}

/** A line without the comment that begins it, behind its indentation. */
export function uncommentLine(line: string, comment: string): CutLine {
  const at = line.length - line.trimStart().length;
  if (!line.startsWith(comment, at)) return { text: line, at: 0, length: 0 };
  const length = comment.length + (line[at + comment.length] === " " ? 1 : 0);
  return { text: line.slice(0, at) + line.slice(at + length), at, length };
}

/** The lines of a code cell as a script can hold them: magics behind a comment. */
export function commentMagics(lines: readonly string[], language: ScriptLanguage, reading: MagicReading): string[] {
  const commented = [...lines];
  let previous = -2;
  for (const index of magicLines(lines, language, reading)) {
    const line = lines[index] ?? "";
    const continues = previous === index - 1 && continued.test(lines[previous] ?? "");
    const at = continues ? 0 : line.length - line.trimStart().length;
    commented[index] = `${line.slice(0, at)}${language.comment} ${line.slice(at)}`;
    previous = index;
  }
  return commented;
}
