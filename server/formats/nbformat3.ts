import type { JsonObject } from "../jupyter/message.ts";
import { joinMultiline, type Output } from "../jupyter/nbformat.ts";
import type { Cell } from "../notebook/model.ts";
import type { ReadNotebook } from "./ipynb-read.ts";
import { languageIdOf } from "./languages.ts";
import { readOutput } from "./stored-output.ts";

const message =
  "this notebook has format 3 and can be read but not saved; convert it with `jupyter nbconvert --to notebook --nbformat 4` or `nbls convert`";

/** Short names of media types, as format 3 has them in outputs. */
const mediaTypes: { readonly [short: string]: string } = {
  text: "text/plain",
  html: "text/html",
  svg: "image/svg+xml",
  png: "image/png",
  jpeg: "image/jpeg",
  latex: "text/latex",
  json: "application/json",
  javascript: "application/javascript",
};

/** A notebook of format 3, upgraded as nbformat's `v4/convert.py` does it. It is not written back. */
export function readVersion3(text: string, root: unknown): ReadNotebook {
  const { name: _name, signature: _signature, ...metadata } = objectOf(objectOf(root)["metadata"]);
  const sheets = objectOf(root)["worksheets"];
  const stored = (Array.isArray(sheets) ? sheets : []).flatMap((sheet: unknown) => {
    const cells = objectOf(sheet)["cells"];
    return Array.isArray(cells) ? cells : [];
  });
  const first = stored.find((cell: unknown) => typeof objectOf(cell)["language"] === "string");
  const language = languageIdOf(joinMultiline(objectOf(first)["language"]) ?? "python");
  const notebook = { language, metadata, cells: stored.map((cell: unknown) => upgradeCell(objectOf(cell), language)) };
  return { text, notebook, problems: [{ line: 0, severity: "warning", message }], places: undefined };
}

function upgradeCell(stored: JsonObject, language: string): Cell {
  const source = joinMultiline(stored["source"]) ?? "";
  const metadata = objectOf(stored["metadata"]);
  const prose = { id: undefined, metadata, executionCount: null, outputs: [] };
  switch (stored["cell_type"]) {
    case "code": {
      const count = stored["prompt_number"];
      return {
        id: undefined,
        kind: "code",
        language,
        source: joinMultiline(stored["input"]) ?? "",
        metadata: typeof stored["collapsed"] === "boolean" ? { ...metadata, collapsed: stored["collapsed"] } : metadata,
        executionCount: typeof count === "number" ? count : null,
        outputs: (Array.isArray(stored["outputs"]) ? stored["outputs"] : []).flatMap((output: unknown) =>
          upgradeOutput(objectOf(output)),
        ),
      };
    }
    case "heading": {
      const level = typeof stored["level"] === "number" ? Math.min(Math.max(stored["level"], 1), 6) : 1;
      return {
        ...prose,
        kind: "markdown",
        language: "markdown",
        source: `${"#".repeat(level)} ${source.split(/\s*\n\s*/).join(" ")}`,
      };
    }
    case "markdown":
    case "html":
      return { ...prose, kind: "markdown", language: "markdown", source };
    default:
      return { ...prose, kind: "raw", language: "plaintext", source };
  }
}

function upgradeOutput(stored: JsonObject): Output[] {
  const { output_type: type, prompt_number: count, metadata, stream, ename, evalue, traceback, ...rest } = stored;
  const data: { [mediaType: string]: unknown } = {};
  for (const [key, value] of Object.entries(rest)) {
    const mediaType = Object.hasOwn(mediaTypes, key) ? (mediaTypes[key] ?? key) : key;
    if (mediaType.includes("/")) data[mediaType] = mediaType === "application/json" ? parseJson(value) : value;
  }
  const renamed = Object.fromEntries(
    Object.entries(objectOf(metadata)).map(([key, value]) => [
      Object.hasOwn(mediaTypes, key) ? (mediaTypes[key] ?? key) : key,
      value,
    ]),
  );
  const upgraded: JsonObject =
    type === "pyout"
      ? { output_type: "execute_result", execution_count: count ?? null, data, metadata: renamed }
      : type === "pyerr"
        ? { output_type: "error", ename, evalue, traceback }
        : type === "stream"
          ? { output_type: "stream", name: stream, text: rest["text"] }
          : { output_type: type, data, metadata: renamed };
  const output = readOutput(upgraded);
  return output === undefined ? [] : [output];
}

function parseJson(value: unknown): unknown {
  const text = joinMultiline(value);
  if (text === undefined) return value;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function objectOf(value: unknown): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}
