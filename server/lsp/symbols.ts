import type { DocumentSymbol, SymbolInformation, SymbolKind } from "vscode-languageserver";
import type { Range } from "../base/text.ts";
import { sanitize } from "../render/ansi.ts";
import { cellLines } from "./cell-lines.ts";
import type { MirrorCell, MirrorDocument } from "./mirror.ts";

// LSP's SymbolKind: Module for cells, String for headings, as other Markdown servers have it.
const cellKind: SymbolKind = 2;
const headingKind: SymbolKind = 15;
const nameCharactersMax = 60;

/** The cells by their titles, with the headings of Markdown cells inside. */
export function documentSymbols(document: MirrorDocument): DocumentSymbol[] {
  if (!document.isNotebook) return [];
  return document.cells.map((cell, index) => {
    const line = cell.startLine;
    return {
      name: cellName(document, cell, index),
      detail: cell.cell.kind,
      kind: cellKind,
      range: document.range(cell),
      selectionRange: { start: document.range(cell).start, end: { line, character: document.text.line(line).length } },
      children: cell.cell.kind === "markdown" ? headings(document, cell) : [],
    };
  });
}

/** The same for clients that know no tree: in document order, each with the name of what it lies in. */
export function flatSymbols(uri: string, symbols: readonly DocumentSymbol[], containerName?: string): SymbolInformation[] {
  return symbols.flatMap((symbol) => {
    const { name, kind, range } = symbol;
    const own: SymbolInformation = { name, kind, location: { uri, range } };
    if (containerName !== undefined) own.containerName = containerName;
    return [own, ...flatSymbols(uri, symbol.children ?? [], name)];
  });
}

/** Its title, else its first line that says something, else its number. */
export function cellName(document: MirrorDocument, cell: MirrorCell, index: number): string {
  const title = cell.cell.title?.trim() ?? "";
  if (title !== "") return safe(title);
  const text = safe(firstLine(document, cell)).trim();
  const name = cell.cell.kind === "markdown" ? text.replace(/^#+\s*/, "") : text;
  return name === "" ? `Cell ${index + 1}` : name.slice(0, nameCharactersMax);
}

function firstLine(document: MirrorDocument, cell: MirrorCell): string {
  for (const { text } of cellLines(document, cell)) if (text.trim() !== "") return text;
  return "";
}

/** Nearly all names are plain ASCII; looking into each of a thousand would take longer than all the rest. */
function safe(text: string): string {
  return /^[ -~]*$/.test(text) ? text : sanitize(text);
}

function headings(document: MirrorDocument, cell: MirrorCell): DocumentSymbol[] {
  const lines = [...cellLines(document, cell)];
  const lastLine = lines.at(-1)?.line ?? cell.startLine;
  const roots: DocumentSymbol[] = [];
  // The headings that the next one may lie in, outermost first.
  let open: { level: number; symbol: DocumentSymbol }[] = [];
  let fence: string | undefined;
  for (const { line, text } of lines) {
    const mark = /^\s*(```|~~~)/.exec(text)?.[1];
    if (mark !== undefined) fence = fence === undefined ? mark : fence === mark ? undefined : fence;
    const match = fence === undefined ? /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/.exec(text) : null;
    if (match === null) continue;
    const level = match[1]?.length ?? 1;
    for (const ended of open.filter((entry) => entry.level >= level))
      ended.symbol.range = endingAt(document, ended.symbol.range, line - 1);
    open = open.filter((entry) => entry.level < level);
    const range = endingAt(document, { start: { line, character: 0 }, end: { line, character: 0 } }, lastLine);
    const selectionRange = { start: range.start, end: { line, character: document.text.line(line).length } };
    const name = safe(match[2] ?? "") || "(empty heading)";
    const symbol: DocumentSymbol = { name, kind: headingKind, range, selectionRange, children: [] };
    (open.at(-1)?.symbol.children ?? roots).push(symbol);
    open.push({ level, symbol });
  }
  return roots;
}

function endingAt(document: MirrorDocument, range: Range, line: number): Range {
  return { start: range.start, end: { line, character: document.text.line(line).length } };
}
