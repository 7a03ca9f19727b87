import { TextLines } from "../../server/base/text.ts";
import type { Scanner } from "../../server/formats/format.ts";
import { percent } from "../../server/formats/percent.ts";
import { Mirror, type MirrorDocument } from "../../server/lsp/mirror.ts";
import type { Cell } from "../../server/protocol/cells.ts";

/** The cells of a percent script as a hub would tell them: `c1`, `c2`, … */
export function cellsOf(text: string): Cell[] {
  const lines = new TextLines(text);
  return cellsIn(lines, percent.open(lines, { path: "a.py" }));
}

export function cellsIn(lines: TextLines, scanner: Scanner): Cell[] {
  return scanner.cells.map((span, index): Cell => {
    const end = span.start + span.lineCount;
    const first = span.start + span.bodyOffset;
    const bodyStart = first < lines.lineCount ? { line: first, character: 0 } : lines.end();
    const last = first + span.bodyLineCount - 1;
    return {
      id: `c${index + 1}`,
      kind: span.kind,
      language: span.language,
      range: {
        start: { line: span.start, character: 0 },
        end: end < lines.lineCount ? { line: end, character: 0 } : lines.end(),
      },
      bodyRange: {
        start: bodyStart,
        end: span.bodyLineCount === 0 ? bodyStart : { line: last, character: lines.line(last).length },
      },
      ...(span.title === undefined ? {} : { title: span.title }),
      tags: span.tags,
      state: "idle",
      executionId: null,
      executionCount: null,
    };
  });
}

export const uri = "file:///srv/a.py";

/** A mirror with one percent script open. */
export function mirrorOf(text: string): { readonly mirror: Mirror; readonly document: MirrorDocument } {
  const mirror = new Mirror();
  mirror.open(uri, "python", 1, text);
  mirror.apply({ type: "cells", uri, version: 1, changes: [{ start: 0, deleteCount: 0, cells: cellsOf(text) }] });
  const document = mirror.get(uri);
  if (document === undefined) throw new Error("not open");
  return { mirror, document };
}
