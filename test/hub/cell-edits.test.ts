import fc from "fast-check";
import { expect, test } from "vitest";
import { TextLines, type TextChange } from "../../server/base/text.ts";
import { newNotebook } from "../../server/formats/ipynb-read.ts";
import { formatFor } from "../../server/formats/registry.ts";
import { openIpynb } from "../../server/formats/ipynb.ts";
import { Replica } from "../../server/hub/replica.ts";
import type { CellEdit } from "../../server/notebook/cell-edit.ts";

function replicaOf(text: string, path = "a.py"): Replica {
  const format = formatFor(path, text);
  if (format === undefined) throw new Error("no format");
  return new Replica(`file:///${path}`, 1, text, format, { path }, 100);
}

/** The ways in which editors tell a change that was made for them. */
const tellings: readonly ((text: string, change: Required<TextChange>) => TextChange)[] = [
  (_text, change) => change,
  (text, change) => ({ text: applied(text, change) }),
  // Neovim tells the smallest difference of characters.
  (text, change) => smallest(text, applied(text, change)),
];

function applied(text: string, change: TextChange): string {
  const lines = new TextLines(text);
  lines.apply(change);
  return lines.toString();
}

function smallest(before: string, after: string): TextChange {
  const lengthMin = Math.min(before.length, after.length);
  let head = 0;
  while (head < lengthMin && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < lengthMin - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const at = (offset: number) => {
    const lines = before.slice(0, offset).split("\n");
    return { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 };
  };
  return { range: { start: at(head), end: at(before.length - tail) }, text: after.slice(head, after.length - tail) };
}

const kind = fc.constantFrom("code" as const, "markdown" as const);
const request: fc.Arbitrary<CellEdit> = fc.oneof(
  fc.record({ type: fc.constantFrom("insertAbove" as const, "insertBelow" as const, "delete" as const, "mergeBelow" as const) }),
  fc.record({ type: fc.constantFrom("moveUp" as const, "moveDown" as const) }),
  fc.record({ type: fc.constant("split" as const), line: fc.nat(3) }),
  fc.record({ type: fc.constant("changeKind" as const), kind }),
);
const cell = fc
  .tuple(
    fc.constantFrom("# %%", "# %%", "# %% title", "# %% [markdown]"),
    fc.constantFrom("", "x", "x\ny", "x\n\ny", "# a", "def f():\n    return 1"),
  )
  .map(([marker, body]) => `${marker}\n${body}\n`);
const script = fc.array(cell, { minLength: 1, maxLength: 5 }).map((cells) => cells.join("\n"));
const edits = fc.array(fc.record({ at: fc.nat(5), edit: request, telling: fc.nat(2) }), { maxLength: 8 });

test("whatever is done to cells, each keeps its id: a split leaves it with the first part, a merge with the earlier one", () => {
  let doneCount = 0;
  fc.assert(
    fc.property(script, edits, (text, sequence) => {
      const replica = replicaOf(text);
      let version = 1;
      for (const { at, edit, telling } of sequence) {
        const before = [...replica.ids];
        if (before.length === 0) break;
        const result = replica.edit(at % before.length, edit);
        if ("refused" in result || result.change === undefined) continue;
        const { list, change } = result;
        version += 1;
        const told = tellings[telling]?.(replica.lines.toString(), change) ?? change;
        replica.change(version, [told]);
        const after = before.toSpliced(
          list.first,
          list.deleteCount,
          ...list.cells.map(({ from }) => before[from ?? -1] ?? "new"),
        );
        expect(replica.ids.map((id, index) => (after[index] === "new" && !before.includes(id) ? "new" : id))).toEqual(after);
        doneCount += 1;
      }
    }),
    { numRuns: 500 },
  );
  expect(doneCount).toBeGreaterThan(500);
});

test("undoing a deletion, a move or a merge gives every cell its id back", () => {
  for (const type of ["delete", "moveDown", "mergeBelow"] as const) {
    const text = "# %%\na\n\n# %%\nb\n\n# %%\nc\n";
    const replica = replicaOf(text);
    const before = [...replica.ids];
    const result = replica.edit(1, { type });
    if ("refused" in result || result.change === undefined) throw new Error("refused");
    replica.change(2, [result.change]);
    expect(replica.ids).not.toEqual(before);
    replica.change(3, [smallest(replica.lines.toString(), text)]);
    expect(replica.ids).toEqual(before);
  }
});

test("an edit that the client did not make gives no cell the id of another", () => {
  const replica = replicaOf("# %%\na\n\n# %%\nb\n");
  const before = [...replica.ids];
  replica.edit(0, { type: "moveDown" });
  replica.change(2, [{ range: { start: { line: 1, character: 0 }, end: { line: 1, character: 1 } }, text: "z" }]);
  expect(replica.ids).toEqual(before);
});

test("a cell of an .ipynb open as JSON moves with its id, its outputs and its metadata", () => {
  const empty = openIpynb(newNotebook({ language: "python" }));
  const output = { output_type: "stream", name: "stdout", text: "hi\n" } as const;
  const base = { kind: "code", language: "python", metadata: { tags: ["t"] }, executionCount: 3, outputs: [output] } as const;
  const text = empty.rewrite([
    { ...base, id: "a", source: "a" },
    { ...base, id: "b", source: "b", outputs: [], metadata: {} },
  ]);
  const replica = replicaOf(text, "a.ipynb");
  const result = replica.edit(0, { type: "moveDown" });
  if ("refused" in result || result.change === undefined) throw new Error("refused");
  replica.change(2, [result.change]);
  expect(replica.ids).toEqual(["b", "a"]);
  const { cells } = openIpynb(replica.lines.toString()).notebook;
  expect(cells[1]).toMatchObject({ id: "a", source: "a", executionCount: 3, metadata: { tags: ["t"] }, outputs: [output] });
  expect(replica.lines.line(result.cursor.line)).toContain('"a"');
});
