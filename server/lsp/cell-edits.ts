import { within } from "../base/deferred.ts";
import type { Position, TextChange } from "../base/text.ts";
import type { CellEditRequest, HubClient } from "../hub/hub.ts";
import { NblsError } from "../protocol/errors.ts";
import type { ClientPort } from "./client-port.ts";
import type { CommandTarget } from "./command-arguments.ts";
import type { MirrorDocument } from "./mirror.ts";

/** An editor that answered shows its change at once, but for those that collect changes for a moment. */
const confirmationMs = 1_000;

/**
 * Has the client edit its text, in one step that its user can undo; answers with where the cursor belongs.
 * Throws `edit_refused` where the client's text has not become what it should: that alone says that an edit was made.
 */
export async function editCellText(
  hub: HubClient,
  client: ClientPort,
  { document, cell, version: wanted }: CommandTarget,
  edit: CellEditRequest,
): Promise<Position> {
  const { uri } = document;
  const { version, change, cursor } = await hub.editCell({
    textDocument: { uri },
    edit,
    version: wanted,
    ...(cell === undefined ? {} : { cellId: cell.id }),
  });
  if (change === undefined) return cursor;
  const isMade = expectation(document, change);
  const edits = [{ range: change.range, newText: change.text }];
  const answer = await client.request("workspace/applyEdit", {
    label: "nbls: edit cells",
    edit: { documentChanges: [{ textDocument: { uri, version }, edits }] },
  });
  const isDenied = typeof answer === "object" && answer !== null && "applied" in answer && answer.applied === false;
  // Editors say that they applied what they dropped: only the text itself tells.
  const deadline = Date.now() + (isDenied ? 0 : confirmationMs);
  while (!isMade()) {
    const leftMs = deadline - Date.now();
    if (leftMs <= 0) throw new NblsError("edit_refused", "the editor did not make the edit; the text may have changed meanwhile");
    await within(document.changed, leftMs, undefined);
  }
  return cursor;
}

/** Whether the client's text has changed as it should, as far as the changed lines tell. */
function expectation({ text }: MirrorDocument, { range, text: inserted }: Required<TextChange>): () => boolean {
  const { start, end } = range;
  const fresh = inserted.split(/\r\n|\n|\r/);
  const lineCount = text.lineCount + fresh.length - 1 - (end.line - start.line);
  fresh[0] = text.line(start.line).slice(0, start.character) + (fresh[0] ?? "");
  fresh[fresh.length - 1] += text.line(end.line).slice(end.character);
  return () => text.lineCount === lineCount && fresh.every((line, index) => text.line(start.line + index) === line);
}
