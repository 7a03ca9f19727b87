import type { CellKind } from "./model.ts";

/** What a user does to one cell of the list. */
export type CellEdit =
  | { readonly type: "insertAbove" | "insertBelow" | "delete" | "moveUp" | "moveDown" | "mergeBelow" }
  /** `line` of the source, 0-based, begins the second part. */
  | { readonly type: "split"; readonly line: number }
  | { readonly type: "changeKind"; readonly kind: CellKind };

/** As much of a cell as an edit of the list looks at. */
export interface EditableCell {
  readonly kind: CellKind;
  readonly source: string;
}

/** Lines `[start, end)` of the source of the cell at index `cell` in the old list. */
export interface SourcePart {
  readonly cell: number;
  readonly start: number;
  readonly end: number;
}

/** A cell of the new list. */
export interface EditedCell extends EditableCell {
  /** The index of the cell that it was, whose id and outputs it keeps; `undefined`: it is new. */
  readonly from: number | undefined;
  /** Where its source comes from, so that what stays can stay as it is written. */
  readonly parts: readonly SourcePart[];
}

/** `deleteCount` cells from `first` on become `cells`. */
export interface CellListEdit {
  readonly first: number;
  readonly deleteCount: number;
  readonly cells: readonly EditedCell[];
  /** The index in the new list of the cell that the cursor belongs in; -1 where none is left. */
  readonly focus: number;
}

/** A sentence for people: why nothing was edited. */
export interface Refusal {
  readonly refused: string;
}

/** The cell at `index`, as it was. */
export function keptCell(cells: readonly EditableCell[], index: number): EditedCell {
  const { kind, source } = cells[index] ?? { kind: "code", source: "" };
  return { kind, source, from: index, parts: [{ cell: index, start: 0, end: Infinity }] };
}

/**
 * The list of cells after an edit of the one at `index`; a first cell can be inserted into an empty list. `comment` begins a
 * comment of the notebook's language: prose that is merged into code becomes one.
 */
export function editCells(
  cells: readonly EditableCell[],
  index: number,
  edit: CellEdit,
  comment: string,
): CellListEdit | Refusal {
  if (edit.type === "insertAbove" || edit.type === "insertBelow") {
    const first = edit.type === "insertAbove" ? index : Math.min(index + 1, cells.length);
    return { first, deleteCount: 0, cells: [{ kind: "code", source: "", from: undefined, parts: [] }], focus: first };
  }
  const cell = cells[index];
  if (cell === undefined) return { refused: "there is no such cell" };
  const kept = keptCell(cells, index);
  const one = { first: index, deleteCount: 1, focus: index };
  const swapped = (first: number, focus: number): CellListEdit => ({
    first,
    deleteCount: 2,
    cells: [keptCell(cells, first + 1), keptCell(cells, first)],
    focus,
  });
  switch (edit.type) {
    case "delete":
      return { ...one, cells: [], focus: Math.min(index, cells.length - 2) };
    case "moveUp":
      return index === 0 ? { refused: "the cell is the first one" } : swapped(index - 1, index - 1);
    case "moveDown":
      return index === cells.length - 1 ? { refused: "the cell is the last one" } : swapped(index, index + 1);
    case "mergeBelow": {
      const below = cells[index + 1];
      if (below === undefined) return { refused: "there is no cell below to merge with" };
      const parts = [kept, keptCell(cells, index + 1)].flatMap((each) => each.parts);
      return { ...one, deleteCount: 2, cells: [{ ...kept, source: joined(cell, below, comment), parts }] };
    }
    case "split":
      return { ...one, cells: splitCell(cell, index, edit.line), focus: index + 1 };
    case "changeKind":
      return { ...one, cells: [{ ...kept, kind: edit.kind }] };
  }
}

/** Blank lines between the parts part them, and belong to neither. */
function splitCell({ kind, source }: EditableCell, index: number, line: number): EditedCell[] {
  const lines = source.split("\n");
  const isBlank = (at: number) => (lines[at] ?? "").trim() === "";
  let end = Math.min(line, lines.length);
  while (end > 0 && isBlank(end - 1)) end -= 1;
  let start = Math.min(line, lines.length);
  while (start < lines.length && isBlank(start)) start += 1;
  const part = (from: number | undefined, first: number, last: number): EditedCell => ({
    kind,
    source: lines.slice(first, last).join("\n"),
    from,
    parts: [{ cell: index, start: first, end: last }],
  });
  return [part(index, 0, end), part(undefined, start, lines.length)];
}

function joined(above: EditableCell, below: EditableCell, comment: string): string {
  const isProse = above.kind !== "code";
  const added = isProse || below.kind === "code" ? below.source : commented(below.source, comment);
  if (above.source === "" || below.source === "") return above.source === "" ? added : above.source;
  // Lines of prose with nothing between them would be one paragraph.
  return `${above.source}${isProse ? "\n\n" : "\n"}${added}`;
}

function commented(source: string, comment: string): string {
  if (source === "") return "";
  return source
    .split("\n")
    .map((line) => (line === "" ? comment : `${comment} ${line}`))
    .join("\n");
}
