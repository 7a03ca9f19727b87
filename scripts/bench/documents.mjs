import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { pathToFileURL } from "node:url";
import { attachInside, loadInside } from "./inside.mjs";
import { elapsed, interleaved } from "./samples.mjs";

function notebookText(cellCount) {
  return Array.from({ length: cellCount }, (_none, index) => `# %% Step ${index}\nvalue = ${index}\nprint(value)\n\n`).join("");
}

/** From `didOpen` to the answer of `cells`, with ids given and stored ones matched. Reference: parsing the text once. */
export async function openDocument(rounds, place) {
  const inside = await loadInside();
  const text = notebookText(1_000);
  const { hub, client } = await attachInside(inside, place);
  const format = inside.formatFor("a.py", "python");
  let opened = 0;
  const samples = await interleaved(rounds, {
    "hub: open, then list 1,000 cells": async () => {
      const uri = pathToFileURL(join(place.cwd, `open-${opened++}.py`)).href;
      const start = performance.now();
      client.didOpen({ uri, languageId: "python", version: 1, text });
      const { cells } = await client.cells({ textDocument: { uri } });
      if (cells.length !== 1_000) throw new Error(`${cells.length} cells`);
      return performance.now() - start;
    },
    "parsing the same text": () => elapsed(() => format.parse(text, { path: "a.py", languageId: "python" })),
  });
  await hub.close();
  return { reference: "parsing the same text", unit: "ms", samples };
}

/** One character typed in the middle of a notebook. Reference: the same in a notebook of 100 cells. */
export async function keystroke(rounds, place) {
  const inside = await loadInside();
  const { hub, client } = await attachInside(inside, place);
  const subjects = {};
  for (const cellCount of [100, 1_000, 10_000]) {
    const uri = pathToFileURL(join(place.cwd, `keys-${cellCount}.py`)).href;
    let version = 1;
    client.didOpen({ uri, languageId: "python", version, text: notebookText(cellCount) });
    await client.cells({ textDocument: { uri } });
    const line = Math.floor(cellCount / 2) * 4 + 1;
    const position = { line, character: 0 };
    const change = (range, text) => {
      version += 1;
      client.didChange({ uri, version, changes: [{ range, text }] });
    };
    const typed = () => {
      const insert = elapsed(() => change({ start: position, end: position }, "x"));
      change({ start: position, end: { line, character: 1 } }, "");
      return insert;
    };
    const newLine = () => {
      const insert = elapsed(() => change({ start: position, end: position }, "\n"));
      change({ start: position, end: { line: line + 1, character: 0 } }, "");
      return insert;
    };
    const fifty = (work) => () => Array.from({ length: 50 }, work);
    subjects[`a letter, ${cellCount.toLocaleString("en")} cells`] = fifty(typed);
    subjects[`a new line, ${cellCount.toLocaleString("en")} cells`] = fifty(newLine);
  }
  const samples = await interleaved(rounds, subjects);
  await hub.close();
  return { reference: "a letter, 100 cells", unit: "ms", samples };
}

/** What an editor asks after each keystroke, answered from the door's mirror. Reference: copying the list of its cells. */
export async function handlers(rounds, place) {
  const inside = await loadInside();
  const { hub, client } = await attachInside(inside, place);
  const text = notebookText(1_000);
  const uri = pathToFileURL(join(place.cwd, "handlers.py")).href;
  client.didOpen({ uri, languageId: "python", version: 1, text });
  const { cells } = await client.cells({ textDocument: { uri } });
  await hub.close();

  const document = new inside.MirrorDocument(uri, "python", 1, text);
  document.applyCells([{ start: 0, deleteCount: 0, cells }]);
  const lenses = new inside.LensCache({ tellsStatus: true });
  const middle = document.cells[500];
  const wholeText = { start: { line: 0, character: 0 }, end: { line: 4_000, character: 0 } };
  const hundred = (work) => () => Array.from({ length: 100 }, () => elapsed(work));
  const samples = await interleaved(rounds, {
    "lenses of 1,000 cells": hundred(() => {
      if (lenses.lenses(document).length < 2_999) throw new Error("lenses are missing");
    }),
    "hints of 1,000 cells": hundred(() => inside.inlayHints(document, wholeText)),
    "hover on a cell": hundred(() => inside.cellHover(document, new inside.CellView(document, middle))),
    "copying the list of cells": hundred(() => [...document.cells]),
  });
  return { reference: "copying the list of cells", unit: "ms", samples };
}
