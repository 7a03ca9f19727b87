import type { Limits } from "../base/limits.ts";
import type { Format } from "../formats/format.ts";
import { newNotebook, openIpynb } from "../formats/ipynb.ts";
import { extensionFor, extensionOf, scriptLanguage } from "../formats/languages.ts";
import { convert, formatFor, formats } from "../formats/registry.ts";
import { newCellId } from "../notebook/identity.ts";
import type { Notebook } from "../notebook/model.ts";
import { NblsError } from "../protocol/errors.ts";
import { fileStamp, readText, writeTextAtomically } from "./files.ts";

/** A notebook's file as values, with the format that it was read by. */
export interface ReadFile {
  readonly path: string;
  readonly text: string;
  readonly format: Format;
  readonly notebook: Notebook;
}

/** Reads a notebook in any format. Throws `unreadable` with line and reason for a text that is none. */
export async function readNotebookFile(path: string, limits: Limits): Promise<ReadFile> {
  const { text } = await readText(path, limits.fileBytesMax);
  // By the ending alone: an `.ipynb` on disk that is no JSON is broken, not a script.
  const format = formatOf(path);
  const { notebook, problems } = format.parse(text, { path });
  const error = problems.find(({ severity }) => severity === "error");
  if (error !== undefined) throw new NblsError("unreadable", `${path}, line ${error.line + 1}: ${error.message}`);
  return { path, text, format, notebook };
}

/** Where a conversion goes: a path, whose ending tells the format, or a format alone. */
export interface ConversionTarget {
  readonly path?: string | undefined;
  /** `ipynb` or `percent`; wins over the path's ending. */
  readonly format?: string | undefined;
}

export interface ConvertedFile {
  readonly path: string;
  readonly text: string;
  /** What the new format cannot hold: sentences for people. */
  readonly warnings: readonly string[];
}

/** The notebook in another format, and the path that such a file has beside the old one. */
export function convertNotebook({ path, text, format, notebook }: ReadFile, target: ConversionTarget): ConvertedFile {
  const to = target.format === undefined ? formatOf(target.path ?? "") : formatNamed(target.format);
  const ending = to.id === "ipynb" ? ".ipynb" : extensionFor(notebook.language);
  const newPath = target.path ?? path.slice(0, path.length - extensionOf(path).length) + ending;
  if (formatOf(newPath) !== to)
    throw new NblsError(
      "unsupported_format",
      `${newPath}: a file of the format ${to.id} has another ending (${to.extensions.join(" ")})`,
    );
  if (to === format) return { path: newPath, text, warnings: [] };
  const converted = convert(text, { path }, { path: newPath, languageId: notebook.language });
  if (converted === undefined) throw new NblsError("unsupported_format", `${path}: cannot be converted to ${to.id}`);
  return { path: newPath, text: converted.text, warnings: converted.problems.map(({ message }) => message) };
}

/** The notebook's text in its own format without what its cells printed; its other bytes stay. */
export function withoutOutputs({ text, format, notebook }: ReadFile): string {
  if (format.id !== "ipynb") return text;
  const cells = notebook.cells.map((cell) => ({ ...cell, id: cell.id ?? newCellId(), executionCount: null, outputs: [] }));
  return openIpynb(text).rewrite(cells);
}

/** The text of a new notebook: empty, or with the cells of another one, without their outputs. */
export function newNotebookText(path: string, template: ReadFile | undefined): string {
  const format = formatOf(path);
  if (template !== undefined) {
    const text = withoutOutputs(template);
    return template.format === format ? text : convertNotebook({ ...template, text }, { path }).text;
  }
  if (format.id === "ipynb") return newNotebook({ language: "python" });
  // One empty cell to begin in: a script without a marker would be a single cell for good.
  const { id: language } = scriptLanguage(path);
  const cell = { id: undefined, kind: "code", language, source: "", metadata: {}, executionCount: null, outputs: [] } as const;
  return format.print({ language, metadata: {}, cells: [cell] }, { path });
}

/** Writes a whole file or nothing; one that exists already only with `force`. */
export async function writeNotebookFile(path: string, text: string, force: boolean): Promise<void> {
  if (!force && (await fileStamp(path)) !== undefined)
    throw new NblsError("conflict", `${path} exists already and was not replaced; --force replaces it`);
  await writeTextAtomically(path, text);
}

function formatOf(path: string): Format {
  const format = formatFor(path);
  if (format === undefined)
    throw new NblsError("unsupported_format", `${path}: no notebook format is known for this kind of file`);
  return format;
}

function formatNamed(name: string): Format {
  const format = formats.find(({ id }) => id === name);
  if (format === undefined)
    throw new NblsError(
      "unsupported_format",
      `there is no format ${name}; there are ${formats.map(({ id }) => id).join(" and ")}`,
    );
  return format;
}
