import type { Output } from "../jupyter/nbformat.ts";
import { ansiStateAfter, initialAnsiState, parseAnsi } from "./ansi.ts";
import { mimeText } from "./mime-text.ts";
import { lineText, type Span } from "./span.ts";
import { cutLine } from "./width.ts";

export { plainText, type Span } from "./span.ts";

export interface RenderOptions {
  /** Longer lines are cut. */
  readonly columnsMax: number;
  /** Only the last lines are shown. */
  readonly linesMax: number;
  readonly color: boolean;
}

export interface RenderedOutputs {
  readonly lines: Span[][];
  /** Lines above those shown. */
  readonly hiddenLineCount: number;
}

/**
 * Outputs as lines for a terminal: the last `linesMax` of them. Costs in proportion to what is shown, but for counting
 * the lines that are not. Whatever the outputs hold, no control or escape sequence is in the result.
 */
export function renderOutputs(outputs: readonly Output[], options: RenderOptions): RenderedOutputs {
  const parts: Span[][][] = [];
  let room = Math.max(0, options.linesMax);
  let hiddenLineCount = 0;
  for (const output of outputs.toReversed()) {
    const { text, hidden, hiddenText } = tail(outputText(output), room);
    hiddenLineCount += hidden;
    if (text === undefined) continue;
    const { lines } = parseAnsi(text, hidden === 0 ? initialAnsiState : ansiStateAfter(hiddenText));
    room -= lines.length;
    parts.push(lines);
  }
  const lines = parts.toReversed().flat();
  return { lines: lines.map((line) => fit(line, options)), hiddenLineCount };
}

/** What an output says in a terminal, before sanitising; ANSI colours are still in it. */
export function outputText(output: Output): string {
  switch (output.output_type) {
    case "stream":
      return output.text;
    case "display_data":
    case "execute_result":
      return mimeText(output.data);
    case "error":
      return output.traceback.length > 0 ? output.traceback.join("\n") : `${output.ename}: ${output.evalue}`;
  }
}

function fit(line: readonly Span[], { columnsMax, color }: RenderOptions): Span[] {
  const cut = Number.isFinite(columnsMax) ? cutLine(line, columnsMax) : [...line];
  if (color) return cut;
  const text = lineText(cut);
  return text === "" ? [] : [{ text }];
}

/** The last lines of a text; the newline at its end begins no line. `text` is `undefined` where no line is left. */
function tail(whole: string, linesMax: number): { text: string | undefined; hidden: number; hiddenText: string } {
  const body = whole.endsWith("\n") ? whole.slice(0, -1) : whole;
  if (whole === "") return { text: undefined, hidden: 0, hiddenText: "" };
  let start = body.length + 1;
  for (let count = 0; count < linesMax && start > 0; count += 1) start = start === 1 ? 0 : body.lastIndexOf("\n", start - 2) + 1;
  if (start === 0) return { text: body, hidden: 0, hiddenText: "" };
  const hiddenText = body.slice(0, start);
  let hidden = 0;
  for (let at = hiddenText.indexOf("\n"); at !== -1; at = hiddenText.indexOf("\n", at + 1)) hidden += 1;
  if (linesMax === 0) return { text: undefined, hidden: hidden + 1, hiddenText };
  return { text: body.slice(start), hidden, hiddenText };
}
