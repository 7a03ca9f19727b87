import type { Range, TextChange } from "../base/text.ts";
import { TextLines } from "../base/text.ts";
import type { CellTextEdit, Format, FormatContext, Scanner } from "../formats/format.ts";
import type { CellEdit, EditableCell, Refusal } from "../notebook/cell-edit.ts";
import { CellIdentity, newCellId } from "../notebook/identity.ts";
import type { CellKind, CellSpan } from "../notebook/model.ts";
import { cellIndexAt } from "./targets.ts";

/** `deleteCount` cells from `start` on became `insertCount` cells. */
export interface Splice {
  readonly start: number;
  readonly deleteCount: number;
  readonly insertCount: number;
  /** The ids of those that are new or came back. */
  readonly appeared: readonly string[];
}

interface AwaitedCells {
  readonly first: number;
  /** Those that were edited, from `first` on. */
  readonly cells: readonly EditableCell[];
  /** The ids of all cells. */
  readonly ids: readonly string[];
}

/** One client's text of a notebook (`version` is that client's), or the file's own when nobody has it open (`null`). */
export class Replica {
  readonly uri: string;
  version: number | null;
  readonly format: Format;
  readonly lines: TextLines;
  readonly scanner: Scanner;
  readonly identity: CellIdentity;
  readonly #context: FormatContext;
  readonly #toldStale = new Set<string>();
  /** First and last. */
  #editedLines: readonly [number, number] = [0, -1];
  readonly #versionWaiters = new Set<() => void>();
  /** The cells that the client's next change makes, if it is the edit that was asked of it. */
  #awaited: AwaitedCells | undefined;

  constructor(
    uri: string,
    version: number | null,
    text: string,
    format: Format,
    context: FormatContext,
    graveyardCellsMax: number,
  ) {
    this.uri = uri;
    this.version = version;
    this.format = format;
    this.#context = context;
    this.lines = new TextLines(text);
    this.scanner = format.open(this.lines, context);
    this.identity = new CellIdentity(this.scanner, graveyardCellsMax);
  }

  get ids(): readonly string[] {
    return this.identity.ids;
  }

  /** Whether its client was told that the cell is stale. */
  isToldStale(id: string): boolean {
    return this.#toldStale.has(id);
  }

  told(id: string, isStale: boolean): void {
    if (isStale) this.#toldStale.add(id);
    else this.#toldStale.delete(id);
  }

  /** The indexes of the cells in the lines that the last changes touched. */
  editedCells(): readonly number[] {
    const { cells } = this.scanner;
    const [first, last] = this.#editedLines;
    const indexes: number[] = [];
    for (let index = cellIndexAt(cells, first) ?? 0; index < cells.length; index += 1) {
      if ((cells[index]?.start ?? 0) > last) break;
      indexes.push(index);
    }
    return indexes;
  }

  /** Applies changes in their order; says which cells are no longer as they were. */
  change(version: number, changes: readonly TextChange[]): Splice | undefined {
    let all: Splice | undefined;
    this.#editedLines = editedLines(changes);
    for (const change of changes) {
      const changed = this.identity.apply(this.lines, this.scanner, change);
      if (changed !== undefined)
        all = join(all, {
          start: changed.start,
          deleteCount: changed.deleted.length,
          insertCount: changed.insertCount,
          appeared: changed.appeared,
        });
    }
    all = this.#takeAwaited(all);
    this.version = version;
    for (const wake of this.#versionWaiters) wake();
    return all;
  }

  /**
   * An edit of the cell at `index`, for the client to make: nothing changes here before it says so. The cells that it then
   * has keep their ids, also where the text alone could not tell them apart.
   */
  edit(index: number, edit: CellEdit): CellTextEdit | Refusal {
    const edited = this.format.edit(this.lines, this.scanner, this.#context, index, edit);
    if ("refused" in edited) return edited;
    const { first, deleteCount, cells } = edited.list;
    const ids = cells.map(({ from }) => (from === undefined ? undefined : this.ids[from]) ?? newCellId());
    this.#awaited = { first, cells, ids: this.ids.toSpliced(first, deleteCount, ...ids) };
    return edited;
  }

  #takeAwaited(splice: Splice | undefined): Splice | undefined {
    const awaited = this.#awaited;
    this.#awaited = undefined;
    if (awaited?.ids.length !== this.ids.length) return splice;
    const { first, cells, ids } = awaited;
    const isThere = cells.every(({ kind, source }, offset) => {
      const span = this.scanner.cells[first + offset];
      return span?.kind === kind && this.scanner.source(span) === source;
    });
    const start = ids.findIndex((id, index) => id !== this.ids[index]);
    if (!isThere || start < 0) return splice;
    const count = ids.findLastIndex((id, index) => id !== this.ids[index]) + 1 - start;
    this.identity.adopt(ids);
    const all = join(splice, { start, deleteCount: count, insertCount: count, appeared: [] });
    return { ...all, appeared: ids.slice(start, start + count) };
  }

  /** Waits until `version` was received, at most `timeoutMs`; whether it is the newest one then. */
  async reaches(version: number, timeoutMs: number): Promise<boolean> {
    if (this.version !== null && this.version < version) {
      await new Promise<void>((resolve) => {
        const done = () => {
          if (this.version !== null && this.version < version && !late) return;
          clearTimeout(timer);
          this.#versionWaiters.delete(done);
          resolve();
        };
        let late = false;
        const timer = setTimeout(() => {
          late = true;
          done();
        }, timeoutMs);
        this.#versionWaiters.add(done);
      });
    }
    return this.version === version;
  }

  /** What identifies each cell apart from its id. */
  sources(): { readonly id: string; readonly kind: CellKind; readonly source: string }[] {
    return this.scanner.cells.map((cell, index) => ({
      id: this.ids[index] ?? "",
      kind: cell.kind,
      source: this.scanner.source(cell),
    }));
  }

  cellOf(id: string): CellSpan | undefined {
    const index = this.ids.indexOf(id);
    return index < 0 ? undefined : this.scanner.cells[index];
  }

  range(cell: CellSpan): Range {
    const end = cell.start + cell.lineCount;
    return {
      start: { line: cell.start, character: 0 },
      end: end < this.lines.lineCount ? { line: end, character: 0 } : this.lines.end(),
    };
  }

  bodyRange(cell: CellSpan): Range {
    const first = cell.start + cell.bodyOffset;
    const start = first < this.lines.lineCount ? { line: first, character: 0 } : this.lines.end();
    if (cell.bodyLineCount === 0) return { start, end: start };
    const last = first + cell.bodyLineCount - 1;
    return { start, end: { line: last, character: this.lines.line(last).length } };
  }
}

/** The lines that hold all edits when the last of them is made, the first and the last one; a full text is all there is. */
function editedLines(changes: readonly TextChange[]): readonly [number, number] {
  let [first, last] = [Infinity, -1];
  for (const { range, text } of changes) {
    if (range === undefined) return [0, Infinity];
    const added = text.split(/\r\n|\r|\n/).length - 1;
    const shift = added - (range.end.line - range.start.line);
    first = Math.min(first, range.start.line);
    last = Math.max(last >= range.start.line ? last + shift : last, range.start.line + added);
  }
  return [first, last];
}

/** One splice that has the effect of `first` and then `second`. */
function join(first: Splice | undefined, second: Splice): Splice {
  if (first === undefined) return second;
  const start = Math.min(first.start, second.start);
  const endBetween = Math.max(first.start + first.insertCount, second.start + second.deleteCount);
  const deleteCount = endBetween - start - first.insertCount + first.deleteCount;
  const insertCount = endBetween - start - second.deleteCount + second.insertCount;
  return { start, deleteCount, insertCount, appeared: [...first.appeared, ...second.appeared] };
}
