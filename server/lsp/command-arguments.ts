import { array, integer, InvalidParams, object, oneOf, optional, string, uinteger } from "../protocol/validate.ts";
import type { Cell } from "../protocol/cells.ts";
import { findDocument } from "./document-path.ts";
import type { MirrorCell, MirrorDocument } from "./mirror.ts";
import { NblsError } from "../protocol/errors.ts";

/** What a command is about. */
export interface CommandTarget {
  readonly document: MirrorDocument;
  /** The cell that was named, or that the given line lies in. */
  readonly cell: MirrorCell | undefined;
  /** The line that was given, 0-based. */
  readonly line?: number | undefined;
  /** What stands behind the path. */
  readonly extra: unknown;
  /** What an edit is told besides: the kind that the cell shall have, the version of the text that was seen. */
  readonly kind?: Cell["kind"] | undefined;
  readonly version?: number | undefined;
  /** No argument said which cell: it is the one where the client's cursor was seen last. */
  readonly isGuess?: boolean;
}

const cellKind = oneOf<Cell["kind"]>("code", "markdown", "raw");
const named = object({
  uri: string,
  cellId: optional(string),
  line: optional(uinteger),
  kind: optional(cellKind),
  version: optional(integer),
});

/**
 * Reads `[path]`, `[path, line]` (1-based) or `[{uri, cellId?}]`. Without arguments, as from a menu that cannot give any,
 * the document is meant in which the client was seen last, and the cell where its cursor was then.
 * Throws `InvalidParams`, `no_notebook` and `no_cell`.
 */
export function commandTarget(
  newestFirst: readonly MirrorDocument[],
  args: readonly unknown[],
  surroundings: { readonly cwd: string; readonly home: string | undefined },
): CommandTarget {
  const [first, extra, third] = args;
  if (first === undefined) {
    const document = newestFirst[0];
    if (document === undefined) throw new NblsError("no_notebook", "no notebook is open");
    const line = document.cursorLine;
    if (line === undefined) return { document, cell: onlyCell(document), extra: undefined };
    return { document, cell: document.cellAt(line), line, extra: undefined, isGuess: true };
  }
  if (typeof first !== "string") {
    const { uri, cellId, line, kind, version } = named(first, "arguments[0]");
    const document = newestFirst.find((candidate) => candidate.uri === uri);
    if (document === undefined) throw new NblsError("no_notebook", `${uri} is not open`);
    const cell = cellId === undefined ? onlyCell(document) : document.cell(cellId);
    if (cellId !== undefined && cell === undefined) throw new NblsError("no_cell", `${uri} has no cell ${cellId}`);
    return {
      document,
      cell,
      extra,
      kind,
      version,
      ...(line === undefined ? {} : { line: lineIndex(line, "arguments[0].line") }),
    };
  }
  const document = findDocument(newestFirst, first, surroundings);
  if (document === undefined) throw new NblsError("no_notebook", `${first} is not open`);
  const kind = third === undefined ? undefined : cellKind(third, "arguments[2]");
  if (typeof extra !== "number") return { document, cell: onlyCell(document), extra, kind };
  const line = lineIndex(uinteger(extra, "arguments[1]"), "arguments[1]");
  return { document, cell: document.cellAt(line), line, extra, kind };
}

/** `[first, last]`, 1-based and inclusive, as 0-based lines. */
export function linePair(value: unknown): readonly [number, number] {
  const [first, last] = array(uinteger)(value, "arguments[1]");
  if (first === undefined || last === undefined || first < 1 || last < first)
    throw new InvalidParams("arguments[1]", "[first, last], counted from 1");
  return [first - 1, last - 1];
}

function lineIndex(line: number, where: string): number {
  if (line < 1) throw new InvalidParams(where, "a line, counted from 1");
  return line - 1;
}

/** Where there is one cell, nobody needs to say which. */
function onlyCell(document: MirrorDocument): MirrorCell | undefined {
  return document.cells.length === 1 ? document.cells[0] : undefined;
}
