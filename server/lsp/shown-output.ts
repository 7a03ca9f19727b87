import type { Output, ErrorOutput } from "../jupyter/nbformat.ts";
import type { OutputWindow } from "../hub/hub.ts";
import { renderOutputs, type Span } from "../render/output.ts";
import { sanitize } from "../render/ansi.ts";

/** The outputs of a cell as this client sees them: rendered for its width and height. */
export interface ShownOutput {
  readonly seq: number;
  readonly executionId: string | null;
  readonly lines: readonly (readonly Span[])[];
  /** Lines above those in `lines`. */
  readonly hiddenLineCount: number;
  /** `ZeroDivisionError: division by zero`, where the cell raised. */
  readonly error?: string;
  /** The line of the document that raised, as far as it is known; it moves with its cell. */
  readonly errorLine?: number;
}

export interface OutputView {
  readonly linesMax: number;
  readonly columnsMax: number;
  /** Whether the client draws errors itself where they stand among the outputs. */
  readonly errorsAmongLines: boolean;
}

/** Renders what the hub gave for one cell. */
export function showOutput(window: OutputWindow, view: OutputView): ShownOutput {
  const error = window.outputs.findLast(isError);
  const outputs = view.errorsAmongLines ? window.outputs : window.outputs.filter((output) => !isError(output));
  const { lines, hiddenLineCount } = renderOutputs(outputs, {
    columnsMax: view.columnsMax,
    linesMax: view.linesMax,
    color: view.errorsAmongLines,
  });
  return {
    seq: window.seq,
    executionId: window.executionId,
    lines,
    hiddenLineCount: hiddenLineCount + window.hiddenLineCount,
    ...(error === undefined ? {} : { error: sanitize(error.evalue === "" ? error.ename : `${error.ename}: ${error.evalue}`) }),
    ...(window.errorLine === undefined ? {} : { errorLine: window.errorLine }),
  };
}

function isError(output: Output): output is ErrorOutput {
  return output.output_type === "error";
}
