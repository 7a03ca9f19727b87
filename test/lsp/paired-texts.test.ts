// @module-tag process
import { existsSync, lstatSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { newNotebook, openIpynb } from "../../server/formats/ipynb.ts";
import { fixture } from "../formats/fixtures.ts";
import { nblsClient, Notebook, openProject, type Project } from "./open-project.ts";

const showDocument = { "window/showDocument": () => ({ success: true }) };
const plainClient = { capabilities: {}, answers: showDocument };

function notebookWith(...sources: readonly string[]): string {
  const base = { kind: "code", language: "python", metadata: {}, executionCount: null, outputs: [] } as const;
  return openIpynb(newNotebook({ language: "python" })).rewrite(
    sources.map((source, index) => ({ ...base, id: `cell-${index}`, source })),
  );
}

/** Opens the `.ipynb` as the JSON that it is, as editors do that know no better. */
function openJson({ client, directory }: Project, name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  const uri = pathToFileURL(path).href;
  client.notify("textDocument/didOpen", { textDocument: { uri, languageId: "json", version: 1, text } });
  return path;
}

/** Opens the text that the server shows instead. */
async function openText({
  client,
}: Project): Promise<{ readonly notebook: Notebook; readonly path: string; readonly text: string }> {
  const { uri, takeFocus } = await client.expect("window/showDocument");
  expect(takeFocus).toBe(true);
  const path = fileURLToPath(uri);
  const text = readFileSync(path, "utf8");
  client.notify("textDocument/didOpen", { textDocument: { uri, languageId: "python", version: 1, text } });
  const notebook = new Notebook(client, uri, path.slice(path.lastIndexOf("/") + 1));
  await notebook.cells();
  return { notebook, path, text };
}

/** Writes what the editor shows, and says so. */
function save({ client }: Project, { uri }: Notebook, text: string): void {
  writeFileSync(fileURLToPath(uri), text);
  client.notify("textDocument/didSave", { textDocument: { uri } });
}

const lineOf = (text: string, wanted: string) => text.split("\n").indexOf(wanted);

test("an .ipynb opens as text beside it; saving that saves the notebook with its outputs and ids, and closing removes it", async () => {
  const project = await openProject(plainClient);
  const { client } = project;
  const before = notebookWith('stream stdout "one\\n"', "two");
  const path = openJson(project, "a.ipynb", before);
  const { notebook, path: textPath, text } = await openText(project);
  expect(textPath).toBe(path.replace(".ipynb", ".nbls.py"));
  expect(text).toContain('# %%\nstream stdout "one\\n"\n\n# %%\ntwo\n');
  expect((await notebook.cells()).map(({ id }) => id)).toEqual(["cell-0", "cell-1"]);

  await notebook.command("nbls.runCell", lineOf(text, "# %%") + 1);
  await client.expect("textDocument/publishDiagnostics", (params) => JSON.stringify(params).includes("✓"));
  const line = lineOf(text, "two");
  notebook.edit([line, 0], [line, 3], "2");
  save(project, notebook, text.replace("two", "2"));
  expect((await client.expect("window/showMessage")).message).toBe("a.ipynb is saved");
  const { cells } = openIpynb(readFileSync(path, "utf8")).notebook;
  expect(cells).toMatchObject([
    { id: "cell-0", executionCount: 1, outputs: [{ output_type: "stream", text: "one\n" }] },
    { id: "cell-1", source: "2" },
  ]);
  await client.request("shutdown");
  expect(existsSync(textPath)).toBe(false);
});

test.each(["jupyter.ipynb", "vscode.ipynb", "colab.ipynb"])("one cell of %s is edited: only its bytes differ", async (name) => {
  const project = await openProject(plainClient);
  const before = fixture(name);
  const path = openJson(project, name, before);
  const { notebook, text } = await openText(project);
  const [cell] = (await notebook.cells()).filter(({ kind, bodyRange }) => kind === "code" && bodyRange.end.character > 0);
  const { line, character } = cell.bodyRange.end;
  notebook.edit([line, character], [line, character], "  # edited");
  const lines = text.split("\n");
  lines[line] += "  # edited";
  save(project, notebook, lines.join("\n"));
  await project.client.expect("window/showMessage", ({ message }) => message.endsWith("is saved"));
  const after = readFileSync(path, "utf8");
  expect(after.length).toBe(before.length + "  # edited".length);
  expect(after.replace("  # edited", "")).toBe(before);
});

test("saving what was not edited writes no byte of the notebook", async () => {
  const project = await openProject(plainClient);
  const path = openJson(project, "a.ipynb", notebookWith("one"));
  const { mtimeMs } = lstatSync(path);
  const { notebook, text } = await openText(project);
  save(project, notebook, text);
  project.client.notify("textDocument/didClose", { textDocument: notebook.textDocument });
  await project.client.request("shutdown");
  expect(lstatSync(path).mtimeMs).toBe(mtimeMs);
});

test("a notebook that another program changed meanwhile is not overwritten, and the text stays", async () => {
  const project = await openProject(plainClient);
  const path = openJson(project, "a.ipynb", notebookWith("one"));
  const { notebook, path: textPath, text } = await openText(project);
  const theirs = notebookWith("theirs");
  writeFileSync(path, theirs);
  const line = lineOf(text, "one");
  notebook.edit([line, 0], [line, 3], "mine");
  save(project, notebook, text.replace("one", "mine"));
  expect((await project.client.expect("window/showMessage")).message).toMatch(
    /a.ipynb is not saved: .*changed by another program/,
  );
  project.client.notify("textDocument/didClose", { textDocument: notebook.textDocument });
  expect((await project.client.expect("window/showMessage")).message).toContain("a.nbls.py holds edits that are not in a.ipynb");
  expect(readFileSync(path, "utf8")).toBe(theirs);
  expect(readFileSync(textPath, "utf8")).toContain("mine");

  openJson(project, "a.ipynb", theirs);
  const again = await openText(project);
  expect(again.text).toContain("theirs");
  expect((await project.client.expect("window/showMessage")).message).toContain("the edits of before are in a.nbls-kept.py");
  expect(readFileSync(textPath.replace(".nbls.py", ".nbls-kept.py"), "utf8")).toContain("mine");
});

test("edits that an editor without a server left in the text are shown, and said to be missing in the notebook", async () => {
  const project = await openProject(plainClient);
  openJson(project, "a.ipynb", notebookWith("one"));
  const { notebook, path: textPath, text } = await openText(project);
  writeFileSync(textPath, text.replace("one", "later"));
  project.client.notify("textDocument/didClose", { textDocument: notebook.textDocument });
  await project.client.expect("window/showMessage");
  openJson(project, "a.ipynb", notebookWith("one"));
  expect((await openText(project)).text).toContain("later");
  expect((await project.client.expect("window/showMessage")).message).toContain("not in a.ipynb yet");
});

test.each(["a file", "a symbolic link"])("%s in its place is left alone, and the notebook stays JSON", async (what) => {
  const project = await openProject(plainClient);
  const taken = join(project.directory, "a.nbls.py");
  const target = join(project.directory, "precious.py");
  writeFileSync(target, "precious\n");
  if (what === "a file") writeFileSync(taken, "mine\n");
  else symlinkSync(target, taken);
  const path = openJson(project, "a.ipynb", notebookWith("one"));
  expect((await project.client.expect("window/showMessage")).message).toContain("was left as it is");
  expect(readFileSync(taken, "utf8")).toBe(what === "a file" ? "mine\n" : "precious\n");
  const { cells } = await project.client.request("nbls/cells", { textDocument: { uri: pathToFileURL(path).href } });
  expect(cells).toMatchObject([{ id: "cell-0" }]);
});

test("a text that cannot be written is told with the reason, and the notebook stays JSON", async () => {
  const project = await openProject(plainClient);
  // Its own name is as long as a name may be.
  const name = `${"a".repeat(249)}.ipynb`;
  const path = openJson(project, name, notebookWith("one"));
  expect((await project.client.expect("window/showMessage")).message).toMatch(/cannot be opened as text: .* was not written/);
  const { cells } = await project.client.request("nbls/cells", { textDocument: { uri: pathToFileURL(path).href } });
  expect(cells).toHaveLength(1);
});

test("a client that shows notebooks itself is not shown another file, but by the command", async () => {
  const project = await openProject({ capabilities: nblsClient, answers: showDocument });
  const path = openJson(project, "a.ipynb", notebookWith("one"));
  const uri = pathToFileURL(path).href;
  expect((await project.client.request("nbls/cells", { textDocument: { uri } })).cells).toHaveLength(1);
  expect(project.client.all("window/showDocument")).toEqual([]);
  await project.client.request("workspace/executeCommand", { command: "nbls.openAsText", arguments: ["a.ipynb"] });
  const { notebook } = await openText(project);
  expect((await notebook.cells())[0].id).toBe("cell-0");
});
