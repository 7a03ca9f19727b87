import type { JsonObject } from "../jupyter/message.ts";
import type { CellKind } from "../notebook/model.ts";
import { readTitleAndMetadata, writableMetadata, writePairs } from "./cell-metadata.ts";

/** What a marker line says about its cell. */
export interface Marker {
  readonly kind: CellKind;
  readonly title: string | undefined;
  readonly tags: readonly string[];
  readonly metadata: JsonObject;
}

/** Which comments are markers: jupytext's rules, or the ones of VS Code's interactive window. */
export type MarkerStyle = "jupytext" | "vscode";

/** Reads marker lines of one language. */
export interface MarkerReader {
  /** Whether a line has the form of a marker; where it stands is not looked at. */
  test(line: string): boolean;
  /** What a line that passed `test` says. */
  read(line: string): Marker;
}

const plain: Marker = { kind: "code", title: undefined, tags: [], metadata: {} };

/** A reader for the markers behind a comment prefix. */
export function markerReader(comment: string, style: MarkerStyle): MarkerReader {
  return style === "vscode" ? vscodeMarkers(comment) : jupytextMarkers(comment);
}

function jupytextMarkers(comment: string): MarkerReader {
  const prefix = escapeRegExp(comment);
  const withOptions = new RegExp(`^\\s*${prefix}\\s*%%(%*)\\s(.*)$`);
  const alone = new RegExp(`^\\s*${prefix}\\s*(?:%%|<codecell>|In\\[[0-9 ]*\\]:?)\\s*$`);
  return {
    test: (line) => line.includes(comment) && (withOptions.test(line) || alone.test(line)),
    read(line) {
      const match = withOptions.exec(line);
      return match === null ? plain : readOptions(match[2] ?? "", match[1]?.length ?? 0);
    },
  };
}

/** VS Code trims the line, asks for nothing behind `%%`, and knows no string. */
function vscodeMarkers(comment: string): MarkerReader {
  const prefix = escapeRegExp(comment);
  const code = new RegExp(`^\\s*(?:${prefix}\\s*%%|${prefix}\\s*<codecell>|${prefix}\\s*In\\[\\d*?\\]|${prefix}\\s*In\\[ \\])`);
  const markdown = new RegExp(`^\\s*(?:${prefix}\\s*%%\\s*\\[markdown\\]|${prefix}\\s*<markdowncell>)`);
  const options = new RegExp(`^\\s*${prefix}\\s*%%(%*)(.*)$`);
  return {
    test: (line) => line.includes(comment) && (code.test(line) || markdown.test(line)),
    read(line) {
      const match = options.exec(line);
      const marker = match === null ? plain : readOptions(match[2] ?? "", match[1]?.length ?? 0);
      return { ...marker, kind: markdown.test(line) ? "markdown" : "code" };
    },
  };
}

const kindMarks: readonly (readonly [string, CellKind])[] = [
  ["[markdown]", "markdown"],
  ["[raw]", "raw"],
  ["[md]", "markdown"],
];

function readOptions(options: string, depth: number): Marker {
  if (options.trim() === "" && depth === 0) return plain;
  const read = readTitleAndMetadata(options);
  const metadata: { [key: string]: unknown } = { ...read.metadata };
  let { title } = read;
  let kind: CellKind = "code";
  for (const [mark, marked] of kindMarks) {
    if (!title.includes(mark)) continue;
    title = title.replace(mark, "").trim();
    kind = marked;
    if (mark === "[md]") metadata["region_name"] = "md";
    break;
  }
  if (depth > 0) metadata["cell_depth"] = depth;
  if (title !== "") metadata["title"] = title;
  const tags = metadata["tags"];
  return {
    kind,
    title: title === "" ? undefined : title,
    tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string") : [],
    metadata,
  };
}

/** The marker line of a cell, with the code's own indentation where the cell begins with some. */
export function printMarker(comment: string, kind: CellKind, cellMetadata: JsonObject, indent = ""): string {
  const { title, cell_depth: depth, region_name: region, ...others } = writableMetadata(cellMetadata);
  const metadata: { [key: string]: unknown } = others;
  const words: string[] = [];
  if (typeof title === "string" && title !== "") {
    // A title with these characters would be read as metadata; it is written as such instead.
    if (/[{=]/.test(title) || /\s$|^\s|^\[|[\r\n]/.test(title)) metadata["title"] = title;
    else words.push(title);
  }
  if (kind !== "code") words.push(region === "md" && kind === "markdown" ? "[md]" : `[${kind}]`);
  else if (region !== undefined) metadata["region_name"] = region;
  const pairs = writePairs(metadata);
  if (pairs !== "") words.push(pairs);
  const level = typeof depth === "number" && depth > 0 ? "%".repeat(Math.min(depth, 16)) : "";
  return `${indent}${comment} ${[`%%${level}`, ...words].join(" ")}`;
}

export function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
