// @module-tag process
import { expect, test } from "vitest";
import { openProject } from "./open-project.ts";

const embedded = { "kernel.default": null, "kernel.embedded": "always" };

test("Python with nothing installed: results, errors at their line, interrupt, restart", { tags: ["kernel"] }, async () => {
  const { client, open } = await openProject({ capabilities: {}, settings: embedded });
  const notebook = await open("a.py", "# %%\nx = 20\nx + 1\n# %%\ny = 1\ny / 0\n# %%\nimport time; time.sleep(60)\n");
  const diagnostics = async (...texts: readonly string[]) =>
    await client.expect(
      "textDocument/publishDiagnostics",
      (params) => texts.every((text) => JSON.stringify(params).includes(text)),
      30_000,
    );
  await notebook.command("nbls.runCell", 2);
  await diagnostics("[1] ✓", '"21"');
  await notebook.command("nbls.runCell", 5);
  const failed = await diagnostics("ZeroDivisionError: division by zero");
  const error = failed.diagnostics.find(({ severity }: { severity: number }) => severity === 1);
  expect(error.range.start).toEqual({ line: 5, character: 0 });
  await notebook.command("nbls.runCell", 8);
  await diagnostics("[3] ● running");
  await notebook.command("nbls.interrupt");
  await diagnostics("[3] ■ interrupted");
  await notebook.command("nbls.restart");
  await notebook.command("nbls.runCell", 2);
  await diagnostics("[1] ✓");
});

test("Python completes and explains while a cell runs", { tags: ["kernel"] }, async () => {
  const { client, open } = await openProject({ settings: embedded });
  const notebook = await open("a.py", "# %%\nimport time, math; time.sleep(60)\n# %%\nmath.sq\n");
  await notebook.execute({ position: { line: 1, character: 0 } });
  await client.expect("nbls/didChangeExecution", ({ executionCount }) => executionCount === 1, 30_000);
  const params = { textDocument: notebook.textDocument, position: { line: 3, character: 7 } };
  // The imports of the cell may still be under way.
  let items: { label: string }[] = [];
  for (let tries = 0; tries < 50 && items.length === 0; tries += 1)
    ({ items } = await client.request("textDocument/completion", params));
  expect(items.map(({ label }) => label).join(" ")).toContain("sqrt");
  await notebook.command("nbls.cancel");
  expect((await client.expect("nbls/didChangeExecution", ({ state }) => state === "interrupted")).cellId).not.toBe("");
});
