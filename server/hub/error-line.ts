import { lcsLines } from "./line-map.ts";

/**
 * The 0-based line of the executed source that a traceback names as the last one of the cell itself.
 * Known spellings: `Cell In[3], line 2` (IPython 8 and newer, the embedded kernel), `Input In [3], in <cell line: 2>()`
 * (IPython 7.31 to 8.0), `<ipython-input-3-…>` with an arrow line, `<anonymous>:2:` (Deno).
 */
export function raisedLine(traceback: readonly string[], executionCount: number | null): number | undefined {
  // eslint-disable-next-line no-control-regex -- colours stand between the words
  const text = traceback.join("\n").replace(/\u001b\[[0-9;]*m/g, "");
  let line: number | undefined;
  const count = executionCount === null ? "\\d+" : String(executionCount);
  const spellings = [
    new RegExp(`Cell In\\s?\\[${count}\\], line (\\d+)`, "g"),
    new RegExp(`Input In \\[${count}\\], in <cell line: (\\d+)>`, "g"),
    new RegExp(`<ipython-input-${count}-[^>]*>[^\\n]*\\n(?:[^\\n]*\\n)*?-+> (\\d+)`, "g"),
    /<anonymous>:(\d+):\d+/g,
  ];
  for (const spelling of spellings) {
    for (const match of text.matchAll(spelling)) line = Number(match[1]) - 1;
    if (line !== undefined) return line;
  }
  return undefined;
}

/** Where a line of the executed source stands in the cell's source as it is now; `undefined` if it was edited away. */
export function lineNow(executedSource: string, currentSource: string, line: number): number | undefined {
  if (executedSource === currentSource) return line;
  return lcsLines(executedSource.split("\n"), currentSource.split("\n")).get(line);
}
