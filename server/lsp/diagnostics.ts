import type { Diagnostic, DiagnosticSeverity } from "vscode-languageserver";
import type { Position } from "../base/text.ts";
import { sanitize } from "../render/ansi.ts";
import { plainText } from "../render/span.ts";
import type { MirrorCell, MirrorDocument } from "./mirror.ts";
import { statusText } from "./status.ts";

const error: DiagnosticSeverity = 1;
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
    severity: problem.severity === "error" ? error : warning,
    source: "nbls",
    message: sanitize(problem.message),
  }));
}

/**
 * Outputs as diagnostics, for clients that can show them by nothing else: the cell's status as a hint at the end of its
 * marker line, its output lines as information under it, its error at the line that raised.
 */
export function outputDiagnostics(document: MirrorDocument): Diagnostic[] {
  return document.cells.flatMap((cell) => cellDiagnostics(document, cell));
}

function cellDiagnostics(document: MirrorDocument, cell: MirrorCell): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const add = (start: Position, end: Position, severity: DiagnosticSeverity, message: string) =>
    diagnostics.push({ range: { start, end }, severity, source: "nbls", message });
  const status = statusText(cell);
  if (status !== "") {
    const end = { line: cell.startLine, character: document.text.line(cell.startLine).length };
    add(end, end, hint, status);
  }
  const shown = document.shown.get(cell.id);
  if (shown === undefined) return diagnostics;
  const anchor = document.anchor(cell);
  const isHidden = document.hiddenOutputs.has(cell.id);
  const text = outputText(isHidden ? [] : shown.lines, shown.hiddenLineCount + (isHidden ? shown.lines.length : 0));
  // At the first column, so that the editor draws the lines from the left edge on.
  const start = { line: anchor.line, character: 0 };
  if (text !== "") add(start, start, information, text);
  if (shown.error !== undefined) {
    const line = shown.errorLine ?? anchor.line;
    const length = document.text.line(line).length;
    add(
      { line, character: Math.min(document.text.line(line).search(/\S|$/), length) },
      { line, character: length },
      error,
      shown.error,
    );
  }
  return diagnostics;
}

function outputText(lines: Parameters<typeof plainText>[0], hiddenLineCount: number): string {
  const text = plainText(lines);
  if (hiddenLineCount === 0) return text;
  const more = `… ${hiddenLineCount} more ${hiddenLineCount === 1 ? "line" : "lines"}`;
  return text === "" ? more : `${more}\n${text}`;
}
