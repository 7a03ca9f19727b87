// @module-tag process
import { expect, test } from "vitest";
import { openProject, type Notebook } from "./open-project.ts";

async function started(manners: readonly string[], text: string) {
  const project = await openProject({ manners });
  const notebook = await project.open("a.py", text);
  await project.client.request("nbls/startKernel", { textDocument: notebook.textDocument });
  const ask = (what: "completion" | "hover", line: number, character: number) =>
    project.client.request(`textDocument/${what}`, { textDocument: notebook.textDocument, position: { line, character } });
  return { ...project, notebook, ask };
}

async function busy(client: Awaited<ReturnType<typeof started>>["client"], notebook: Notebook) {
  await notebook.execute({ position: { line: 1, character: 0 } });
  await client.expect("nbls/didChangeExecution", ({ executionCount }) => executionCount === 1);
}

test("completions of the kernel replace the word before the cursor, behind characters of two units too", async () => {
  const { ask } = await started([], '# %%\n"😀" + al\n');
  const { items, isIncomplete } = await ask("completion", 1, 9);
  expect(isIncomplete).toBe(false);
  expect(items.map(({ label }: { label: string }) => label)).toEqual(["alpha", "alphabet"]);
  expect(items[0].textEdit.range).toEqual({ start: { line: 1, character: 7 }, end: { line: 1, character: 9 } });
});

test("hover shows what the kernel knows of a name, and on a marker the cell", async () => {
  const { ask, notebook } = await started([], '# %% Title\nstream stdout "x"\n');
  expect((await ask("hover", 1, 6)).contents.value).toBe("```text\nabout stream\n```");
  const [executionId] = await notebook.execute();
  await notebook.untilOver(executionId);
  const { contents } = await ask("hover", 0, 2);
  expect(contents.value).toMatch(/^\*\*Title\*\* · \[1\] ✓ .* · Fake, (idle|busy)\n\n```text\nx\n```$/);
});

test("hover in the code of a plain client's cell gives its output, though the kernel knows nothing of the place", async () => {
  const project = await openProject({ capabilities: {} });
  const notebook = await project.open("a.py", '# %% Title\nstream stdout "x"\n');
  const hover = (character: number) =>
    project.client.request("textDocument/hover", { textDocument: notebook.textDocument, position: { line: 1, character } });
  expect(await hover(2)).toBeNull();
  await project.client.request("workspace/executeCommand", {
    command: "nbls.runCell",
    arguments: [{ uri: notebook.textDocument.uri, line: 1 }],
  });
  await project.client.expect("textDocument/publishDiagnostics", ({ diagnostics }) =>
    diagnostics.some(({ message }: { message: string }) => message === "x"),
  );
  const output = /\*\*Title\*\* · .*\n\n```text\nx\n```$/;
  expect((await hover(3)).contents.value).toMatch(new RegExp(`^\`\`\`text\nabout str\n\`\`\`\n\n---\n\n${output.source}`));
  expect((await hover(0)).contents.value).toMatch(new RegExp(`^${output.source}`));
});

test("a kernel that cannot answer while busy keeps no editor waiting", async () => {
  const { ask, client, notebook } = await started([], "# %%\nbusy\n# %%\nal\n");
  await busy(client, notebook);
  const before = performance.now();
  expect(await ask("completion", 3, 2)).toEqual({ isIncomplete: true, items: [] });
  expect(await ask("hover", 3, 1)).toBeNull();
  // Twice the time that the kernel gets, and what a loaded machine adds.
  expect(performance.now() - before).toBeLessThan(2_000);
  await notebook.command("nbls.cancel");
});

test("without a kernel, or outside of code, nothing is asked", async () => {
  const project = await openProject();
  const notebook = await project.open("a.py", "# %% [markdown]\n# al\n# %%\nal\n");
  const ask = (line: number) =>
    project.client.request("textDocument/completion", { textDocument: notebook.textDocument, position: { line, character: 2 } });
  expect(await ask(3)).toBeNull();
  await project.client.request("nbls/startKernel", { textDocument: notebook.textDocument });
  expect(await ask(1)).toBeNull();
  expect(await ask(2)).toBeNull();
  expect((await ask(3)).items).toHaveLength(2);
});
