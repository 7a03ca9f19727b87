// @module-tag editor
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { buildProgram } from "../cli/built-program.ts";
import { pythonWith, whyMissing } from "../real-kernels.ts";
import { emacsDesk, initFile, prefixed } from "./emacs-desk.ts";
import { realEditors } from "./real-editors.ts";

let program = "";
beforeAll(async () => {
  program = await buildProgram("test-editors-emacs-notebook");
});

const python = pythonWith("ipykernel7");
const notebooks = join(import.meta.dirname, "../../fixtures/notebooks");

/** The mode line of a buffer with nothing to save. */
const saved = (name: string) => new RegExp(String.raw`^-\S*:---\s+F1\s+${name} `, "mu");

/** Lines that are not in both texts, each with its sign. */
function difference(before: string, after: string): readonly string[] {
  const [old, now] = [before.split("\n"), after.split("\n")];
  let [start, end] = [0, 0];
  while (start < Math.min(old.length, now.length) && old[start] === now[start]) start += 1;
  while (end < Math.min(old.length, now.length) - start && old.at(-1 - end) === now.at(-1 - end)) end += 1;
  const cut = (lines: readonly string[], sign: string) => lines.slice(start, lines.length - end).map((line) => `${sign}${line}`);
  return [...cut(old, "-"), ...cut(now, "+")];
}

describe.for(realEditors("emacs"))("$name", ({ launch, missing }) => {
  const shots = `emacs-${launch?.version}`;

  test("the outputs of a notebook that was only run are saved", async ({ skip }) => {
    if (launch === undefined) return skip(missing);
    if (python === undefined) return skip(whyMissing("ipykernel7"));
    const cell = { cell_type: "code", execution_count: null, id: "a", metadata: {}, outputs: [], source: ["print(6 * 7)"] };
    const before = JSON.stringify({
      cells: [cell],
      metadata: { language_info: { name: "python" } },
      nbformat: 4,
      nbformat_minor: 5,
    });
    const desk = emacsDesk(launch, { program, python }, { "a.ipynb": before });
    const emacs = desk.open("a.ipynb");
    await emacs.until(/^# %%.*▶/mu);
    await emacs.keys(...prefixed("c"));
    await emacs.until(/✓[^]*^│ 42$/mu);
    await emacs.keys("C-x", "C-s");
    await emacs.until(/Wrote .*a\.ipynb/u);
    const { cells } = JSON.parse(readFileSync(join(desk.project, "a.ipynb"), "utf8"));
    expect(cells[0].outputs).toMatchObject([{ text: ["42\n"] }]);
  });

  test.for(["jupyter", "vscode", "colab"])(
    "%s: one cell is edited, run and saved, and no other byte changes",
    async (name, { skip }) => {
      if (launch === undefined) return skip(missing);
      if (python === undefined) return skip(whyMissing("ipykernel7"));
      const before = readFileSync(join(notebooks, `${name}.ipynb`), "utf8");
      const desk = emacsDesk(launch, { program, python }, { "a.ipynb": before });
      const file = join(desk.project, "a.ipynb");
      const emacs = desk.open("a.ipynb");
      await emacs.until(/^# %%.*▶/mu);
      await emacs.capture(`${shots}/ipynb-${name}-open`);

      // Untouched, there is nothing to save.
      await emacs.keys("C-x", "C-s");
      await emacs.until(/No changes need to be saved/u);

      await emacs.keys("M->");
      await emacs.type("# %%");
      await emacs.keys("Enter");
      await emacs.type("print(6 * 7)");
      await emacs.keys(...prefixed("c"));
      await emacs.until(/^print\(6 \* 7\)\n│ 42$/mu);
      await emacs.keys("C-x", "C-s");
      await emacs.until(saved("a.ipynb"));
      await emacs.capture(`${shots}/ipynb-${name}-saved`);
      const after = readFileSync(file, "utf8");
      const cells = (text: string) => JSON.parse(text).cells;
      expect(cells(after).slice(0, -1)).toEqual(cells(before));
      expect(cells(after).at(-1)).toMatchObject({ source: ["print(6 * 7)"], outputs: [{ text: ["42\n"] }] });
      expect(difference(before, after).filter((line) => line.startsWith("-")).length).toBeLessThanOrEqual(1);
    },
  );

  test("undo goes back to the text as it was opened, and no further", async ({ skip }) => {
    if (launch === undefined) return skip(missing);
    const desk = emacsDesk(launch, { program }, { "a.ipynb": readFileSync(join(notebooks, "jupyter.ipynb")) });
    const emacs = desk.open("a.ipynb");
    await emacs.until(/^│ division by zero$/mu);
    await emacs.type("xyz");
    await emacs.until(/^xyz/mu);
    await emacs.keys("C-/", "C-/");
    const screen = await emacs.until((shown) => /No further undo information/u.test(shown) && saved("a.ipynb").test(shown));
    expect(screen[1]).toBe("# %% [markdown]");
  });

  test("a notebook that another program changed is not overwritten unasked", async ({ skip }) => {
    if (launch === undefined) return skip(missing);
    const before = readFileSync(join(notebooks, "jupyter.ipynb"), "utf8");
    const desk = emacsDesk(launch, { program }, { "a.ipynb": before });
    const file = join(desk.project, "a.ipynb");
    const emacs = desk.open("a.ipynb");
    await emacs.until(/^# %%.*▶/mu);
    const others = JSON.stringify({ ...JSON.parse(before), cells: [] });
    writeFileSync(file, others);
    await emacs.type("#");
    await emacs.until(/really edit the buffer/iu);
    await emacs.keys("y");
    await emacs.until(/^## %%/mu);
    await emacs.keys("C-x", "C-s");
    await emacs.until(/Save anyway/u);
    await emacs.type("yes");
    await emacs.keys("Enter");
    await emacs.until(/changed by another program.*\n?.*Overwrite it\?/u);
    await emacs.type("no");
    await emacs.keys("Enter");
    await emacs.until(/Not saved/u);
    expect(readFileSync(file, "utf8")).toBe(others);
  });

  test("a new notebook, and one saved under another name, are notebooks", async ({ skip }) => {
    if (launch === undefined) return skip(missing);
    const init = initFile({ more: '(setq nbls-settings (list :kernel.embedded "always"))' });
    const desk = emacsDesk(launch, { program, init }, {});
    const emacs = desk.open("new.ipynb");
    await emacs.until(/nbls\[/u);
    await emacs.type("# %%");
    await emacs.keys("Enter");
    await emacs.type("print(1 + 1)");
    await emacs.keys(...prefixed("c"));
    await emacs.until(/^│ 2$/mu);
    await emacs.keys("C-x", "C-s");
    await emacs.until(saved("new.ipynb"));
    const text = readFileSync(join(desk.project, "new.ipynb"), "utf8");
    expect(JSON.parse(text).cells).toEqual([expect.objectContaining({ source: ["print(1 + 1)"], outputs: [expect.anything()] })]);
    await emacs.keys("C-x", "C-w");
    await emacs.type("other.ipynb");
    await emacs.keys("Enter");
    await emacs.until(saved("other.ipynb"));
    await emacs.until(/^print\(1 \+ 1\)\n│ 2$/mu);
    expect(JSON.parse(readFileSync(join(desk.project, "other.ipynb"), "utf8")).cells).toEqual(JSON.parse(text).cells);
  });

  test("another major mode, and a new name, write no text over the notebook", async ({ skip }) => {
    if (launch === undefined) return skip(missing);
    const desk = emacsDesk(launch, { program }, { "a.ipynb": readFileSync(join(notebooks, "jupyter.ipynb")) });
    const emacs = desk.open("a.ipynb");
    await emacs.until(/^# %%.*▶/mu);
    await emacs.keys("M-x");
    await emacs.type("fundamental-mode");
    await emacs.keys("Enter");
    await emacs.until(/Fundamental/u);
    await emacs.type("# x");
    await emacs.keys("C-x", "C-s");
    await emacs.until(/^Wrote .*a\.ipynb/mu);
    await emacs.keys("C-x", "C-w");
    await emacs.type("b.ipynb");
    await emacs.keys("Enter");
    await emacs.until(/^Wrote .*b\.ipynb/mu);
    for (const name of ["a.ipynb", "b.ipynb"])
      expect(JSON.parse(readFileSync(join(desk.project, name), "utf8")).cells[0].source[0]).toMatch(/^# x/u);
  });

  test("what is no notebook is shown as it is", async ({ skip }) => {
    if (launch === undefined) return skip(missing);
    const desk = emacsDesk(launch, { program }, { "a.ipynb": readFileSync(join(notebooks, "invalid/torn.ipynb")) });
    const emacs = desk.open("a.ipynb");
    await emacs.until(/a\.ipynb is shown as JSON/u);
    expect(await emacs.until(/"cells"/u)).not.toContain("nbls[");
  });
});
