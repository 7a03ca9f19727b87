import type { InlayHint } from "vscode-languageserver";
import type { Range } from "../base/text.ts";
import { CellView } from "./cell-view.ts";
import type { MirrorDocument } from "./mirror.ts";

/** One line behind the last line of each cell: `[3] ✓ 0.42 s → 5.0`. */
export function inlayHints(document: MirrorDocument, range: Range): InlayHint[] {
  if (!document.isNotebook) return [];
  const hints: InlayHint[] = [];
  for (const cell of document.cells.slice(Math.max(0, document.indexAt(range.start.line)))) {
    if (cell.startLine > range.end.line) break;
    const { status, result, anchor } = new CellView(document, cell);
    const label = result === undefined ? status : `${status} → ${result.text}`;
    if (status !== "") hints.push({ position: anchor, label, paddingLeft: true });
  }
  return hints;
}
