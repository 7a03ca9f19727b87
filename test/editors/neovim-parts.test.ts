// @module-tag editor
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { buildProgram } from "../cli/built-program.ts";
import { fixture } from "../formats/fixtures.ts";
import { pythonWith, whyMissing } from "../real-kernels.ts";
import { below, Neovim, neovimDesk } from "./neovim-desk.ts";
import { realEditors } from "./real-editors.ts";

let program = "";
beforeAll(async () => {
  program = await buildProgram("test-editors-neovim-parts");
});

const three = "# %% one\n1 + 1\n\n# %% two\ny = 2\ny\n\n# %% three\n3\n";

describe.for(realEditors("neovim"))("$name", ({ launch, missing }) => {
  const python = pythonWith("ipykernel7");
  const why = launch === undefined ? missing : python === undefined ? whyMissing("ipykernel7") : undefined;
  const deskOf = (files: { readonly [name: string]: string }, configuration?: string) =>
    neovimDesk({ program, python }, files, configuration);
  const open = (desk: ReturnType<typeof deskOf>, file: string, size?: { readonly columns: number; readonly rows: number }) => {
    if (launch === undefined) throw new Error(missing);
    return new Neovim(launch, desk, file, size);
  };

  test("keys go from cell to cell, and take a cell or what is in it", async ({ skip }) => {
    if (why !== undefined) return skip(why);
    const desk = deskOf({ "three.py": three });
    const neovim = open(desk, "three.py");
    await neovim.until(/# %% one/u);
    await neovim.press("\\r");
    await neovim.until(/✓/u);
    await neovim.press("]j");
    await neovim.until(/ 5,1 /u);
    await neovim.press("2]j");
    await neovim.until(/ 9,1 /u);
    await neovim.press("[j");
    await neovim.until(/ 5,1 /u);
    await neovim.press("cijz = 7<Esc>]jdaj:w<CR>");
    await neovim.until(/written/u);
    expect(readFileSync(join(desk.project, "three.py"), "utf8")).toBe("# %% one\n1 + 1\n\n# %% two\nz = 7\n\n");
  });

  test("outputs are there once more when the file is read again", async ({ skip }) => {
    if (why !== undefined) return skip(why);
    const desk = deskOf({ "three.py": three, "vscode.ipynb": fixture("vscode.ipynb") });
    const neovim = open(desk, "three.py");
    await neovim.until(/# %% one/u);
    await neovim.press("\\a");
    await neovim.untilBelow(/^3$/mu, /^3$/u);
    writeFileSync(join(desk.project, "three.py"), `# %% new\n${three}`);
    await neovim.press(":e!<CR>");
    await neovim.until(/# %% new/u);
    const lines = await neovim.untilBelow(/^3$/mu, /^3$/u);
    expect(lines.filter((line) => line.includes("│ 2"))).toHaveLength(2);
    // As after `git checkout`.
    writeFileSync(join(desk.project, "three.py"), `# %% newer\n\n\n# %% new\n${three}`);
    await neovim.press(":checktime<CR>");
    await neovim.until(/# %% newer/u);
    const newer = await neovim.until(
      (screen) => below(screen.split("\n"), "1 + 1") === "2" && below(screen.split("\n"), /^3$/u) === "3",
    );
    expect(newer.filter((line) => line.includes("│ 2"))).toHaveLength(2);
    // A notebook as well, whose text is no file.
    await neovim.press(":e vscode.ipynb<CR>");
    await neovim.untilBelow("print(1)", /^1$/u);
    await neovim.press("ggdG:e!<CR>");
    await neovim.untilBelow("print(1)", /^1$/u);
    await neovim.press(":set filetype?<CR>");
    await neovim.until(/filetype=python/u);
  });

  test("a cell is split, merged and made Markdown by commands, each one step to undo", async ({ skip }) => {
    if (why !== undefined) return skip(why);
    const neovim = open(deskOf({ "three.py": three }), "three.py");
    await neovim.until(/# %% one/u);
    await neovim.press("6G\\r");
    await neovim.untilBelow(/^y$/mu, /^2$/u);
    await neovim.press(":Nbls splitCell<CR>");
    // The first part keeps the id, and so the output.
    const split = await neovim.untilBelow("y = 2", /^2$/u);
    expect(below(split, /^y$/mu)).toBe("");
    await neovim.press("u");
    await neovim.until(/^y = 2\ny\n│ 2$/mu);
    await neovim.press(":Nbls mergeCellBelow<CR>");
    await neovim.until((screen) => !screen.includes("# %% three"));
    await neovim.press("u:Nbls changeCellKind markdown<CR>");
    await neovim.until(/# %% \[markdown\] two|# %% two \[markdown\]/u);
    await neovim.press("u");
    await neovim.until((screen) => !screen.includes("[markdown]"));
  });

  test("what a cell prints below the edge of the window is scrolled into sight", async ({ skip }) => {
    if (why !== undefined) return skip(why);
    const desk = deskOf({ "low.py": `# %%\n${"\n".repeat(12)}# %% low\nfor i in range(6): print("line", i)\n` });
    const neovim = open(desk, "low.py", { columns: 80, rows: 16 });
    await neovim.until(/# %%/u);
    await neovim.press("G\\r");
    const lines = await neovim.untilBelow("for i in", /^line 0\n.*line 5$/su);
    expect(lines.findIndex((line) => line.includes("# %% low"))).toBeGreaterThanOrEqual(0);
  });

  test("only the selected lines run", async ({ skip }) => {
    if (why !== undefined) return skip(why);
    const neovim = open(deskOf({ "lines.py": "# %%\nprint('not this')\nprint('this')\n" }), "lines.py");
    await neovim.until(/# %%/u);
    await neovim.press("GV\\r");
    await neovim.until(/✓/u);
    const lines = await neovim.untilBelow("print('this')", /./u);
    expect(lines.join("\n")).not.toContain("│ not this");
  });

  test("the whole of a long output is read page by page in a window of its own", async ({ skip }) => {
    if (why !== undefined) return skip(why);
    const neovim = open(deskOf({ "long.py": "# %%\nfor i in range(3000): print('line', i)\n" }), "long.py");
    await neovim.until(/# %%/u);
    await neovim.press("\\r");
    await neovim.untilBelow("for i in", /^… 2980 more lines \(:Nbls output\)\nline 2980\n.*line 2999$/su);
    await neovim.press(":Nbls toggleOutput<CR>");
    await neovim.untilBelow("for i in", /^… 3000 more lines \(:Nbls output\)$/u);
    await neovim.press(":Nbls toggleOutput<CR>\\o");
    await neovim.until(/^line 0$/mu);
    await neovim.capture("output-window");
    await neovim.press(":echo 'lines' line('$')<CR>");
    await neovim.until(/^lines 1000$/mu);
    await neovim.press("G");
    await neovim.until(/^line 2999$/mu);
    await neovim.press("q");
    const lines = await neovim.until(/│ line 2999$/mu);
    expect(lines.join("\n")).toMatch(/│ line 2998$/mu);
  });

  test("a kernel is chosen from a list, and the statusline names it", async ({ skip }) => {
    if (why !== undefined) return skip(why);
    const statusline = "vim.o.statusline = \"%f <%{get(b:,'nbls_kernel','')}>\"";
    const neovim = open(deskOf({ "three.py": three }, statusline), "three.py");
    await neovim.until(/# %% one/u);
    await neovim.press("\\k");
    await neovim.until(/^1: \* /mu);
    await neovim.capture("kernels");
    await neovim.press("1<CR>");
    await neovim.until(/is the kernel of this notebook/u);
    await neovim.press("<CR>\\r");
    await neovim.untilBelow("1 + 1", /^2$/u);
    const lines = await neovim.until(/three\.py <[^<>]* idle>/u);
    expect(lines.join("\n")).toMatch(/<Python [^<>]* idle>/u);
  });

  test("a question that was put off is answered later, and what replaces vim.ui.input is asked", async ({ skip }) => {
    if (why !== undefined) return skip(why);
    const ask = "# %%\nprint('hello', input('Who? '))\n";
    const neovim = open(deskOf({ "ask.py": ask }), "ask.py");
    await neovim.until(/# %%/u);
    await neovim.press("\\r");
    await neovim.until(/^Who\?/mu);
    await neovim.press("<Esc>");
    await neovim.until((screen) => !/^Who\?/mu.test(screen));
    await neovim.press(":Nbls reply<CR>");
    await neovim.until(/^answer:/mu);
    await neovim.press("Ada<CR>");
    await neovim.untilBelow("print('hello'", /hello Ada/u);
    const later = "vim.ui.input = function(_, answer) vim.defer_fn(function() answer('Bob') end, 20) end";
    await neovim.press(`:lua ${later}<CR>\\r`);
    const lines = await neovim.untilBelow("print('hello'", /hello Bob/u);
    expect(lines.join("\n")).not.toContain("hello Ada");
  });

  test("a server that has ended leaves nothing drawn, and is started again by the next command", async ({ skip }) => {
    if (why !== undefined) return skip(why);
    const neovim = open(deskOf({ "three.py": three }), "three.py");
    await neovim.until(/# %% one/u);
    await neovim.press("\\r");
    await neovim.untilBelow("1 + 1", /^2$/u);
    await neovim.press(":lua vim.lsp.stop_client(vim.lsp.get_clients({ name = 'nbls' }), true)<CR>");
    await neovim.until((screen) => !screen.includes("│ 2"));
    await neovim.press("\\r");
    const lines = await neovim.until(/# %% one \[1\] ✓ \d/u);
    expect(lines.filter((line) => line.includes("│ 2"))).toHaveLength(1);
  });

  test(":checkhealth says what there is", async ({ skip }) => {
    if (why !== undefined) return skip(why);
    const neovim = open(deskOf({ "a.py": "x = 1\n" }), "a.py");
    await neovim.until(/x = 1/u);
    await neovim.press(":checkhealth nbls<CR>");
    await neovim.until(/OK .*\/bin\/nbls/u);
    const lines = await neovim.until(/0 servers run/u);
    expect(lines.join("\n")).not.toMatch(/ERROR/u);
    await neovim.capture("checkhealth");
  });

  test("a notebook that another program changed is not overwritten without a bang", async ({ skip }) => {
    if (why !== undefined) return skip(why);
    const desk = deskOf({ "vscode.ipynb": fixture("vscode.ipynb") });
    const path = join(desk.project, "vscode.ipynb");
    const neovim = open(desk, "vscode.ipynb");
    await neovim.until(/print\(1\)/u);
    const theirs = fixture("vscode.ipynb").replace("print(1)", "print(2)");
    writeFileSync(path, theirs);
    await neovim.press("/print(1)<CR>omine = 1<Esc>:w<CR>");
    await neovim.until(/not saved: .*changed by another program/u);
    await neovim.press("<CR>");
    await neovim.until(/vscode\.ipynb \[\+\]/u);
    expect(readFileSync(path, "utf8")).toBe(theirs);
    await neovim.press(":w!<CR>");
    await neovim.until(/written/u);
    expect(readFileSync(path, "utf8")).toContain("mine = 1");
  });

  test("without the server a notebook is shown and saved as it is, and the user is told why", async ({ skip }) => {
    if (why !== undefined) return skip(why);
    const desk = deskOf({ "colab.ipynb": fixture("colab.ipynb") }, 'vim.g.nbls = { cmd = { "no-such-nbls", "lsp" } }');
    const neovim = open(desk, "colab.ipynb");
    await neovim.until(/no-such-nbls is not on your PATH/u);
    await neovim.press("<CR>");
    await neovim.until(/"nbformat": 4/u);
    await neovim.press(":w<CR>");
    await neovim.until(/written/u);
    expect(readFileSync(join(desk.project, "colab.ipynb"), "utf8")).toBe(fixture("colab.ipynb"));
  });
});
