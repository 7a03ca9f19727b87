import type { SavedCell } from "../formats/format.ts";
import { newNotebook, openIpynb, type IpynbFile } from "../formats/ipynb.ts";
import { percent } from "../formats/percent.ts";
import type { JsonObject } from "../jupyter/message.ts";
import type { Cell } from "../notebook/model.ts";
import { sameJson } from "../notebook/same-json.ts";
import { NblsError } from "../protocol/errors.ts";
import { fileStamp, readText, writeTextAtomically } from "./files.ts";
import type { LiveNotebook } from "./live-notebook.ts";
import type { Replica } from "./replica.ts";

export interface TextForm {
  readonly text: string;
  readonly languageId: string;
  /** The cells as the text gives them back: not always as in the file (a trailing line end has no place in a script). */
  readonly cells: readonly Cell[];
}

/**
 * An `.ipynb` as text: percent cells without a header, since the notebook's metadata stay in the file. Of a cell's metadata
 * only tags are shown: the rest (ids of other tools, collapsed states) would bury the text.
 * Throws `unsupported_format` where the text would not come back as the same cells.
 */
export function textForm(path: string, { notebook, language }: IpynbFile): TextForm {
  const cells = notebook.cells.map((cell): Cell => {
    const { tags } = cell.metadata;
    return { ...cell, metadata: Array.isArray(tags) && tags.length > 0 ? { tags } : {} };
  });
  const context = { path, languageId: language, withoutHeader: true };
  const text = percent.print({ ...notebook, cells }, context);
  const back = percent.parse(text, context).notebook.cells;
  const differs = back.findIndex(({ kind }, index) => kind !== cells[index]?.kind);
  if (back.length !== cells.length || differs >= 0) {
    const where = differs >= 0 ? `cell ${differs + 1}` : "a quote that one cell opens and does not close";
    throw new NblsError(
      "unsupported_format",
      `${path} cannot be shown as text without loss (${where}); edit it as JSON, or mend that cell elsewhere`,
    );
  }
  return { text, languageId: language, cells: back };
}

/** A cell as it is to be saved, and whether its outputs are those that another program saved. */
interface MergedCell extends SavedCell {
  readonly id: string;
  readonly isTheirs: boolean;
}

/**
 * Cells as they are to be saved: source from the text, outputs from the hub, other metadata from the file. `theirs` are the
 * file's cells as another program left them, one for each that we read: what it changed and we did not is taken from there.
 */
function savedCells(live: LiveNotebook, replica: Replica, theirs: readonly Cell[] | undefined): readonly MergedCell[] {
  const { ipynb, ids, isIpynb } = live.file;
  const isText = replica.format.id !== "ipynb";
  const shown = isText && isIpynb && ipynb !== undefined ? textForm(live.path, ipynb).cells : undefined;
  const indexOf = new Map(ids.map((id, index) => [id, index]));
  const context = { path: live.path, languageId: replica.scanner.language };
  const cells = replica.format.parse(replica.lines.toString(), context).notebook.cells;
  return cells.map(({ kind, language, source, metadata }, index) => {
    const id = replica.ids[index] ?? "";
    const fileIndex = indexOf.get(id) ?? -1;
    const before = ipynb?.notebook.cells[fileIndex];
    const now = theirs?.[fileIndex] ?? before;
    const { execution, outputs } = live.shown(id);
    const isCode = kind === "code";
    const isTheirs =
      now !== undefined &&
      before !== undefined &&
      !sameResult(now, before) &&
      (execution === undefined || sameResult({ ...execution, outputs: outputs() }, before));
    const own = execution?.fold.outputsInParts() ?? outputs();
    return {
      id,
      kind,
      language,
      // A cell that reads as the text form showed it was not edited.
      source: before !== undefined && source === shown?.[fileIndex]?.source ? before.source : source,
      metadata:
        now === undefined || before === undefined
          ? metadata
          : mergedMetadata(now.metadata, isText ? (shown?.[fileIndex]?.metadata ?? {}) : before.metadata, metadata),
      executionCount: isCode ? (((isTheirs ? undefined : execution) ?? now)?.executionCount ?? null) : null,
      outputs: !isCode ? [] : isTheirs ? now.outputs : own,
      isTheirs: isCode && isTheirs,
    };
  });
}

/** Costs what the outputs are long: asked only of cells that another program changed. */
function sameResult(a: Pick<Cell, "outputs" | "executionCount">, b: Pick<Cell, "outputs" | "executionCount">): boolean {
  return a === b || (a.executionCount === b.executionCount && sameJson(a.outputs, b.outputs));
}

/** The file's metadata with what the text changed of those that it shows; what it does not show stays. */
function mergedMetadata(before: JsonObject, shown: JsonObject, now: JsonObject): JsonObject {
  const merged: { [key: string]: unknown } = { ...before };
  for (const key of Object.keys(shown)) if (!(key in now)) delete merged[key];
  for (const [key, value] of Object.entries(now)) if (!sameJson(value, shown[key])) merged[key] = value;
  return merged;
}

export interface SaveRequest {
  /** The path to write; another one than the notebook's is a copy. */
  readonly path: string;
  /** Write although another program changed the file since it was read. */
  readonly force: boolean;
  readonly fileBytesMax: number;
}

/**
 * Writes source, metadata and outputs of `replica`. An untouched notebook keeps every byte and is not written.
 * Throws `conflict` when another program changed the cells' sources meanwhile: nothing is written then. Outputs and metadata
 * that it changed are merged by cell; `taken` are the cells that have its outputs from now on.
 */
export async function saveNotebook(
  live: LiveNotebook,
  replica: Replica,
  request: SaveRequest,
): Promise<{ readonly changed: boolean; readonly taken: readonly string[] }> {
  const isIpynb = request.path.toLowerCase().endsWith(".ipynb");
  const isCopy = request.path !== live.path;
  if (isIpynb !== live.file.isIpynb)
    throw new NblsError("unsupported_format", `${request.path}: saving into another format is a conversion (nbls convert)`);
  const stamp = await fileStamp(request.path);
  if (isCopy && stamp !== undefined && !request.force)
    throw new NblsError("conflict", `${request.path} exists already and was not replaced`);
  const before = stamp === undefined ? undefined : await readText(request.path, request.fileBytesMax);
  const changedByOthers = !isCopy && before !== undefined && live.file.stamp !== undefined && before.stamp !== live.file.stamp;
  const theirs = changedByOthers ? cellsOfSameSources(live, before.text) : undefined;
  if (changedByOthers && !request.force && theirs === undefined) {
    throw new NblsError(
      "conflict",
      `${request.path} was changed by another program since it was opened; nothing was written. Reload it, or save with force`,
    );
  }
  const cells = savedCells(live, replica, theirs);
  const base = isCopy
    ? (live.file.ipynb?.text ?? newNotebook({ language: replica.scanner.language }))
    : (before?.text ?? newNotebook({ language: replica.scanner.language }));
  const text = isIpynb ? rewritten(request.path, base, cells) : replica.lines.toString();
  const changed = text !== before?.text;
  if (!changed && !changedByOthers) return { changed, taken: [] };
  const stampNow = changed ? await writeTextAtomically(request.path, text) : (before?.stamp ?? "");
  if (isCopy) return { changed, taken: [] };
  live.fileWritten(
    { text, stamp: stampNow },
    cells.map(({ id }) => id),
  );
  return { changed, taken: cells.filter(({ isTheirs }) => isTheirs).map(({ id }) => id) };
}

function rewritten(path: string, base: string, cells: readonly SavedCell[]): string {
  const file = openIpynb(base);
  if (!file.isWritable) {
    const [problem] = file.problems;
    throw new NblsError(
      "unsupported_format",
      `${path} was not written: ${problem?.message ?? "it is no notebook that can be written"}`,
    );
  }
  return file.rewrite(cells);
}

/** The file's cells, if it still has the sources that we read: then only outputs or metadata changed, which merge by cell. */
function cellsOfSameSources(live: LiveNotebook, text: string): readonly Cell[] | undefined {
  if (!live.file.isIpynb || live.file.ipynb === undefined) return undefined;
  const now = openIpynb(text).notebook.cells;
  const read = live.file.ipynb.notebook.cells;
  const isSame =
    now.length === read.length &&
    now.every((cell, index) => cell.source === read[index]?.source && cell.kind === read[index]?.kind);
  return isSame ? now : undefined;
}
