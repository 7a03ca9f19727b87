// @module-tag process
import { expect, test } from "vitest";
import { TextLines } from "../../server/base/text.ts";
import { openProject, type Notebook, type Project } from "./open-project.ts";

interface Editor extends Project {
  readonly notebook: Notebook;
  readonly text: TextLines;
}

/** A client that makes the edits that it is asked for, and says so by `didChange`; what it answers is up to the test. */
async function openEditor(text: string, { makes = true, answer = { applied: true } as unknown } = {}): Promise<Editor> {
  const project = await openProject({ answers: { "window/showDocument": () => ({ success: true }) } });
  const lines = new TextLines(text);
  const notebook = await project.open("a.py", text);
  project.client.answers.set("workspace/applyEdit", ({ edit }) => {
    const [{ textDocument, edits }] = edit.documentChanges;
    expect(textDocument.uri).toBe(notebook.uri);
    for (const { range, newText } of makes ? edits : []) {
      lines.apply({ range, text: newText });
      const { start, end } = range;
      notebook.edit([start.line, start.character], [end.line, end.character], newText);
    }
    return answer;
  });
  return { ...project, notebook, text: lines };
}

test("a running cell moves with its id, its state and its output, and the cursor goes along", async () => {
  const { client, notebook, text } = await openEditor('# %%\n1\n\n# %%\nstream stdout "out\\n"\nbusy\n');
  const [, second] = await notebook.cells();
  const [executionId] = await notebook.execute({ cellIds: [second.id] });
  await client.expect("nbls/didChangeOutputs", ({ cellId, lines }) => cellId === second.id && lines.length === 1);
  expect(await notebook.command("nbls.moveCellUp", 5)).toBeNull();
  const { selection } = await client.expect("window/showDocument");
  expect(text.toString()).toBe('# %%\nstream stdout "out\\n"\nbusy\n\n# %%\n1\n');
  expect(selection.start).toEqual({ line: 1, character: 0 });
  expect((await notebook.cells())[0]).toMatchObject({ id: second.id, state: "running", executionId });
  await notebook.command("nbls.interrupt");
  await notebook.untilOver(executionId);
});

test("cells are inserted, split, merged, changed and deleted by commands", async () => {
  const { client, notebook, text } = await openEditor("# %%\na\nb\n");
  const run = async (name: string, ...args: unknown[]) => {
    await notebook.command(name, ...args);
    await client.expect("window/showDocument");
    return text.toString();
  };
  expect(await run("nbls.splitCell", 3)).toBe("# %%\na\n\n# %%\nb\n");
  expect(await run("nbls.changeCellKind", 5)).toBe("# %%\na\n\n# %% [markdown]\n# b\n");
  expect(await run("nbls.changeCellKind", 5, "raw")).toBe("# %%\na\n\n# %% [raw]\n# b\n");
  expect(await run("nbls.insertCellAbove", 1)).toBe("# %%\n\n\n# %%\na\n\n# %% [raw]\n# b\n");
  expect(await run("nbls.deleteCell", 1)).toBe("# %%\na\n\n# %% [raw]\n# b\n");
  expect(await run("nbls.mergeCellBelow", 1)).toBe("# %%\na\n# b\n");
});

test("an edit that the editor says it made and did not is told", async () => {
  const { client, notebook } = await openEditor("# %%\na\n", { makes: false });
  await notebook.command("nbls.insertCellBelow", 1);
  expect((await client.expect("window/showMessage")).message).toContain("did not make the edit");
  expect(client.all("window/showDocument")).toEqual([]);
});

test("an edit that the editor refuses is told at once", async () => {
  const { client, notebook } = await openEditor("# %%\na\n", { makes: false, answer: { applied: false } });
  await notebook.command("nbls.insertCellBelow", 1);
  expect((await client.expect("window/showMessage")).message).toContain("did not make the edit");
});

test("a split at a line of an older text is refused", async () => {
  const { client, notebook } = await openEditor("# %%\na\nb\n");
  notebook.edit([0, 0], [0, 0], "\n");
  const [cell] = await notebook.cells();
  const argument = { uri: notebook.uri, cellId: cell.id, line: 3, version: 1 };
  await client.request("workspace/executeCommand", { command: "nbls.splitCell", arguments: [argument] });
  expect((await client.expect("window/showMessage")).message).toContain("nothing was edited");
  expect(client.all("workspace/applyEdit")).toEqual([]);
});

test("a command without arguments means the cell where the cursor was seen last, and says which", async () => {
  const { client, notebook } = await openEditor('# %%\nstream stdout "one\\n"\n# %%\nstream stdout "two\\n"\n');
  const position = { line: 3, character: 0 };
  await client.request("textDocument/codeAction", {
    textDocument: notebook.textDocument,
    range: { start: position, end: position },
    context: { diagnostics: [] },
  });
  await client.request("workspace/executeCommand", { command: "nbls.runCell" });
  expect((await client.expect("window/showMessage")).message).toBe("Run cell: the cell in line 3 of a.py");
  await client.expect("nbls/didChangeOutputs", ({ lines }) => JSON.stringify(lines).includes("two"));
});
