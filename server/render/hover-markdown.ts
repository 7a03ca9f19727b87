import { sanitize } from "./ansi.ts";
import { latexToText } from "./latex.ts";
import { safeMarkdown } from "./safe-markdown.ts";

/** Longer sources are shown as they are. */
const lengthMax = 100_000;

/** Code, which stays as it is; a formula; the target of a link or picture. */
const parts =
  /^ {0,3}(```|~~~)[\s\S]*?^ {0,3}\1[^\n]*$|`[^`\n]+`|\$\$([\s\S]{1,2000}?)\$\$|\$(?!\s)([^$\n]{1,500}?)(?<![\s\\])\$(?!\d)|(\]\()([^\s()<>]+)/gm;

/**
 * A Markdown cell for an editor's own Markdown view, which knows neither formulas nor where the notebook lies: formulas
 * become Unicode text, relative links and pictures what `resolve` makes of them, and HTML the text that it is.
 */
export function hoverMarkdown(source: string, resolve: (target: string) => string): string {
  const clean = safeMarkdown(sanitize(source));
  if (clean.length > lengthMax) return clean;
  return clean.replace(
    parts,
    (whole: string, _fence?: string, display?: string, inline?: string, opening?: string, target?: string) => {
      const formula = display ?? inline;
      if (formula !== undefined) return escaped(sanitize(latexToText(formula)), display !== undefined);
      if (opening !== undefined && target !== undefined) return opening + (isRelative(target) ? resolve(target) : target);
      return whole;
    },
  );
}

/** A formula must not be read as Markdown again; one on lines of its own keeps them. */
function escaped(text: string, isDisplay: boolean): string {
  const plain = text.replace(/[\\`*_[\]<>#|]/g, "\\$&");
  return isDisplay ? plain.replaceAll("\n", "  \n") : plain.replaceAll("\n", " ");
}

function isRelative(target: string): boolean {
  return !/^(?:[a-z][a-z\d+.-]*:|\/|#)/i.test(target);
}
