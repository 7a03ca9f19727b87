import type { Problem } from "../notebook/model.ts";
import type { Format, FormatContext } from "./format.ts";
import { ipynb } from "./ipynb.ts";
import { extensionOf } from "./languages.ts";
import { percent } from "./percent.ts";

/** Every way to write a notebook as text. */
export const formats: readonly Format[] = [ipynb, percent];

/**
 * The format of a text: by the ending of its path, and for `.ipynb` by whether the text is JSON, since editors may show a
 * notebook as a script under its own name. `undefined` where no format has the ending.
 */
export function formatFor(path: string, text?: string): Format | undefined {
  const extension = extensionOf(path);
  const format = formats.find((candidate) => candidate.extensions.includes(extension));
  if (format !== ipynb || text === undefined) return format;
  return /^\ufeff?\s*(?:\{|$)/.test(text) ? ipynb : percent;
}

export interface Converted {
  readonly text: string;
  /** What the target cannot hold as it was, besides what it never holds (a script has no outputs). */
  readonly problems: readonly Problem[];
}

/** `text` of the format of `from` in the format of `to`. `undefined` where one of them is no notebook's ending. */
export function convert(text: string, from: FormatContext, to: FormatContext): Converted | undefined {
  const source = formatFor(from.path, text);
  const target = formatFor(to.path);
  if (source === undefined || target === undefined) return undefined;
  const { notebook, problems } = source.parse(text, from);
  if (problems.some(({ severity }) => severity === "error")) return { text: "", problems };
  const printed = target.print(notebook, to);
  // Read again what was written: whatever does not come back the same is told, not lost in silence.
  const again = target.parse(printed, to).notebook.cells;
  const lost: Problem[] = [];
  if (again.length !== notebook.cells.length) {
    lost.push({ line: 0, severity: "warning", message: `${notebook.cells.length} cells are ${again.length} in ${to.path}` });
  }
  for (const [index, cell] of notebook.cells.entries()) {
    const read = again[index];
    if (read === undefined || (read.kind === cell.kind && read.source.trimEnd() === cell.source.trimEnd())) continue;
    lost.push({ line: 0, severity: "warning", message: `cell ${index + 1} does not come back from ${to.path} as it is` });
    break;
  }
  return { text: printed, problems: [...problems, ...lost] };
}
