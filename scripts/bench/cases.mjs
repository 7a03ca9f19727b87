import { handlers, keystroke, openDocument } from "./documents.mjs";
import { floodDelay, floodDuration, floodLongestDelay } from "./flood.mjs";
import { kernelStart } from "./kernel-start.mjs";
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
  flood: { title: "20,000 flushed lines, from the request to the end", measure: floodDuration },
  "flood-delay": { title: "event loop delay in that flood, p99", measure: floodDelay },
  "flood-longest": { title: "longest event loop delay in that flood", measure: floodLongestDelay },
};
