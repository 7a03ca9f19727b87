import fc from "fast-check";
import { expect, test } from "vitest";
import { TextLines, type Position } from "../../server/base/text.ts";

/** The same thing, dumb: one string. */
function applyToString(text: string, start: Position, end: Position, inserted: string): string {
  return text.slice(0, offsetAt(text, start)) + inserted + text.slice(offsetAt(text, end));
}

function offsetAt(text: string, position: Position): number {
  let offset = 0;
  for (let line = 0; line < position.line; line += 1) {
    const match = /\r\n|\n|\r/g;
    match.lastIndex = offset;
    const found = match.exec(text);
    if (found === null) return text.length;
    offset = match.lastIndex;
  }
  const lineEnd = /\r\n|\n|\r|$/g;
  lineEnd.lastIndex = offset;
  const length = (lineEnd.exec(text)?.index ?? text.length) - offset;
  return offset + Math.min(position.character, length);
}

const piece = fc.array(fc.constantFrom("a", "bc", "😀", "\n", "\r", "\r\n", ""), { maxLength: 8 }).map((parts) => parts.join(""));
const position = fc.record({ line: fc.nat(9), character: fc.nat(5) });

test("edits of lines are edits of the text, with any line ends", { timeout: 30_000 }, () => {
  const edit = fc.record({ a: position, b: position, text: piece });
  fc.assert(
    fc.property(piece, fc.array(edit, { maxLength: 8 }), (first, edits) => {
      const lines = new TextLines(first);
      let text = first;
      for (const { a, b, text: inserted } of edits) {
        const [start, end] = a.line < b.line || (a.line === b.line && a.character <= b.character) ? [a, b] : [b, a];
        const before = [...lines.lines];
        const change = lines.apply({ range: { start, end }, text: inserted });
        text = applyToString(text, start, end, inserted);
        expect(lines.toString()).toBe(text);
        expect(lines.lines).toEqual(text.split(/\r\n|\n|\r/));
        expect(lines.lines.slice(0, change.start)).toEqual(before.slice(0, change.start));
        expect(lines.lines.slice(change.start + change.inserted)).toEqual(before.slice(change.start + change.removed));
      }
    }),
    { numRuns: 500 },
  );
});

test("a line feed put behind a carriage return makes one line end of both", () => {
  const lines = new TextLines("a\rb");
  expect(lines.apply({ range: { start: { line: 1, character: 0 }, end: { line: 1, character: 0 } }, text: "\n" })).toEqual({
    start: 0,
    removed: 2,
    inserted: 2,
  });
  expect(lines.lines).toEqual(["a", "b"]);
});

test("a paste of 300,000 lines fits on the stack", () => {
  const lines = new TextLines("a\nb");
  lines.apply({ range: { start: { line: 0, character: 1 }, end: { line: 0, character: 1 } }, text: "x\n".repeat(300_000) });
  expect(lines.lineCount).toBe(300_002);
  expect(lines.slice(299_999, 300_002)).toBe("x\n\nb");
});
