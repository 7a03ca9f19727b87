import type { FoldingRange, SelectionRange } from "vscode-languageserver";
import { contains, type Position, type Range } from "../base/text.ts";
import type { MirrorDocument } from "./mirror.ts";

/** Each cell folds to its marker line. */
export function foldingRanges(document: MirrorDocument): FoldingRange[] {
  if (!document.isNotebook) return [];
  return document.cells.flatMap((cell) => {
    const endLine = document.anchor(cell).line;
    return endLine > cell.startLine ? [{ startLine: cell.startLine, endLine, kind: "region" }] : [];
  });
}

/** From the cursor outward: the cell's body, the cell, the document. */
export function selectionRange(document: MirrorDocument, position: Position): SelectionRange {
  const whole: SelectionRange = { range: { start: { line: 0, character: 0 }, end: document.text.end() } };
  const cell = document.cellAt(position.line);
  const cursor: Range = { start: position, end: position };
  if (cell === undefined) return { range: cursor, parent: whole };
  const outer: SelectionRange = { range: document.range(cell), parent: whole };
  const body = document.bodyRange(cell);
  return contains(body, position) ? { range: body, parent: outer } : outer;
}
