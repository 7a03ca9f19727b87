import type { MirrorCell, MirrorDocument } from "./mirror.ts";

export interface CellLine {
  readonly line: number;
  /** The line as the cell's source has it: without the comment prefix or the quotes of the text form. */
  readonly text: string;
}

/** The lines of a cell's body, as far as a door can know them from the text alone. */
export function* cellLines(document: MirrorDocument, cell: MirrorCell): Iterable<CellLine> {
  const { start, end } = document.bodyRange(cell);
  if (start.line === end.line && start.character === end.character) return;
  const isJson = document.uri.toLowerCase().endsWith(".ipynb");
  const comment = isJson || cell.cell.kind === "code" ? undefined : commentStart(document, start.line, end.line);
  for (let line = start.line; line <= end.line; line += 1) {
    const text = document.text.line(line);
    if (!isJson) yield { line, text: comment === undefined ? text : text.replace(comment, "") };
    else yield* fromJson({ line, text });
  }
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

/** What stands before the text of a cell that is not code: the mark of a comment, or the quotes around the whole. */
function commentStart(document: MirrorDocument, firstLine: number, lastLine: number): RegExp {
  for (let line = firstLine; line <= lastLine; line += 1) {
    const text = document.text.line(line);
    if (text.trim() === "") continue;
    if (/^\s*[rR]?"""/.test(text)) return /^\s*[rR]?"""|"""\s*$/;
    if (/^\s*[rR]?'''/.test(text)) return /^\s*[rR]?'''|'''\s*$/;
    break;
  }
  return /^\s*(?:#|\/\/|--)\s?/;
}
