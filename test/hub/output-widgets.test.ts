// @module-tag process
import { dirname } from "node:path";
import { expect, test } from "vitest";
import { executeAll, openHub, outputText } from "./open-hub.ts";

/** A cell that shows an Output widget, prints around and into it and clears what is in it, as rich.progress does (nteract#402). */
const update = (state: object) => `publish comm_msg ${JSON.stringify({ comm_id: "w", data: { method: "update", state } })}`;
const model = { _model_module: "@jupyter-widgets/output", _model_name: "OutputModel", msg_id: "", outputs: [] };
const view = { "text/plain": "Output()", "application/vnd.jupyter.widget-view+json": { model_id: "w" } };
const source = [
  "# %%",
  'stream stdout "KEEP ME\\n"',
  `publish comm_open ${JSON.stringify({ comm_id: "w", target_name: "jupyter.widget", data: { state: model } })}`,
  `display ${JSON.stringify(view)}`,
  update({ msg_id: "self" }),
  'stream stdout "first\\n"',
  "clear wait",
  'stream stdout "second\\n"',
  "clear wait",
  update({ msg_id: "" }),
  'stream stdout "end\\n"',
  "# %%",
  update({ msg_id: "self" }),
  'stream stdout "third\\n"',
  "",
].join("\n");

test("a cell keeps what it printed when an Output widget in it is cleared, also in the process that comes after", async () => {
  const { attach, file, directory, hub } = openHub();
  const recorder = await attach();
  const uri = file("a.py", source);
  const executions = await executeAll(recorder, uri);
  for (const { executionId } of executions) await recorder.untilOver(executionId);
  const [first = "", second = ""] = executions.map(({ executionId }) => executionId);
  expect(await outputText(recorder, uri, first)).toBe("KEEP ME\nthird\nend\n");
  expect(await outputText(recorder, uri, second)).toBe("");
  await hub.close();
  const later = await openHub({ base: dirname(directory) }).attach();
  expect(await outputText(later, uri, first)).toBe("KEEP ME\nthird\nend\n");
});
