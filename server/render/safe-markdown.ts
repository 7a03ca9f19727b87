import { decodeHTML } from "entities/decode";

/** Where a link or picture may lead, besides places without a scheme: those are relative to the notebook. */
const schemes = new Set(["http", "https", "mailto", "attachment"]);

/** In this order: what is escaped, code within a line, the target of a link or of its definition, HTML. */
const parts = /\\[\s\S]|(`+)(?!`)[^\n]*?(?<!`)\1(?!`)|\](\(|:)\s*(?:<([^\n<>]*)>?|([^\s<>]*))|<(?=[a-z/!?])/gi;
/** `<https://example.org>`: what stands between these is a link, and no HTML. */
const autolink = /<([a-z][a-z\d+.-]*):[^\s<>]*>/iy;

/**
 * Markdown from somewhere else, for a view of which we do not know what it lets through: HTML becomes the text that it is,
 * and links that could run something are none. Code keeps its text. Costs the length. Not yet sanitised.
 */
export function safeMarkdown(source: string): string {
  const lines = source.split("\n");
  let result = "";
  let from = 0;
  for (const { start, end } of fencedBlocks(lines)) {
    result += safeText(lines.slice(from, start)) + joined(lines.slice(start, end));
    from = end;
  }
  result += safeText(lines.slice(from));
  return result.slice(0, -1);
}

function joined(lines: readonly string[]): string {
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

function safeText(lines: readonly string[]): string {
  const text = joined(lines);
  return text.replace(parts, (whole: string, ticks?: string, opening?: string, angled?: string, bare?: string, at?: number) => {
    // A view may find another beginning or end of the code than we do, so no tag may stand in it whole.
    if (ticks !== undefined) return whole.replace(/<(?=[a-z/!?])/gi, "<\u200b").replace(/\](?=[(:])/g, "]\u200b");
    if (opening !== undefined) {
      if (!isSafe(angled ?? bare ?? "")) return whole.replace("]", "]\\").replace("<", "\\<");
      // Where it is no link after all, what stands between these would be HTML.
      return angled === undefined
        ? whole
        : `]${opening}${angled.replace(/[\s()]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)}`;
    }
    if (whole !== "<") return whole;
    autolink.lastIndex = at ?? 0;
    const scheme = autolink.exec(text)?.[1];
    return scheme !== undefined && schemes.has(scheme.toLowerCase()) ? "<" : "\\<";
  });
}

/** Browsers leave blanks and controls in a scheme out, and Markdown decodes entities and escapes before. */
function isSafe(target: string): boolean {
  // oxlint-disable-next-line no-control-regex
  const plain = decodeHTML(target.replace(/\\(?=[!-/:-@[-`{-~])/g, "")).replace(/[\u0000-\u0020\u007f-\u009f]/g, "");
  const scheme = /^([^/?#]*?):/.exec(plain)?.[1];
  return scheme === undefined || schemes.has(scheme.toLowerCase());
}

/**
 * Fenced code, as lines from `start` to before `end`. Where a fence may end with a list's item, and not with its own mark,
 * nothing from there on counts as one: what is taken for text is only escaped once too often.
 */
function* fencedBlocks(lines: readonly string[]): Generator<{ readonly start: number; readonly end: number }> {
  let open: { readonly start: number; readonly indent: string; readonly mark: string } | undefined;
  for (const [index, line] of lines.entries()) {
    const [, indent = "", mark = ""] = /^( {0,3})(`{3,}(?=[^`]*$)|~{3,})/.exec(line) ?? [];
    if (open === undefined) {
      if (mark !== "") open = { start: index, indent, mark };
    } else if (mark.startsWith(open.mark) && line.trim() === mark) {
      yield { start: open.start, end: index + 1 };
      open = undefined;
    } else if (line.trim() !== "" && !line.startsWith(open.indent)) return;
  }
}
