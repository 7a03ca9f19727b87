/**
 * The wire as a text, in the notation of the scenario tests: `-->` client to server, `<--` server to client,
 * `==>` to the kernel, `<==` from it. One call is one line: arrow, what, payload as JSON.
 */
export type TraceArea = "lsp" | "kernel" | "hub";
export type TraceArrow = "-->" | "<--" | "==>" | "<==";
export type Trace = (area: TraceArea, arrow: TraceArrow, what: string, payload: unknown) => void;

/** A trace of the named areas through `write`; `undefined` when nothing is traced, so that callers can skip the work. */
export function createTrace(areas: string, write: (line: string) => void): Trace | undefined {
  const wanted = new Set(areas.split(",").map((area) => area.trim()));
  if (!["lsp", "kernel", "hub"].some((area) => wanted.has(area))) return undefined;
  return (area, arrow, what, payload) => {
    if (wanted.has(area)) write(`${arrow} ${what} ${JSON.stringify(payload)}\n`);
  };
}
