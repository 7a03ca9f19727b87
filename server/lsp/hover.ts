import type { Hover } from "vscode-languageserver";
import type { JsonObject } from "../jupyter/message.ts";
import { sanitize } from "../render/ansi.ts";
import { plainText } from "../render/span.ts";
import type { MirrorCell, MirrorDocument } from "./mirror.ts";
import { textLines, type ShownOutput } from "./shown-output.ts";
import { statusText } from "./status.ts";

/** What a cell is and what it printed, for its marker line. */
export function cellHover(document: MirrorDocument, cell: MirrorCell, output: ShownOutput | undefined): Hover {
  const status = statusText(cell) || "not run";
  const kernel = document.kernel === undefined ? "" : ` · ${document.kernel.displayName}, ${document.kernel.status}`;
  const parts = [`**${escaped(cell.cell.title ?? `${cell.cell.kind} cell`)}** · ${status}${escaped(kernel)}`];
  const message = cell.execution?.message;
  if (message !== undefined) parts.push(fenced(sanitize(message)));
  if (output?.error !== undefined) parts.push(escaped(output.error));
  if (output !== undefined && output.hiddenLineCount > 0) parts.push(`… ${output.hiddenLineCount} more lines`);
  if (output !== undefined && output.lines.length > 0) parts.push(fenced(plainText(textLines(output))));
  const line = cell.startLine;
  return {
    contents: { kind: "markdown", value: parts.join("\n\n") },
    range: { start: { line, character: 0 }, end: { line, character: document.text.line(line).length } },
  };
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
