import type { JsonObject } from "../jupyter/message.ts";
import { matchCells } from "../notebook/match.ts";
import { sameJson } from "../notebook/same-json.ts";
import type { SavedCell } from "./format.ts";
import type { NotebookPlaces, PlacedCell } from "./ipynb-read.ts";
import type { Output } from "../jupyter/nbformat.ts";
import { decode, type JsonSpan, members } from "./json-spans.ts";
import {
  compareKeys,
  type JsonStyle,
  linesInParts,
  padding,
  printJson,
  printLines,
  separator,
  styleOf,
  wrap,
} from "./json-style.ts";
import { splitLines } from "./split-lines.ts";
import { storedOutput } from "./stored-output.ts";

/** Cells stand two levels deep: in the list, in the notebook. */
const cellLevel = 2;
/** Deeper than this, a changed value is written as a whole. */
const patchDepthMax = 64;

/** The text that is written to, in its own style. */
interface Target {
  readonly text: string;
  readonly places: NotebookPlaces;
  readonly style: JsonStyle;
}

/** `text` with `cells` in place of its own. What did not change keeps every byte. */
export function writeCells(text: string, places: NotebookPlaces, cells: readonly SavedCell[]): string {
  const target = targetOf(text, places);
  const kept = placedFor(places.cells, cells);
  const indexOf = new Map(places.cells.map((placed, index) => [placed, index]));
  const printed = cells.map((cell, index) => {
    const placed = kept[index];
    return placed === undefined ? printCell(target, cell) : patchCell(target, placed, cell);
  });
  const { list } = places;
  const items = replaceItems(
    text,
    list,
    places.cells.map(({ span }) => span),
    printed,
    kept.map((placed) => (placed === undefined ? -1 : (indexOf.get(placed) ?? -1))),
    target.style,
    cellLevel,
  );
  return text.slice(0, list.start) + items + text.slice(list.end);
}

/** `text` with other notebook metadata; members that did not change keep every byte. */
export function writeMetadata(text: string, places: NotebookPlaces, metadata: JsonObject): string {
  const { style } = targetOf(text, places);
  const { root } = places;
  const patched = patchObject(text, root, { metadata }, [], style, 0);
  return text.slice(0, root.start) + patched + text.slice(root.end);
}

function targetOf(text: string, places: NotebookPlaces): Target {
  const sample = places.cells.find(({ cell }) => cell.kind === "code") ?? places.cells[0];
  return { text, places, style: styleOf(text, [...(sample?.members.keys() ?? [])]) };
}

/** For each saved cell the file's cell that it is: by id, and by source and place where the file has no ids. */
function placedFor(placed: readonly PlacedCell[], cells: readonly SavedCell[]): (PlacedCell | undefined)[] {
  const byId = new Map(placed.map((candidate) => [candidate.cell.id, candidate]));
  const found = cells.map(({ id }) => {
    const candidate = byId.get(id);
    if (candidate !== undefined) byId.delete(id);
    return candidate;
  });
  const nameless = placed.filter(({ cell }) => cell.id === undefined);
  if (nameless.length === 0) return found;
  const open = cells.flatMap(({ kind, source }, index) => (found[index] === undefined ? [{ kind, source, index }] : []));
  const known = nameless.map(({ cell: { kind, source } }, at) => ({ id: String(at), kind, source }));
  for (const [at, id] of matchCells(known, open).entries()) {
    const index = open[at]?.index;
    if (index !== undefined && id !== undefined) found[index] = nameless[Number(id)];
  }
  return found;
}

function printCell({ places, style }: Target, cell: SavedCell): string {
  const stored: { [key: string]: unknown } = { cell_type: cell.kind };
  if (cell.kind === "code") stored["execution_count"] = cell.executionCount;
  if (places.hasIds) stored["id"] = cell.id;
  stored["metadata"] = cell.metadata;
  if (cell.kind === "code") stored["outputs"] = cell.outputs;
  stored["source"] = splitLines(cell.source);
  const outputs = () => {
    const each = cell.outputs.map((output) => printOutput(output, style, cellLevel + 2));
    return wrap("[", "]", each, style, cellLevel + 1);
  };
  // New cells have their keys in the order of the file's others.
  const sample = places.cells.find((placed) => placed.cell.kind === cell.kind);
  const order = [...(sample?.members.keys() ?? [])];
  const keys = Object.keys(stored).toSorted((a, b) => rank(order, a) - rank(order, b));
  const printed = keys.map((key) => {
    const json = key === "outputs" ? outputs() : printJson(stored[key], style, cellLevel + 1);
    return `${JSON.stringify(key)}:${style.space}${json}`;
  });
  return wrap("{", "}", printed, style, cellLevel);
}

function printOutput(output: Output, style: JsonStyle, level: number): string {
  if (output.output_type !== "stream") return printJson(storedOutput(output), style, level);
  // Sorted, as nbformat itself writes them.
  const { name, output_type } = output;
  const parts = output.parts?.() ?? linesInParts(output.text);
  const members = [
    `"name":${style.space}${printJson(name, style, level + 1)}`,
    `"output_type":${style.space}${printJson(output_type, style, level + 1)}`,
    `"text":${style.space}${printLines(parts, style, level + 1)}`,
  ];
  return wrap("{", "}", members, style, level);
}

function rank(order: readonly string[], key: string): number {
  const index = order.indexOf(key);
  return index < 0 ? order.length : index;
}

function patchCell(target: Target, placed: PlacedCell, cell: SavedCell): string {
  const { text, style, places } = target;
  const { cell: before, span } = placed;
  const changed: { [key: string]: unknown } = {};
  const removed: string[] = [];
  const raw = new Map<string, string>();
  if (before.kind !== cell.kind) {
    changed["cell_type"] = cell.kind;
    if (cell.kind !== "code") removed.push("outputs", "execution_count");
  }
  if (before.source !== cell.source) {
    const old = placed.members.get("source");
    const isString = old !== undefined && text[old.value.start] === '"';
    changed["source"] = isString ? cell.source : splitLines(cell.source);
  }
  if (!sameJson(before.metadata, cell.metadata)) changed["metadata"] = cell.metadata;
  if (cell.kind === "code") {
    if (before.kind !== "code" || before.executionCount !== cell.executionCount) changed["execution_count"] = cell.executionCount;
    const outputs = patchOutputs(target, placed, cell);
    if (outputs !== undefined) raw.set("outputs", outputs);
  }
  if (places.hasIds && before.id === undefined) changed["id"] = cell.id;
  if (Object.keys(changed).length === 0 && removed.length === 0 && raw.size === 0) return text.slice(span.start, span.end);
  return patchObject(text, span, changed, removed, style, cellLevel, raw);
}

/** The cell's outputs as JSON, with the bytes of those that the file has in the same place; `undefined` where none changed. */
function patchOutputs({ text, style }: Target, placed: PlacedCell, cell: SavedCell): string | undefined {
  const member = placed.members.get("outputs");
  if (member !== undefined && placed.cell.kind === "code" && cell.outputs === placed.cell.outputs) return undefined;
  const old = placed.outputs();
  const known = old.filter(({ output }) => output !== undefined);
  const isSame = (index: number) => sameJson(known[index]?.output, cell.outputs[index]);
  if (member !== undefined && known.length === cell.outputs.length && known.every((_, index) => isSame(index))) return undefined;
  const printed = cell.outputs.map((output, index) => {
    const span = known[index]?.span;
    if (span !== undefined && isSame(index)) return text.slice(span.start, span.end);
    return printOutput(output, style, cellLevel + 2);
  });
  return wrap("[", "]", printed, style, cellLevel + 1);
}

/**
 * The object at `span` with other values for some keys: only what differs is written anew. `raw` are values that are JSON
 * already.
 */
function patchObject(
  text: string,
  span: JsonSpan,
  changed: JsonObject,
  removed: readonly string[],
  style: JsonStyle,
  level: number,
  raw: ReadonlyMap<string, string> = new Map(),
): string {
  const all = members(text, span);
  const last = new Map(all.map((member) => [member.key, member]));
  // Of equal keys the last one counts, and the others stay as they are.
  const kept = all.filter((member) => !removed.includes(member.key));
  const printed = kept.map((member) => {
    const before = text.slice(member.keyStart, member.value.start);
    const isLast = last.get(member.key) === member;
    const json = isLast ? raw.get(member.key) : undefined;
    if (json !== undefined) return before + json;
    if (!isLast || !Object.hasOwn(changed, member.key)) return before + text.slice(member.value.start, member.value.end);
    return before + patchValue(text, member.value, changed[member.key], style, level + 1);
  });
  const origins = kept.map((member) => all.indexOf(member));
  const added = [...new Set([...Object.keys(changed), ...raw.keys()])].filter((key) => !last.has(key));
  const keys = kept.map(({ key }) => key);
  for (const key of added) {
    const json = raw.get(key) ?? printJson(changed[key], style, level + 1);
    const next = style.sortsKeys ? keys.findIndex((other) => compareKeys(other, key) > 0) : -1;
    const index = next < 0 ? keys.length : next;
    keys.splice(index, 0, key);
    origins.splice(index, 0, -1);
    printed.splice(index, 0, `${printJson(key, style, 0)}:${style.space}${json}`);
  }
  const spans = all.map((member) => ({ start: member.keyStart, end: member.value.end }));
  return replaceItems(text, span, spans, printed, origins, style, level + 1);
}

function patchValue(text: string, span: JsonSpan, value: unknown, style: JsonStyle, level: number): string {
  const before = decode(text, span);
  if (sameJson(before, value)) return text.slice(span.start, span.end);
  if (!isObject(before) || !isObject(value) || level > patchDepthMax) return printJson(value, style, level);
  const removed = Object.keys(before).filter((key) => !Object.hasOwn(value, key));
  const changed = Object.fromEntries(Object.entries(value).filter(([key, entry]) => !sameJson(before[key], entry)));
  return patchObject(text, span, changed, removed, style, level);
}

/**
 * The collection at `list` with other items. `items` are where its own stand, `origins` which of them each printed one comes
 * from (-1: none). Neighbours that stay neighbours keep what stands between them. Only the collection itself is built: a copy
 * of the text for each changed cell would make a large notebook impossible to save.
 */
function replaceItems(
  text: string,
  list: JsonSpan,
  items: readonly JsonSpan[],
  printed: readonly string[],
  origins: readonly number[],
  style: JsonStyle,
  level: number,
): string {
  const [first] = items;
  const final = items.at(-1);
  if (printed.length === 0 && items.length > 0) {
    return `${text.slice(list.start, list.start + 1)}${text.slice(list.end - 1, list.end)}`;
  }
  const opening = first === undefined ? padding(style, level) : text.slice(list.start + 1, first.start);
  const closing = final === undefined ? padding(style, level - 1) : text.slice(final.end, list.end - 1);
  if (printed.length === 0) return text.slice(list.start, list.end);
  const second = items[1];
  const between = first !== undefined && second !== undefined ? text.slice(first.end, second.start) : separator(style, level);
  const parts = [text.slice(list.start, list.start + 1), opening];
  for (const [index, item] of printed.entries()) {
    if (index > 0) {
      const origin = origins[index] ?? -1;
      const isNeighbour = origin > 0 && origins[index - 1] === origin - 1;
      parts.push(isNeighbour ? text.slice(items[origin - 1]?.end, items[origin]?.start) : between);
    }
    parts.push(item);
  }
  parts.push(closing, text.slice(list.end - 1, list.end));
  // Added and not joined, as `wrap` does.
  let result = "";
  for (const part of parts) result += part;
  return result;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
