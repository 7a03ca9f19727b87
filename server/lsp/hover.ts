import type { Hover } from "vscode-languageserver";
import type { JsonObject } from "../jupyter/message.ts";
import { sanitize } from "../render/ansi.ts";
import { plainText } from "../render/span.ts";
import type { CellView } from "./cell-view.ts";
import type { MirrorDocument } from "./mirror.ts";
import { boundedMessage, moreLines, textLines } from "./shown-output.ts";

/** What a cell is and what it printed, for its marker line. */
export function cellHover(document: MirrorDocument, view: CellView): Hover {
  return { contents: { kind: "markdown", value: cellText(document, view) }, range: view.markerLine };
}

/**
 * For a place in a cell's code: what the kernel says of the name there, and below it the cell's state and output, unless
 * the client shows that by itself or the cell has none.
 */
export async function codeHover(
  document: MirrorDocument,
  view: CellView | undefined,
  inspected: JsonObject | null,
): Promise<Hover | null> {
  const hasOutput = view !== undefined && (view.status !== "" || view.wholeOutput !== undefined);
  const parts = [
    ...(inspected === null ? [] : await inspectionText(inspected)),
    ...(hasOutput ? [cellText(document, view)] : []),
  ];
  return parts.length === 0 ? null : { contents: { kind: "markdown", value: parts.join("\n\n---\n\n") } };
}

function cellText(document: MirrorDocument, view: CellView): string {
  const { cell, wholeOutput: output, error } = view;
  const status = view.status || "not run";
  const kernel = document.kernel === undefined ? "" : ` · ${document.kernel.displayName}, ${document.kernel.status}`;
  const parts = [`**${escaped(cell.cell.title ?? `${cell.cell.kind} cell`)}** · ${status}${escaped(kernel)}`];
  const message = boundedMessage(cell.execution?.message ?? "");
  if (message !== "" && message !== error?.message) parts.push(fenced(message));
  if (error !== undefined) parts.push(escaped(error.message));
  if (output !== undefined && output.hiddenLineCount > 0) parts.push(moreLines(output.hiddenLineCount));
  if (output !== undefined && output.lines.length > 0) parts.push(fenced(plainText(textLines(output))));
  return parts.join("\n\n");
}

/** What a kernel says of a name; nothing where that is no text. */
async function inspectionText({ "text/markdown": markdown, "text/plain": plain }: JsonObject): Promise<string[]> {
  if (typeof markdown === "string") {
    // Loaded with the first one: few kernels answer in Markdown.
    const { safeMarkdown } = await import("../render/safe-markdown.ts");
    return [safeMarkdown(sanitize(markdown))];
  }
  return typeof plain === "string" ? [fenced(sanitize(plain))] : [];
}

/** A fence longer than any inside, so that no output ends its own block. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
}

function escaped(text: string): string {
  return sanitize(text).replace(/[\\`*_{}[\]<>#|]/g, "\\$&");
}
