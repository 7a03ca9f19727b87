import type { CellEdit } from "../notebook/cell-edit.ts";
import type { CellSpan } from "../notebook/model.ts";
import { NblsError } from "../protocol/errors.ts";
import type { CellEditRequest, EditCellParams, EditCellResult } from "./hub.ts";
import type { Replica } from "./replica.ts";

/** The change of a client's text that an edit of its cells needs. Throws `no_cell`, `stale_version` and `edit_refused`. */
export function editCell(replica: Replica, { version, cellId, edit }: EditCellParams): EditCellResult {
  const { version: newest, ids, scanner } = replica;
  if (newest === null) throw new NblsError("no_notebook", "the notebook is not open here");
  if (version !== undefined && version !== newest)
    throw new NblsError("stale_version", `the text has changed since version ${version}; nothing was edited`);
  const index = cellId === undefined && ids.length === 0 ? 0 : ids.indexOf(cellId ?? "");
  if (index < 0) throw new NblsError("no_cell", `no cell with the id ${cellId}`);
  const edited = replica.edit(index, resolved(replica, scanner.cells[index], edit));
  if ("refused" in edited) throw new NblsError("edit_refused", `nothing was edited: ${edited.refused}`);
  const { change, cursor } = edited;
  return { version: newest, cursor, ...(change === undefined ? {} : { change }) };
}

function resolved(replica: Replica, cell: CellSpan | undefined, edit: CellEditRequest): CellEdit {
  if (edit.type === "changeKind") return { ...edit, kind: edit.kind ?? (cell?.kind === "code" ? "markdown" : "code") };
  if (edit.type !== "split" || cell === undefined) return edit as CellEdit;
  // The next line that is part of the source: the cursor may stand on a quote or on a blank line behind the body.
  for (let { line } = edit; line < cell.start + cell.lineCount; line += 1) {
    const place = replica.scanner.toSource(cell, line, 0);
    if (place !== undefined && line > cell.start + cell.bodyOffset - 1) return { type: "split", line: place.line };
  }
  return { type: "split", line: Number.MAX_SAFE_INTEGER };
}
