import type { Position } from "../base/text.ts";
import type { Replica } from "./replica.ts";

/** The offset in a cell's source of a line and a character of it, all 0-based, in UTF-16 units. */
export function offsetOf(source: string, line: number, character: number): number {
  let offset = 0;
  for (let passed = 0; passed < line; passed += 1) offset = source.indexOf("\n", offset) + 1;
  return Math.min(offset + character, source.length);
}

/** The place in the document of an offset in a cell's source; `undefined` where it has none. */
export function documentPosition(
  replica: Replica,
  cell: Parameters<Replica["range"]>[0],
  source: string,
  offset: number,
): Position | undefined {
  const before = source.slice(0, offset);
  const line = before.split("\n").length - 1;
  return replica.scanner.toDocument(cell, line, offset - (before.lastIndexOf("\n") + 1));
}
