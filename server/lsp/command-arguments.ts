import { array, InvalidParams, object, optional, string, uinteger } from "../protocol/validate.ts";
import { findDocument } from "./document-path.ts";
import type { MirrorCell, MirrorDocument } from "./mirror.ts";
import { NblsError } from "../protocol/errors.ts";

/** What a command is about. */
export interface CommandTarget {
  readonly document: MirrorDocument;
  /** The cell that was named, or that the given line lies in. */
  readonly cell: MirrorCell | undefined;
  /** What stands behind the path. */
  readonly extra: unknown;
}

const named = object({ uri: string, cellId: optional(string) });

/**
 * Reads `[path]`, `[path, line]` (1-based) or `[{uri, cellId?}]`. Without arguments, as from a menu that cannot give any,
 * the document opened last is meant. Throws `InvalidParams`, `no_notebook` and `no_cell`.
 */
export function commandTarget(
  newestFirst: readonly MirrorDocument[],
  args: readonly unknown[],
  surroundings: { readonly cwd: string; readonly home: string | undefined },
): CommandTarget {
  const [first, extra] = args;
  if (first === undefined) {
    const document = newestFirst[0];
    if (document === undefined) throw new NblsError("no_notebook", "no notebook is open");
    return { document, cell: onlyCell(document), extra: undefined };
  }
  if (typeof first !== "string") {
    const { uri, cellId } = named(first, "arguments[0]");
    const document = newestFirst.find((candidate) => candidate.uri === uri);
    if (document === undefined) throw new NblsError("no_notebook", `${uri} is not open`);
    const cell = cellId === undefined ? onlyCell(document) : document.cell(cellId);
    if (cellId !== undefined && cell === undefined) throw new NblsError("no_cell", `${uri} has no cell ${cellId}`);
    return { document, cell, extra };
  }
  const document = findDocument(newestFirst, first, surroundings);
  if (document === undefined) throw new NblsError("no_notebook", `${first} is not open`);
  const cell = typeof extra === "number" ? cellAtLine(document, lineNumber(extra)) : onlyCell(document);
  return { document, cell, extra };
}

/** `[first, last]`, 1-based and inclusive, as 0-based lines. */
export function linePair(value: unknown): readonly [number, number] {
  const [first, last] = array(uinteger)(value, "arguments[1]");
  if (first === undefined || last === undefined || first < 1 || last < first)
    throw new InvalidParams("arguments[1]", "[first, last], counted from 1");
  return [first - 1, last - 1];
}

function lineNumber(value: unknown): number {
  const line = uinteger(value, "arguments[1]");
  if (line < 1) throw new InvalidParams("arguments[1]", "a line, counted from 1");
  return line;
}

function cellAtLine(document: MirrorDocument, line: number): MirrorCell | undefined {
  return document.cellAt(line - 1);
}

/** Where there is one cell, nobody needs to say which. */
function onlyCell(document: MirrorDocument): MirrorCell | undefined {
  return document.cells.length === 1 ? document.cells[0] : undefined;
}
