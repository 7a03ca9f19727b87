import type { Hover } from "vscode-languageserver";
import { hoverMarkdown } from "../render/hover-markdown.ts";
import type { MirrorCell, MirrorDocument } from "./mirror.ts";

/** A Markdown cell as it reads: with its formulas as text, and links that lead somewhere. */
export function markdownHover(document: MirrorDocument, cell: MirrorCell): Hover | null {
  const { start, end } = document.bodyRange(cell);
  const lines = document.text.lines.slice(start.line, end.line + (end.character > 0 ? 1 : 0));
  // The JSON of an `.ipynb` is no Markdown.
  const source = document.uri.endsWith(".ipynb") && document.text.line(0).startsWith("{") ? "" : uncommented(lines).join("\n");
  if (source.trim() === "") return null;
  const value = hoverMarkdown(source, (target) => resolved(target, document.uri));
  return { contents: { kind: "markdown", value }, range: { start, end } };
}

/** A script holds prose as comments, or between quotes on lines of their own. */
function uncommented(lines: readonly string[]): readonly string[] {
  const quote = /^[rR]?("""|''')\s*$/.exec(lines[0] ?? "")?.[1];
  if (quote !== undefined && lines.length > 1 && lines.at(-1)?.trim() === quote) return lines.slice(1, -1);
  const prefix = /^(?:#|\/\/|--|%)/.exec(lines.find((line) => line.trim() !== "") ?? "")?.[0];
  if (prefix === undefined || !lines.every((line) => line.trim() === "" || line.startsWith(prefix))) return lines;
  return lines.map((line) => line.slice(prefix.length).replace(/^ /, ""));
}

function resolved(target: string, uri: string): string {
  try {
    return new URL(target, uri).href;
  } catch {
    return target;
  }
}
