import type { CompletionItem, CompletionItemKind, CompletionList } from "vscode-languageserver";
import type { CompletionResult } from "../hub/hub.ts";
import { sanitize } from "../render/ansi.ts";

/** LSP's CompletionItemKind for the types that ipykernel (from jedi), IRkernel and Deno give. */
const kinds: ReadonlyMap<string, CompletionItemKind> = new Map<string, CompletionItemKind>([
  ["text", 1],
  ["method", 2],
  ["function", 3],
  ["constructor", 4],
  ["field", 5],
  ["param", 6],
  ["variable", 6],
  ["instance", 6],
  ["statement", 6],
  ["class", 7],
  ["interface", 8],
  ["module", 9],
  ["namespace", 9],
  ["property", 10],
  ["enum", 13],
  ["keyword", 14],
  ["magic", 14],
  ["file", 17],
  ["path", 17],
  ["folder", 19],
  ["constant", 21],
]);

/** A kernel's matches. `null`: it did not answer in time, so the editor is to ask again as typing goes on. */
export function completionList(result: CompletionResult | null): CompletionList {
  if (result === null) return { isIncomplete: true, items: [] };
  const range = { start: result.start, end: result.end };
  const items = result.items.map(({ text, type, signature }, index): CompletionItem => {
    const item: CompletionItem = {
      label: sanitize(text),
      textEdit: { range, newText: text },
      // The kernel has put them in order already.
      sortText: String(index).padStart(5, "0"),
      filterText: text,
    };
    const kind = kinds.get(type ?? "");
    if (kind !== undefined) item.kind = kind;
    if (signature !== undefined && signature !== "") item.detail = sanitize(signature);
    return item;
  });
  return { isIncomplete: false, items };
}
