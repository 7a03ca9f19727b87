import fc from "fast-check";
import { expect, test } from "vitest";
import { TextLines, type Range, type TextChange } from "../../server/base/text.ts";
import { percent } from "../../server/formats/percent.ts";
import { CellIdentity, newCellId } from "../../server/notebook/identity.ts";
import type { CellsChange } from "../../server/notebook/model.ts";
import { markedRange } from "../marked-text.ts";

/** A script whose cells are called by the letters that stand for their first ids. */
class TrackedScript {
  readonly lines: TextLines;
  readonly scanner: ReturnType<typeof percent.open>;
  readonly identity: CellIdentity;
  readonly #names = new Map<string, string>();

  constructor(text: string, graveyardCellsMax = 1_000) {
    this.lines = new TextLines(text);
    this.scanner = percent.open(this.lines, { path: "a.py" });
    this.identity = new CellIdentity(this.scanner, graveyardCellsMax);
    for (const [index, id] of this.identity.ids.entries()) this.#names.set(id, String.fromCharCode(65 + index));
  }

  /** The cells' ids in order: a letter for those there from the start, `+` for new ones. */
  get names(): string {
    return this.identity.ids.map((id) => this.#names.get(id) ?? "+").join("");
  }

  get text(): string {
    return this.lines.toString();
  }

  edit(range: Range, text: string): CellsChange | undefined {
    return this.apply({ range, text });
  }

  apply(change: TextChange): CellsChange | undefined {
    const changed = this.identity.apply(this.lines, this.scanner, change);
    expect(this.identity.ids).toHaveLength(this.scanner.cells.length);
    expect(new Set(this.identity.ids).size).toBe(this.identity.ids.length);
    return changed;
  }

  /** Puts `replacement` in place of the only `text` there is. */
  replace(text: string, replacement: string): string {
    const offset = this.text.indexOf(text);
    if (offset < 0 || this.text.indexOf(text, offset + 1) >= 0) throw new Error(`${JSON.stringify(text)} is expected once`);
    const marked = `${this.text.slice(0, offset)}<[${text}]>${this.text.slice(offset + text.length)}`;
    this.edit(markedRange(marked).range, replacement);
    return this.names;
  }
}

/** The names of the cells after the marked range was replaced. */
function after(marked: string, replacement: string): string {
  const { text, range } = markedRange(marked);
  const script = new TrackedScript(text);
  script.edit(range, replacement);
  return script.names;
}

const abc = "# %%\na = 1\n\n# %%\nb = 2\n\n# %%\nc = 3\n";

test.each([
  ["typing in a cell", "# %%\na<|> = 1\n# %%\nb\n", "xyz", "AB"],
  ["a title for a cell", "# %%<|>\na\n# %%\nb\n", " title", "AB"],
  ["a cell that becomes Markdown", "# %%<|>\n# a\n# %%\nb\n", " [markdown]", "AB"],
  ["an indented marker", "<|># %%\na\n# %%\nb\n", "  ", "AB"],
  ["lines above the first cell", "<|># %%\na\n# %%\nb\n", "\n\n", "AB"],
  ["text above the first cell", "<|># %%\na\n# %%\nb\n", "import os\n", "+AB"],
  ["a split leaves the id with the first part", "# %%\na\n<|>b\n# %%\nc\n", "# %%\n", "A+B"],
  ["a split with the cursor behind the line before", "# %%\na<|>\nb\n# %%\nc\n", "\n# %%", "A+B"],
  ["a split at the top leaves the id with the empty part", "# %%\n<|>a\n# %%\nb\n", "# %%\n", "A+B"],
  ["a marker above a cell is a cell of its own", "# %%\na\n<|># %%\nb\n", "# %%\n", "A+B"],
  ["a merge keeps the earlier cell", "# %%\na\n<[# %%\n]>b\n# %%\nc\n", "", "AC"],
  ["a marker that is no longer one", "# %%\na\n# <[%%]>\nb\n", "", "A"],
  ["a removed cell", "# %%\na\n<[# %%\nb\n]># %%\nc\n", "", "AC"],
  ["a removed body", "# %%\n<[a\n]># %%\nb\n", "", "AB"],
  ["a cell typed over", "# %%\na\n<[# %%\nb\n]># %%\nc\n", "# %%\nsomething else\n", "ABC"],
  ["a new cell between two", "# %%\na\n\n<|># %%\nb\n", "# %%\nnew\n\n", "A+B"],
  ["the same, told as a change inside of the next cell", "# %%\na\n\n# %%\n<|>b\n", "new\n\n# %%\n", "A+B"],
  ["a removed cell, told as a change that begins inside of it", "# %%\na\n# %%\n<[b\n# %%\n]>c\n", "", "AC"],
  ["two cells swapped by one change", "<[# %%\na\n# %%\nb\n]># %%\nc\n", "# %%\nb\n# %%\na\n", "BAC"],
  ["a cell moved up by one change", "<[# %%\na\n\n# %%\nb\n\n# %%\nc]>\n", "# %%\nc\n\n# %%\na\n\n# %%\nb", "CAB"],
  ["a copy of a living cell", "# %%\na\n<|># %%\nb\n", "# %%\na\n", "A+B"],
  ["a first marker below blank lines", "\n\n<|>\nx = 1\n", "# %%", "A"],
  ["a first marker in the middle of a script", "x = 1\n<|>\ny = 2\n", "# %%", "A+"],
  ["everything removed", "<[# %%\na\n# %%\nb\n]>", "", ""],
  ["a quote that uncovers a cell", "# %%\na<|>\n# %%\nb = '''\n# %%\nc = '''\n", " = '''", "AB+"],
  ["a quote that covers a cell", "# %%\na<|>\n# %%\nb\n# %%\nc = '''\n", " = '''", "A"],
])("%s", (_symptom, marked, text, names) => {
  expect(after(marked, text)).toBe(names);
});

test("cut and paste elsewhere keeps the id; the next paste is a copy", () => {
  const script = new TrackedScript(abc);
  expect(script.replace("# %%\na = 1\n\n", "")).toBe("BC");
  script.edit({ start: script.lines.end(), end: script.lines.end() }, "\n# %%\na = 1\n");
  expect(script.names).toBe("BCA");
  script.edit({ start: script.lines.end(), end: script.lines.end() }, "\n# %%\na = 1\n");
  expect(script.names).toBe("BCA+");
});

test("an undo brings back the ids of removed cells, in document order where they are alike", () => {
  const script = new TrackedScript("# %%\nx\n\n# %%\nx\n\n# %%\nother\n");
  script.edit({ start: { line: 0, character: 0 }, end: { line: 6, character: 0 } }, "");
  expect(script.names).toBe("C");
  script.edit({ start: { line: 0, character: 0 }, end: { line: 0, character: 0 } }, "# %%\nx\n\n# %%\nx\n\n");
  expect(script.names).toBe("ABC");
});

test("a marker deleted and typed again, key by key, is the same cell", () => {
  const script = new TrackedScript(abc);
  const marker = { line: 3, character: 4 };
  for (let character = 4; character > 0; character -= 1) {
    script.edit({ start: { ...marker, character: character - 1 }, end: { ...marker, character } }, "");
  }
  expect(script.names).toBe("AC");
  for (const [character, key] of "# %%".split("").entries()) {
    script.edit({ start: { ...marker, character }, end: { ...marker, character } }, key);
  }
  expect(script.names).toBe("ABC");
});

test("a blank cell that was removed is not confused with another one", () => {
  const script = new TrackedScript("# %%\n\n# %%\nb\n");
  script.edit({ start: { line: 0, character: 0 }, end: { line: 2, character: 0 } }, "");
  script.edit({ start: { line: 0, character: 0 }, end: { line: 0, character: 0 } }, "# %%\n\n");
  expect(script.names).toBe("+B");
});

test("the only line of a script, deleted and undone, is the same cell", () => {
  const script = new TrackedScript("\nx\n");
  script.edit({ start: { line: 1, character: 0 }, end: { line: 1, character: 1 } }, "");
  expect(script.names).toBe("");
  script.edit({ start: { line: 1, character: 0 }, end: { line: 1, character: 0 } }, "x");
  expect(script.names).toBe("A");
});

test("the graveyard holds no more cells than it may", () => {
  const script = new TrackedScript(abc, 1);
  script.replace("# %%\na = 1\n\n", "");
  script.replace("# %%\nb = 2\n\n", "");
  script.edit({ start: { line: 0, character: 0 }, end: { line: 0, character: 0 } }, "# %%\na = 1\n\n# %%\nb = 2\n\n");
  expect(script.names).toBe("+BC");
});

test("a formatter that changes every cell keeps the ids, as a whole text and as one range", () => {
  const messy = "# %%\na=1\nprint( a )\n\n# %%\nb=2\n\n# %% [markdown]\n# x\n\n# %%\nc=3\n";
  const tidy = "# %%\na = 1\nprint(a)\n\n# %%\nb = 2\n\n# %% [markdown]\n# x\n\n# %%\nc = 3\n";
  for (const range of [undefined, { start: { line: 0, character: 0 }, end: { line: 99, character: 0 } }]) {
    const script = new TrackedScript(messy);
    script.apply(range === undefined ? { text: tidy } : { range, text: tidy });
    expect(script.names).toBe("ABCD");
  }
});

test("another branch of the file: what is equal keeps its id, what is new gets one", () => {
  const script = new TrackedScript(abc);
  script.apply({ text: "# %%\nnew()\n\n# %%\nc = 3\n\n# %%\na = 1\n\n# %%\nb = 22\n" });
  expect(script.names).toMatch(/^[+B]CA[+B]$/);
  script.apply({ text: abc });
  expect(script.names.replace("+", "B")).toBe("ABC");
});

test("the same text again changes nothing", () => {
  const script = new TrackedScript(abc);
  expect(script.apply({ text: abc })).toBeUndefined();
  expect(script.names).toBe("ABC");
});

test("a swap that moves no line is told, although only characters changed", () => {
  const { text, range } = markedRange("# %%\n<[a\n# %%\nb]>\n");
  const script = new TrackedScript(text);
  expect(script.edit(range, "b\n# %%\na")).toMatchObject({ start: 0, insertCount: 2 });
  expect(script.names).toBe("BA");
});

test("ids known from elsewhere are adopted, but never twice", () => {
  const script = new TrackedScript(abc);
  const own = script.identity.ids[1];
  script.identity.adopt(["known", undefined, "known"]);
  expect(script.identity.ids.slice(0, 2)).toEqual(["known", own]);
  expect(script.identity.ids[2]).toMatch(/^[0-9a-f]{8}$/);
});

test("new ids are eight hexadecimal digits", () => {
  expect(newCellId()).toMatch(/^[0-9a-f]{8}$/);
});

const names = "abcdefgh".split("");
const script = fc.integer({ min: 1, max: 6 }).map((count) =>
  names
    .slice(0, count)
    .map((name) => `# %%\n${name} = 1\nprint(${name})\n`)
    .join("\n"),
);
const inserted = fc.constantFrom("", "x", "\n", "# %%\n", "\n# %%\n", "# %%\nnew()\n", "z = 0\n\n# %%\n", "%", "y\ny");
const edit = fc.record({ from: fc.nat(), length: fc.nat(60), text: inserted });

test("an edit and its inverse bring the ids back", { timeout: 30_000 }, () => {
  fc.assert(
    fc.property(script, fc.array(edit, { minLength: 1, maxLength: 2 }), (text, edits) => {
      const tracked = new TrackedScript(text);
      const before = tracked.names;
      const undo: (() => void)[] = [];
      for (const { from, length, text: put } of edits) {
        const old = tracked.text;
        const start = from % (old.length + 1);
        const end = Math.min(old.length, start + length);
        tracked.edit({ start: positionOf(old, start), end: positionOf(old, end) }, put);
        // Blank cells are all alike: their ids do not come back once they are removed.
        fc.pre(tracked.scanner.cells.every((cell) => tracked.scanner.source(cell).trim() !== ""));
        const now = tracked.text;
        undo.unshift(() => {
          tracked.edit({ start: positionOf(now, start), end: positionOf(now, start + put.length) }, old.slice(start, end));
        });
      }
      for (const step of undo) step();
      expect(tracked.text).toBe(text);
      expect(tracked.names).toBe(before);
    }),
    { numRuns: 250 },
  );
});

function positionOf(text: string, offset: number): { line: number; character: number } {
  const lines = text.slice(0, offset).split("\n");
  return { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 };
}
