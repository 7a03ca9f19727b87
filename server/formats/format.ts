import type { LineChange, Position, TextChange, TextLines } from "../base/text.ts";
import type { JsonObject } from "../jupyter/message.ts";
import type { CellEdit, CellListEdit, Refusal } from "../notebook/cell-edit.ts";
import type { Cell, CellsChange, CellSpan, Notebook, Problem } from "../notebook/model.ts";

/** What a format may need to know besides the text. */
export interface FormatContext {
  /** The file's name or path; only its ending is looked at. */
  readonly path: string;
  /** LSP's language identifier, where a client gave one. */
  readonly languageId?: string | undefined;
  /** For `print`: the notebook's metadata are kept elsewhere, so the text has none of them. */
  readonly withoutHeader?: boolean;
  /** Which comments begin a cell in scripts; jupytext's where it is not said. */
  readonly percentMarker?: "jupytext" | "vscode" | undefined;
}

/**
 * The cells of one text, kept up to date as it changes. Owned by one document: `update` mutates `cells`.
 * `cells` are in document order, disjoint and contiguous from the first cell on.
 */
export interface Scanner {
  readonly cells: readonly CellSpan[];
  /** The language of code cells that do not say otherwise. */
  readonly language: string;
  /** Notebook metadata (kernelspec, language_info …) as the text has it. */
  readonly metadata: JsonObject;
  readonly problems: readonly Problem[];
  /**
   * To be called after each change of the text, with the lines it touched. Costs in proportion to the change.
   * A cell whose text or lines changed counts as replaced by itself. `undefined`: no cell changed in any way
   * but the characters of its lines (same lines, kinds, titles, metadata).
   */
  update(change: LineChange): CellsChange | undefined;
  /** The cell's source as nbformat would hold it: comment prefixes and quotes of the text form taken away. */
  source(cell: CellSpan): string;
  /**
   * The line and character in the document of a 0-based line and character of the cell's source, and back.
   * `undefined` where there is no such place.
   */
  toDocument(cell: CellSpan, line: number, character: number): { line: number; character: number } | undefined;
  toSource(cell: CellSpan, line: number, character: number): { line: number; character: number } | undefined;
}

/** An edit of the list of cells as one change of the text. */
export interface CellTextEdit {
  /** `undefined` where the text stays as it is: equal cells changed places. */
  readonly change: Required<TextChange> | undefined;
  readonly list: CellListEdit;
  /** Where the cursor belongs afterwards, in the new text. */
  readonly cursor: Position;
}

/** A way to write a notebook as text. One file per format, listed in `registry.ts`. */
export interface Format {
  readonly id: string;
  /** File endings with their dot, lower case. */
  readonly extensions: readonly string[];
  /** Never throws on any text. */
  open(lines: TextLines, context: FormatContext): Scanner;
  /** The whole notebook as values. Never throws on any text. */
  parse(text: string, context: FormatContext): { readonly notebook: Notebook; readonly problems: readonly Problem[] };
  /** A new text for a notebook. `parse(print(n)).notebook` has the cells of `n` (outputs and ids only where the format has them). */
  print(notebook: Notebook, context: FormatContext): string;
  /**
   * An edit of the cell at `index`, spelled as the text spells its cells: what it does not concern keeps its bytes. Refused
   * where the text could not say it.
   */
  edit(text: TextLines, scanner: Scanner, context: FormatContext, index: number, edit: CellEdit): CellTextEdit | Refusal;
}

/** What a save writes into an `.ipynb`: the cells in their order, each with its id. */
export type SavedCell = Cell & { readonly id: string };
