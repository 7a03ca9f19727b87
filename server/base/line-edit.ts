import type { TextLines, TextChange } from "./text.ts";

/**
 * The smallest change of whole lines that puts `fresh` in place of the lines from `start` to `end` (exclusive). Where
 * `end` is the text's end, an empty last line in `fresh` stands for a line break at the end. `undefined`: nothing changes.
 */
export function replaceLines(
  text: TextLines,
  start: number,
  end: number,
  fresh: readonly string[],
): Required<TextChange> | undefined {
  const old = text.lines.slice(start, end);
  const countMin = Math.min(old.length, fresh.length);
  let head = 0;
  while (head < countMin && old[head] === fresh[head]) head += 1;
  let tail = 0;
  while (tail < countMin - head && old[old.length - 1 - tail] === fresh[fresh.length - 1 - tail]) tail += 1;
  const inserted = fresh.slice(head, fresh.length - tail);
  const first = start + head;
  const last = end - tail;
  if (inserted.length === 0 && first === last) return undefined;
  const lineEnd = /\r\n|\n|\r/.exec(text.slice(0, 2))?.[0] ?? "\n";
  if (last < text.lineCount) {
    const range = { start: { line: first, character: 0 }, end: { line: last, character: 0 } };
    return { range, text: inserted.map((line) => line + lineEnd).join("") };
  }
  // To the end of the text: its last line has no line break behind it, so the one before the first line counts.
  const before = first === 0 ? undefined : { line: first - 1, character: text.line(first - 1).length };
  const range = { start: before ?? { line: 0, character: 0 }, end: text.end() };
  return { range, text: before === undefined ? inserted.join(lineEnd) : inserted.map((line) => lineEnd + line).join("") };
}
