// @module-tag process
import { existsSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { Shell } from "./run-cli.ts";

/** An editor that puts `to` in place of `from` in the file that it is given, and ends with that status. */
function editor(shell: Shell, from: string, to: string, { status = 0, also = "" } = {}): readonly string[] {
  const path = shell.file(
    "editor.mjs",
    `import { readFileSync, writeFileSync } from "node:fs";
const path = process.argv.at(-1);
writeFileSync(${JSON.stringify(`${shell.directory}/edited`)}, path);
writeFileSync(path, readFileSync(path, "utf8").replace(${JSON.stringify(from)}, ${JSON.stringify(to)}));
${also}
process.exit(${status});
`,
  );
  return [process.execPath, path];
}

test("an .ipynb is edited as text by an editor that knows nothing of notebooks", async () => {
  const shell = new Shell();
  shell.notebook("a.ipynb", ["one", "two"]);
  const before = shell.read("a.ipynb");
  const { status, stderr } = await shell.run("open", "a.ipynb", "--", ...editor(shell, "two", "2"));
  expect([status, stderr]).toEqual([0, "nbls open: a.ipynb is saved\n"]);
  expect(shell.read("edited")).toBe(`${shell.directory}/a.nbls.py`);
  expect(shell.read("a.ipynb")).toBe(before.replace("two", "2"));
  expect(existsSync(`${shell.directory}/a.nbls.py`)).toBe(false);
});

test("the editor is $VISUAL before $EDITOR, with its arguments, and its status is ours", async () => {
  const probe = new Shell();
  const [node = "", script = ""] = editor(probe, "one", "1", { status: 7 });
  const shell = new Shell({ env: { VISUAL: `"${node}" "${script}" --wait`, EDITOR: "false" } });
  shell.notebook("a.ipynb", ["one"]);
  expect((await shell.run("open", "a.ipynb")).status).toBe(7);
  expect(shell.read("a.ipynb")).toContain('"1"');
});

test("a notebook that was not edited keeps every byte, and its text goes", async () => {
  const shell = new Shell();
  shell.notebook("a.ipynb", ["one"]);
  const before = shell.read("a.ipynb");
  const { status, stderr } = await shell.run("open", "a.ipynb", "--", ...editor(shell, "nothing", ""));
  expect([status, stderr, shell.read("a.ipynb")]).toEqual([0, "", before]);
  expect(readdirSync(shell.directory).filter((name) => name.startsWith("a."))).toEqual(["a.ipynb"]);
});

test("what somebody else wrote into the notebook meanwhile is kept, and so are the edits", async () => {
  const shell = new Shell();
  const path = shell.notebook("a.ipynb", ["one"]);
  const also = `writeFileSync(${JSON.stringify(path)}, readFileSync(${JSON.stringify(path)}, "utf8").replace("one", "theirs"));`;
  const { status, stderr } = await shell.run("open", "a.ipynb", "--", ...editor(shell, "one", "mine", { also }));
  expect(status).toBe(4);
  expect(stderr).toContain("the edits of before are in a.nbls-kept.py");
  expect(shell.read("a.ipynb")).toContain("theirs");
  expect(shell.read("a.nbls-kept.py")).toContain("mine");
});

test("a script is opened as it is", async () => {
  const shell = new Shell();
  shell.file("a.py", "# %%\none\n");
  expect((await shell.run("open", "a.py", "--", ...editor(shell, "one", "1"))).status).toBe(0);
  expect(shell.read("a.py")).toBe("# %%\n1\n");
});

test("no editor, one that does not start, and a file that is no notebook are told", async () => {
  const shell = new Shell();
  shell.notebook("a.ipynb", ["one"]);
  shell.file("bad.ipynb", "[1, 2");
  expect(await shell.run("open", "a.ipynb")).toMatchObject({ status: 2, stderr: expect.stringContaining("VISUAL") as string });
  const missing = await shell.run("open", "a.ipynb", "--", `${shell.directory}/no-such-editor`);
  expect([missing.status, missing.stderr]).toEqual([127, expect.stringContaining("did not start")]);
  expect((await shell.run("open", "bad.ipynb", "--", "true")).status).toBe(4);
});
