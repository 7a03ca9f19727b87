import type { TextLines } from "../base/text.ts";
import type { JsonObject } from "../jupyter/message.ts";
import type { Problem } from "../notebook/model.ts";
import { type MarkerReader, escapeRegExp } from "./marker.ts";
import { YamlError, printYaml, readYaml } from "./yaml.ts";

/** What stands above the first cell of a script: `#!`, an encoding line, and a commented YAML block. */
export interface Header {
  /** Lines that belong to the header and to no cell. */
  readonly lineCount: number;
  /** Notebook metadata: what stands under `jupyter:`. */
  readonly metadata: JsonObject;
  /** Where a raw cell begins that holds the header's other keys; `undefined` where there are none. */
  readonly rawStart: number | undefined;
  /** The source of that raw cell. */
  readonly rawSource: string;
  readonly problems: readonly Problem[];
}

const fence = /^---\s*$/;
const headerLinesMax = 1_000;

/** Reads the header of a script from its first lines. It ends before the first marker at the latest. */
export function readHeader(text: TextLines, comment: string, markers: MarkerReader): Header {
  const { lineCount } = text;
  const line = (index: number) => text.line(index);
  let start = 0;
  const jupytext: { [key: string]: unknown } = {};
  if (lineCount > 0 && line(0).startsWith("#!")) {
    jupytext["executable"] = line(0).slice(2);
    start = 1;
  }
  const encoding = new RegExp(`^[ \\t\\f]*${escapeRegExp(comment)}.*?coding[:=][ \\t]*([-_.a-zA-Z0-9]+)`);
  if (start < lineCount && encoding.test(line(start))) {
    jupytext["encoding"] = line(start);
    start += 1;
  }
  const extra = Object.keys(jupytext).length > 0 ? { jupytext } : {};
  const none: Header = { lineCount: start, metadata: extra, rawStart: undefined, rawSource: "", problems: [] };

  let first = -1;
  let last = -1;
  for (let index = start; index < Math.min(lineCount, start + headerLinesMax); index += 1) {
    if (!line(index).startsWith(comment) || markers.test(line(index))) break;
    const yaml = uncomment(line(index), comment);
    if (fence.test(yaml)) {
      if (first < 0) first = index;
      else {
        last = index;
        break;
      }
    } else if (first < 0 && yaml.trim() !== "") break;
  }
  if (last < 0) return none;

  const jupyter: string[] = [];
  const jupyterLines: number[] = [];
  const others: string[] = [];
  let inJupyter = false;
  for (let index = first + 1; index < last; index += 1) {
    const yaml = uncomment(line(index), comment);
    if (/^jupyter\s*:\s*$/.test(yaml)) inJupyter = true;
    else if (yaml !== "" && !/^\s/.test(yaml)) inJupyter = false;
    if (inJupyter) {
      jupyter.push(yaml);
      jupyterLines.push(index);
    } else others.push(yaml);
  }
  const { metadata, problems } = readJupyter(jupyter, jupyterLines);
  const blankFollows = last + 1 < lineCount && line(last + 1).trim() === "";
  return {
    lineCount: last + 1 + (blankFollows ? 1 : 0),
    metadata:
      Object.keys(jupytext).length === 0
        ? metadata
        : { ...metadata, jupytext: { ...objectOf(metadata["jupytext"]), ...jupytext } },
    rawStart: others.length > 0 ? start : undefined,
    rawSource: ["---", ...others, "---"].join("\n"),
    problems,
  };
}

function readJupyter(lines: readonly string[], lineNumbers: readonly number[]): { metadata: JsonObject; problems: Problem[] } {
  try {
    return { metadata: objectOf(objectOf(readYaml(lines))["jupyter"]), problems: [] };
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    const message = `the notebook's metadata is not readable: ${error.message}`;
    return { metadata: {}, problems: [{ line: lineNumbers[error.line] ?? 0, severity: "warning", message }] };
  }
}

function uncomment(line: string, comment: string): string {
  if (line.startsWith(`${comment} `)) return line.slice(comment.length + 1);
  return line.startsWith(comment) ? line.slice(comment.length) : line;
}

function objectOf(value: unknown): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

/** Notebook metadata that a script carries; the rest (widgets' state, `language_info` …) stays with the `.ipynb`. */
const written = ["jupytext", "kernelspec", "kernel_info", "orphan", "tocdepth"];

/** The header of a script for a notebook's metadata, with the keys of a leading raw `---` cell among its own. */
export function printHeader(notebook: JsonObject, comment: string, extension: string, rawSource: string | undefined): string[] {
  const { executable, encoding, ...jupytext } = objectOf(notebook["jupytext"]);
  const metadata: { [key: string]: unknown } = {
    ...Object.fromEntries(written.filter((key) => Object.hasOwn(notebook, key)).map((key) => [key, notebook[key]])),
    jupytext: { ...jupytext, text_representation: { extension, format_name: "percent", format_version: "1.3" } },
  };
  const own = rawSource === undefined ? [] : rawSource.trim().split("\n").slice(1, -1);
  const lines = ["---", ...own, ...printYaml({ jupyter: metadata }), "---"];
  return [
    ...(typeof executable === "string" ? [`#!${executable}`] : []),
    ...(typeof encoding === "string" ? [encoding] : []),
    ...lines.map((line) => (line === "" ? comment : `${comment} ${line}`)),
  ];
}

/** Whether a raw cell is one that a header carries: YAML between two `---` lines. */
export function isHeaderCell(source: string): boolean {
  const lines = source.trim().split("\n");
  if (lines.length < 2 || !fence.test(lines[0] ?? "") || !fence.test(lines.at(-1) ?? "")) return false;
  return !lines.slice(1, -1).some((line) => fence.test(line) || /^jupyter\s*:\s*$/.test(line));
}
