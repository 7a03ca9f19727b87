import { handlers, keystroke, openDocument } from "./documents.mjs";
import { openInEditors, printToDrawn, pushToDrawn, typingInEditors } from "./editors.mjs";
import { floodDelay, floodDuration, floodLongestDelay } from "./flood.mjs";
import { fold, foldLate } from "./folding.mjs";
import { interruptInFlood } from "./interrupt.mjs";
import { kernelStart } from "./kernel-start.mjs";
import { keystrokeAmongOutputs } from "./keystroke-outputs.mjs";
import { longStream, longStreamMemory } from "./long-stream.mjs";
import { printDelay } from "./print-delay.mjs";
import { imageToPlaceholders, tableToText } from "./rendering.mjs";
import { roundTrip } from "./round-trip.mjs";
import { memoryAfterInitialize, startToInitialize } from "./start.mjs";
import { wholeNotebook } from "./whole-notebook.mjs";

/**
 * What `npm run bench` measures. A case returns its samples, their unit, which subject is the reference, and, where it has
 * any, its targets (see report.mjs).
 */
export const cases = {
  "round-trip": { title: "one cell, `1 + 1`, from the request to its end", measure: roundTrip },
  notebook: { title: "a notebook of 200 cells from the shell, whole process", measure: wholeNotebook },
  start: { title: "start to the reply of `initialize`", measure: startToInitialize },
  "kernel-start": { title: "no kernel to the first result", measure: kernelStart },
  memory: { title: "memory after `initialize`", measure: memoryAfterInitialize },
  open: { title: "a script of 1,000 cells opened", measure: openDocument },
  keystroke: { title: "one keystroke in the hub", measure: keystroke },
  handlers: { title: "answers from the door's mirror", measure: handlers },
  flood: { title: "10,000 flushed lines, from the request to the end", measure: floodDuration },
  "flood-delay": { title: "event loop delay in that flood, p99", measure: floodDelay },
  "flood-longest": { title: "longest event loop delay in that flood", measure: floodLongestDelay },
  "print-delay": { title: "from `print` to the client, a line per 100 ms", measure: printDelay },
  "long-stream": { title: "200,000 lines, 16 MB, from the request to the end", measure: longStream },
  "long-stream-memory": { title: "memory that those 16 MB take in the server", measure: longStreamMemory },
  fold: { title: "16 MB of a stream folded", measure: fold },
  "fold-late": { title: "1,000 lines folded", measure: foldLate },
  interrupt: { title: "from the request to interrupt to the end of the cell", measure: interruptInFlood },
  "keystroke-outputs": { title: "one keystroke among 1,000 cells with 20 lines of output each", measure: keystrokeAmongOutputs },
  "render-image": { title: "a PNG of 1 MB as placeholders", measure: imageToPlaceholders },
  "render-table": { title: "an HTML table of 10,000 rows as text", measure: tableToText },
  "editor-push": { title: "output from the server to the screen of the editor", measure: pushToDrawn },
  "editor-print": { title: "from `print` to the screen of the editor", measure: printToDrawn },
  "editor-open": { title: "an editor started with 1,000 cells, to the first state drawn", measure: openInEditors },
  "editor-typing": { title: "a key to its echo in the editor, among 1,000 outputs", measure: typingInEditors },
};

/** Names for several cases. */
export const groups = {
  outputs: [
    "print-delay",
    "long-stream",
    "long-stream-memory",
    "fold",
    "fold-late",
    "interrupt",
    "keystroke-outputs",
    "render-image",
    "render-table",
  ],
  editors: ["editor-push", "editor-print", "editor-open", "editor-typing"],
};
