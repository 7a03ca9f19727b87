import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { openProject } from "./open-project.ts";

const cellCount = 300;

function notebookWithOutputs(): string {
  const cells = Array.from({ length: cellCount }, (_none, index) => ({
    id: `cell-${index}`,
    cell_type: "code",
    metadata: {},
    source: `print(${index})`,
    execution_count: index + 1,
    outputs: [{ output_type: "stream", name: "stdout", text: `${"line\n".repeat(100)}${index}\n` }],
  }));
  return JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: { language_info: { name: "python" } }, cells });
}

test("a request is answered while the outputs of a large notebook are still being shown, not after the last of them", async () => {
  const { client, directory } = await openProject();
  const file = join(directory, "large.ipynb");
  writeFileSync(file, notebookWithOutputs());
  const uri = pathToFileURL(file).href;
  const { text, languageId } = await client.request("nbls/readNotebook", { uri });
  client.notify("textDocument/didOpen", { textDocument: { uri, languageId, version: 1, text } });
  await client.expect("nbls/didChangeOutputs");
  await client.request("nbls/kernels", {});
  const shown = client.received.filter(({ method }) => method === "nbls/didChangeOutputs").length;
  expect(shown).toBeLessThan(cellCount);
  await client.expect("nbls/didChangeOutputs", ({ cellId }) => cellId === `cell-${cellCount - 1}`);
});
