import type { Hover } from "vscode-languageserver";
import type { JsonObject } from "../jupyter/message.ts";
import { sanitize } from "../render/ansi.ts";
import { plainText } from "../render/span.ts";
import type { CellView } from "./cell-view.ts";
import type { MirrorDocument } from "./mirror.ts";
import { textLines } from "./shown-output.ts";

/** What a cell is and what it printed, for its marker line. */
export function cellHover(document: MirrorDocument, view: CellView): Hover {
  const { cell, wholeOutput: output, error } = view;
  const status = view.status || "not run";
  const kernel = document.kernel === undefined ? "" : ` · ${document.kernel.displayName}, ${document.kernel.status}`;
  const parts = [`**${escaped(cell.cell.title ?? `${cell.cell.kind} cell`)}** · ${status}${escaped(kernel)}`];
  const message = sanitize(cell.execution?.message ?? "");
  if (message !== "" && message !== error?.message) parts.push(fenced(message));
  if (error !== undefined) parts.push(escaped(error.message));
  if (output !== undefined && output.hiddenLineCount > 0) parts.push(`… ${output.hiddenLineCount} more lines`);
  if (output !== undefined && output.lines.length > 0) parts.push(fenced(plainText(textLines(output))));
  return { contents: { kind: "markdown", value: parts.join("\n\n") }, range: view.markerLine };
}

/** What a kernel says of a name. */
export function inspectionHover(data: JsonObject): Hover | null {
  const { "text/markdown": markdown, "text/plain": plain } = data;
  if (typeof markdown === "string") return { contents: { kind: "markdown", value: sanitize(markdown) } };
  return typeof plain !== "string" ? null : { contents: { kind: "markdown", value: fenced(sanitize(plain)) } };
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
