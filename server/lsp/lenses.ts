import type { CodeLens } from "vscode-languageserver";
import { commands, type CommandName } from "../protocol/commands.ts";
import { CellView } from "./cell-view.ts";
import type { MirrorCell, MirrorDocument } from "./mirror.ts";
import { isActive } from "./status.ts";

interface CachedLenses {
  readonly line: number;
  readonly status: string;
  readonly isFirst: boolean;
  readonly lenses: readonly CodeLens[];
}

/**
 * The lenses above each code cell: run it (the title says its state), run those above, run those below. Editors ask after
 * every keystroke, so those of a cell that did not change are kept.
 */
export class LensCache {
  readonly #cache = new WeakMap<MirrorCell, CachedLenses>();
  readonly #tellsState: boolean;

  /** Clients that draw the state themselves would have it twice, and Neovim 0.12.4 keeps lenses until the text changes. */
  constructor({ tellsState }: { readonly tellsState: boolean }) {
    this.#tellsState = tellsState;
  }

  lenses(document: MirrorDocument): CodeLens[] {
    if (!document.isNotebook) return [];
    const result: CodeLens[] = [];
    let isFirst = true;
    for (const cell of document.cells) {
      if (cell.cell.kind !== "code") continue;
      for (const lens of this.#ofCell(document.uri, new CellView(document, cell), isFirst)) result.push(lens);
      isFirst = false;
    }
    return result;
  }

  #ofCell(uri: string, { cell, status }: CellView, isFirst: boolean): readonly CodeLens[] {
    const line = cell.startLine;
    const cached = this.#cache.get(cell);
    if (cached?.line === line && cached.status === status && cached.isFirst === isFirst) return cached.lenses;
    const lenses = cellLenses(uri, cell, line, this.#tellsState ? status : undefined, isFirst);
    this.#cache.set(cell, { line, status, isFirst, lenses });
    return lenses;
  }
}

function cellLenses(uri: string, cell: MirrorCell, line: number, status: string | undefined, isFirst: boolean): CodeLens[] {
  const range = { start: { line, character: 0 }, end: { line, character: 0 } };
  const lens = (command: CommandName, title: string): CodeLens => ({
    range,
    command: { command, title, arguments: [{ uri, cellId: cell.id }] },
  });
  const suffix = status === undefined || status === "" ? "" : `  ${status}`;
  const run = lens("nbls.runCell", `▶ ${commands["nbls.runCell"]}${suffix}`);
  const active = status !== undefined && isActive(cell) ? [lens("nbls.cancel", "■ Cancel")] : [];
  const above = isFirst ? [] : [lens("nbls.runAbove", "Run above")];
  return [run, ...active, ...above, lens("nbls.runBelow", "Run below")];
}
