import { replaceLines } from "../base/line-edit.ts";
import { TextLines } from "../base/text.ts";
import { editCells, type CellEdit, type Refusal } from "../notebook/cell-edit.ts";
import { newCellId } from "../notebook/identity.ts";
import type { CellTextEdit, SavedCell } from "./format.ts";
import type { IpynbFile } from "./ipynb.ts";
import { IpynbScanner } from "./ipynb-scanner.ts";
import { scriptLanguage } from "./languages.ts";

/** An edit of the list of cells as a change of the notebook's JSON text. */
export function editIpynb(file: IpynbFile, text: TextLines, index: number, request: CellEdit): CellTextEdit | Refusal {
  if (!file.isWritable) return { refused: file.problems[0]?.message ?? "the text is no notebook that can be edited" };
  const old = file.notebook.cells;
  const edit = editCells(old, index, request, scriptLanguage("", file.language).comment);
  if ("refused" in edit) return edit;
  const cells = old.map((cell): SavedCell => ({ ...cell, id: cell.id ?? newCellId() }));
  const edited = edit.cells.map(({ from, kind, source }): SavedCell => {
    const before = from === undefined ? undefined : cells[from];
    const language = kind === "code" ? file.language : kind;
    const fresh = { id: newCellId(), language, metadata: {}, executionCount: null, outputs: [] };
    return { ...fresh, ...before, kind, source, ...(kind === "code" ? {} : { executionCount: null, outputs: [] }) };
  });
  cells.splice(edit.first, edit.deleteCount, ...edited);
  const after = new TextLines(file.rewrite(cells));
  const span = new IpynbScanner(after).cells[edit.focus];
  const cursor = { line: span === undefined ? 0 : span.start + span.bodyOffset, character: 0 };
  return { change: replaceLines(text, 0, text.lineCount, after.lines), list: edit, cursor };
}
