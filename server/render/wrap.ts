import type { Span } from "./span.ts";
import { displayWidth } from "./width.ts";

/** Nobody reads a longer line word by word: it is cut where it is shown. */
const lengthMax = 20_000;

/**
 * A line broken between words so that it fits into `width` columns; what follows the first line is set in by `indent`.
 * A word that is longer than the width stays whole.
 */
export function wrapLine(line: readonly Span[], width: number, indent = ""): Span[][] {
  const length = line.reduce((sum, { text }) => sum + text.length, 0);
  if (!Number.isFinite(width) || length > lengthMax || lineWidth(line) <= width) return [[...line]];
  const lines: Span[][] = [];
  let current: Span[] = [];
  let column = 0;
  for (const span of line) {
    // Each piece is a word with the blanks behind it.
    for (const piece of span.text.match(/\s*\S+\s*|\s+/g) ?? []) {
      const own = displayWidth(piece.trimEnd());
      if (column + own > width && column > indent.length) {
        lines.push(trimmed(current));
        current = indent === "" ? [] : [{ text: indent }];
        column = indent.length;
      }
      current.push({ ...span, text: piece });
      column += displayWidth(piece);
    }
  }
  lines.push(trimmed(current));
  return lines;
}

function lineWidth(line: readonly Span[]): number {
  return line.reduce((sum, span) => sum + displayWidth(span.text), 0);
}

/** Without blanks at the end, and with neighbours of one style as one span again. */
function trimmed(line: readonly Span[]): Span[] {
  const merged: Span[] = [];
  for (const span of line) {
    const last = merged.at(-1);
    if (last !== undefined && sameStyle(last, span)) merged[merged.length - 1] = { ...last, text: last.text + span.text };
    else merged.push(span);
  }
  const last = merged.at(-1);
  if (last !== undefined) merged[merged.length - 1] = { ...last, text: last.text.trimEnd() };
  return merged.filter((span) => span.text !== "");
}

function sameStyle({ text: _left, ...left }: Span, { text: _right, ...right }: Span): boolean {
  const keys = Object.keys(left) as (keyof typeof left)[];
  return keys.length === Object.keys(right).length && keys.every((key) => left[key] === right[key]);
}
