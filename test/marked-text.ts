import type { Position, Range } from "../server/base/text.ts";

/** A text with its marks taken away, and where they stood. */
export interface MarkedText {
  readonly text: string;
  /** Where each `<|>` stood. */
  readonly cursors: readonly Position[];
  /** What each `<[` … `]>` enclosed. */
  readonly ranges: readonly Range[];
}

/** Reads a text in which `<|>` marks a cursor and `<[` … `]>` a range. Unbalanced marks are the test's mistake, and thrown. */
export function markedText(marked: string): MarkedText {
  const cursors: Position[] = [];
  const ranges: Range[] = [];
  const open: Position[] = [];
  let text = "";
  for (const part of marked.split(/(<\|>|<\[|\]>)/)) {
    if (part === "<|>") cursors.push(positionAtEnd(text));
    else if (part === "<[") open.push(positionAtEnd(text));
    else if (part === "]>") {
      const start = open.pop();
      if (start === undefined) throw new Error("`]>` without `<[`");
      ranges.push({ start, end: positionAtEnd(text) });
    } else text += part;
  }
  if (open.length > 0) throw new Error("`<[` without `]>`");
  return { text, cursors, ranges };
}

/** The only range of a text with one `<[` … `]>`, or the empty one at its only `<|>`. */
export function markedRange(marked: string): { readonly text: string; readonly range: Range } {
  const { text, cursors, ranges } = markedText(marked);
  const all = [...ranges, ...cursors.map((at) => ({ start: at, end: at }))];
  const [range] = all;
  if (range === undefined || all.length !== 1) throw new Error("exactly one mark is expected");
  return { text, range };
}

function positionAtEnd(text: string): Position {
  const lines = text.split(/\r\n|\n|\r/);
  return { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 };
}
