import type { Diagnostic, DiagnosticSeverity } from "vscode-languageserver";
import type { Range } from "../base/text.ts";
import { sanitize } from "../render/ansi.ts";
import { plainText } from "../render/span.ts";
import { CellView } from "./cell-view.ts";
import type { MirrorDocument } from "./mirror.ts";
import { moreLines } from "./shown-output.ts";

const severityOfError: DiagnosticSeverity = 1;
const warning: DiagnosticSeverity = 2;
const information: DiagnosticSeverity = 3;
const hint: DiagnosticSeverity = 4;

/** What is wrong with the notebook as a text: for every client. */
export function problemDiagnostics(document: MirrorDocument): Diagnostic[] {
  return document.problems.map((problem) => ({
    range: {
      start: { line: problem.line, character: 0 },
      end: { line: problem.line, character: document.text.line(problem.line).length },
    },
    severity: problem.severity === "error" ? severityOfError : warning,
    source: "nbls",
    message: sanitize(problem.message),
  }));
}

/** What a client can make of diagnostics. */
export interface DiagnosticsView {
  /** It shows other places beside a diagnostic. */
  readonly relatedInformation: boolean;
  /** It shows status and one-line results as inlay hints: they are no diagnostics too. */
  readonly hasHints: boolean;
}

/**
 * Outputs as diagnostics, for clients that can show them by nothing else: the cell's status as a hint at the end of its
 * marker line, its output lines as information under it, its error at what failed.
 */
export function outputDiagnostics(document: MirrorDocument, view: DiagnosticsView): Diagnostic[] {
  return document.cells.flatMap((cell) => {
    const cellView = new CellView(document, cell);
    return [...textDiagnostics(cellView, view), ...errorDiagnostic(document.uri, cellView, view)];
  });
}

/** The errors at what failed, for clients that draw all the rest by themselves. */
export function errorDiagnostics(document: MirrorDocument, view: DiagnosticsView): Diagnostic[] {
  return document.cells.flatMap((cell) => errorDiagnostic(document.uri, new CellView(document, cell), view));
}

function textDiagnostics(cell: CellView, view: DiagnosticsView): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const add = (range: Range, severity: DiagnosticSeverity, message: string) =>
    diagnostics.push({ range, severity, source: "nbls", message });
  const { status, output } = cell;
  if (status !== "" && !view.hasHints) {
    const { end } = cell.markerLine;
    add({ start: end, end }, hint, status);
  }
  const text = output === undefined ? "" : outputText(output.lines, output.hiddenLineCount);
  if (text !== "" && !(view.hasHints && cell.result?.isAll === true)) {
    // At the first column, so that the editor draws the lines from the left edge on.
    const start = { line: cell.anchor.line, character: 0 };
    add({ start, end: start }, information, text);
  }
  return diagnostics;
}

function errorDiagnostic(uri: string, { error }: CellView, view: DiagnosticsView): Diagnostic[] {
  if (error === undefined) return [];
  const { range, message } = error;
  const related = error.related.map((each) => ({ location: { uri, range: each.range }, message: each.message }));
  const hasRelated = view.relatedInformation && related.length > 0;
  return [{ range, severity: severityOfError, source: "nbls", message, ...(hasRelated && { relatedInformation: related }) }];
}

function outputText(lines: Parameters<typeof plainText>[0], hiddenLineCount: number): string {
  const text = plainText(lines);
  if (hiddenLineCount === 0) return text;
  const more = moreLines(hiddenLineCount);
  return text === "" ? more : `${more}\n${text}`;
}
