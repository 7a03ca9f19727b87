/** Lines that bind names, by language: `NAME` stands for the name. Of blocks only their first lines are looked at. */
const bindings: { readonly [language: string]: readonly string[] } = {
  python: [
    // NAME = 1, NAME: int = 1, (NAME, other) = 1, 2
    String.raw`^[(\[]?(?:[\w\s,*]*,\s*)?\*?NAME(?:\s*,[\w\s,*]*)?[)\]]?(?:\s*:[^=]*)?\s*=(?!=)`,
    String.raw`^(?:async\s+)?def\s+NAME\b`,
    String.raw`^class\s+NAME\b`,
    String.raw`^(?:from\s.*\s)?import\s(?:.*[\s,(])?NAME\s*(?:$|[,;#)])`,
    String.raw`^(?:async\s+)?for\s[^:]*NAME\b.*\sin\s`,
    String.raw`^(?:async\s+)?with\s.*\bas\s+\(?NAME\b`,
  ],
  r: [String.raw`^NAME\s*(?:<<?-|=(?!=))`, String.raw`->\s*NAME\s*$`, String.raw`^assign\(["']NAME["']`],
  julia: [
    String.raw`^(?:const\s+|global\s+)?NAME(?:\(.*\))?\s*=(?!=)`,
    String.raw`^(?:function|macro|(?:mutable\s+)?struct|module)\s+NAME\b`,
    String.raw`^(?:using|import)\s.*\bNAME\b`,
  ],
  javascript: [
    String.raw`^(?:export\s+)?(?:const|let|var)\s+(?:.*[\s,{\[:])?NAME\s*(?:$|[=,:}\]])`,
    String.raw`^(?:export\s+)?(?:async\s+)?(?:function\*?|class|enum)\s+NAME\b`,
    String.raw`^import\s.*\bNAME\b.*\bfrom\b`,
  ],
};

/** A line longer than this defines nothing that people would look for, and would cost more than the answer is worth. */
const lineLengthMax = 500;

/** The 0-based line of `source` that seems to define `name`, by its text alone; only lines that are not indented count. */
export function definitionLine(source: string, name: string, language: string): number | undefined {
  const patterns = bindings[language === "typescript" ? "javascript" : language];
  if (patterns === undefined || !source.includes(name)) return undefined;
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const binds = patterns.map((pattern) => new RegExp(pattern.replace("NAME", () => `(?<![\\w$])${escaped}(?![\\w$])`)));
  for (const [line, text] of source.split("\n").entries()) {
    if (text.length <= lineLengthMax && text.includes(name) && binds.some((bind) => bind.test(text))) return line;
  }
  return undefined;
}
