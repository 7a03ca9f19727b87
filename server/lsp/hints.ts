import type { InlayHint } from "vscode-languageserver";
import type { Range } from "../base/text.ts";
import { lineText } from "../render/span.ts";
import type { MirrorDocument } from "./mirror.ts";
import { textLines } from "./shown-output.ts";
import { statusText } from "./status.ts";

const resultCharactersMax = 80;

/** One line behind the last line of each cell: `[3] ✓ 0.42 s → 5.0`. */
export function inlayHints(document: MirrorDocument, range: Range): InlayHint[] {
  if (!document.isNotebook) return [];
  const hints: InlayHint[] = [];
  for (const cell of document.cells.slice(Math.max(0, document.indexAt(range.start.line)))) {
    if (cell.startLine > range.end.line) break;
    const status = statusText(cell);
    if (status !== "")
      hints.push({ position: document.anchor(cell), label: status + resultText(document, cell.id), paddingLeft: true });
  }
  return hints;
}

function resultText(document: MirrorDocument, cellId: string): string {
  const shown = document.shown.get(cellId);
  if (shown === undefined) return "";
  const result =
    shown.error ??
    textLines(shown)
      .map(lineText)
      .findLast((line) => line.trim() !== "");
  if (result === undefined) return "";
  const firstLine = (result.split("\n")[0] ?? "").trim();
  return ` → ${firstLine.length > resultCharactersMax ? `${firstLine.slice(0, resultCharactersMax)}…` : firstLine}`;
}
