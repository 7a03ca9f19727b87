import { handlers, keystroke, openDocument } from "./documents.mjs";
import { floodDelay, floodDuration, floodLongestDelay } from "./flood.mjs";
import { kernelStart } from "./kernel-start.mjs";
import { imageToPlaceholders, tableToText } from "./rendering.mjs";
import { roundTrip } from "./round-trip.mjs";
import { memoryAfterInitialize, startToInitialize } from "./start.mjs";
import { wholeNotebook } from "./whole-notebook.mjs";

/** What `npm run bench` measures. A case returns its samples, their unit, and which subject is the reference. */
export const cases = {
  "round-trip": { title: "one cell, `1 + 1`, from the request to its end", measure: roundTrip },
  notebook: { title: "a notebook of 200 cells from the shell, whole process", measure: wholeNotebook },
  start: { title: "start to the reply of `initialize`", measure: startToInitialize },
  "kernel-start": { title: "no kernel to the first result", measure: kernelStart },
  memory: { title: "memory after `initialize`", measure: memoryAfterInitialize },
  open: { title: "a script of 1,000 cells opened", measure: openDocument },
  keystroke: { title: "one keystroke in the hub", measure: keystroke },
  handlers: { title: "answers from the door's mirror", measure: handlers },
  "render-image": { title: "a PNG of 1 MB as placeholders", measure: imageToPlaceholders },
  "render-table": { title: "an HTML table of 10,000 rows as text", measure: tableToText },
  flood: { title: "20,000 flushed lines, from the request to the end", measure: floodDuration },
  "flood-delay": { title: "event loop delay in that flood, p99", measure: floodDelay },
  "flood-longest": { title: "longest event loop delay in that flood", measure: floodLongestDelay },
};
