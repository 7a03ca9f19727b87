import type { MirrorCell, MirrorDocument } from "./mirror.ts";

export interface CellLine {
  readonly line: number;
  /** The line as the cell's source has it: without the comment prefix or the quotes of the text form. */
  readonly text: string;
}

/** The lines of a cell's body, as far as a door can know them from the text alone. */
export function cellLines(document: MirrorDocument, cell: MirrorCell): CellLine[] {
  const { start, end } = document.bodyRange(cell);
  const lastLine = end.character === 0 && end.line > start.line ? end.line - 1 : end.line;
  if (start.line === end.line && start.character === end.character) return [];
  const lines: CellLine[] = [];
  for (let line = start.line; line <= lastLine; line += 1) lines.push({ line, text: document.text.line(line) });
  if (document.uri.toLowerCase().endsWith(".ipynb")) return lines.flatMap(fromJson);
  return cell.cell.kind === "code" ? lines : withoutComments(lines);
}

/** A line of `source` in an `.ipynb`: one JSON string, with a comma behind it but for the last. */
function fromJson({ line, text }: CellLine): CellLine[] {
  const match = /^\s*("(?:[^"\\]|\\.)*")\s*,?\s*$/.exec(text);
  if (match?.[1] === undefined) return [];
  try {
    return [{ line, text: String(JSON.parse(match[1])).replace(/\n$/, "") }];
  } catch {
    return [];
  }
}

/** Text cells of scripts are comments, or one string in triple quotes. */
function withoutComments(lines: readonly CellLine[]): CellLine[] {
  const first = lines.find(({ text }) => text.trim() !== "")?.text ?? "";
  const quotes = /^\s*[rR]?("""|''')/.exec(first)?.[1];
  if (quotes !== undefined) return lines.map(({ line, text }) => ({ line, text: text.replace(quotes, "") }));
  return lines.map(({ line, text }) => ({ line, text: text.replace(/^\s*(?:#|\/\/|--)\s?/, "") }));
}
