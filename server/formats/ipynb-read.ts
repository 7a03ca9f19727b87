import type { JsonObject } from "../jupyter/message.ts";
import { joinMultiline, type Output } from "../jupyter/nbformat.ts";
import type { Cell, CellKind, Notebook, Problem } from "../notebook/model.ts";
import { decode, elements, JsonError, type JsonMember, type JsonSpan, lineAt, members, scanDocument } from "./json-spans.ts";
import { jupyterNameOf, notebookLanguage } from "./languages.ts";
import { jupyterStyle, printJson } from "./json-style.ts";
import { readVersion3 } from "./nbformat3.ts";
import { readOutput } from "./stored-output.ts";

/** An output of the file and where it stands. */
export interface PlacedOutput {
  readonly output: Output | undefined;
  readonly span: JsonSpan;
}

/** A cell of the file: what it says, and where its bytes stand. */
export interface PlacedCell {
  readonly cell: Cell;
  readonly span: JsonSpan;
  readonly members: ReadonlyMap<string, JsonMember>;
  /** Parsed when first asked for. */
  readonly outputs: () => readonly PlacedOutput[];
}

/** A notebook file as it was read. */
export interface ReadNotebook {
  readonly text: string;
  readonly notebook: Notebook;
  readonly problems: readonly Problem[];
  /** Where its parts stand; `undefined` for what cannot be written back: no notebook, or one of an older format. */
  readonly places: NotebookPlaces | undefined;
}

export interface NotebookPlaces {
  readonly root: JsonSpan;
  readonly metadata: JsonMember | undefined;
  /** The list of cells. */
  readonly list: JsonSpan;
  readonly cells: readonly PlacedCell[];
  /** From 4.5 on cells have ids. */
  readonly hasIds: boolean;
}

/** Reads the text of an `.ipynb`. Never throws; outputs are parsed when they are asked for. */
export function readNotebook(text: string): ReadNotebook {
  try {
    return readRoot(text);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return failed(text, `no valid JSON: ${error.message}`, lineAt(text, error.offset));
  }
}

/** The text of a new notebook. */
export function newNotebook(options: {
  readonly language: string;
  readonly kernelspec?: { readonly name: string; readonly displayName: string };
}): string {
  const language = jupyterNameOf(options.language);
  const { kernelspec } = options;
  const metadata = {
    ...(kernelspec === undefined
      ? {}
      : { kernelspec: { display_name: kernelspec.displayName, language, name: kernelspec.name } }),
    language_info: { name: language },
  };
  return `${printJson({ cells: [], metadata, nbformat: 4, nbformat_minor: 5 }, jupyterStyle, 0)}\n`;
}

function readRoot(text: string): ReadNotebook {
  const start = text.startsWith("\ufeff") ? 1 : 0;
  if (text.slice(start).trim() === "") {
    // Nothing was written yet: a new notebook.
    const fresh = readRoot(newNotebook({ language: "python" }));
    return { ...fresh, text, notebook: { ...fresh.notebook, metadata: {} } };
  }
  const root = scanDocument(text, start);
  if (text[root.start] !== "{") return failed(text, "a notebook is a JSON object, and this is not one", 0);
  const parts = new Map(members(text, root).map((member) => [member.key, member]));
  const value = (key: string) => {
    const member = parts.get(key);
    return member === undefined ? undefined : decode(text, member.value);
  };
  const cells = parts.get("cells");
  const version = value("nbformat") ?? (cells === undefined ? undefined : 4);
  if (version === 3) return readVersion3(text, decode(text, root));
  if (version === undefined) return failed(text, "this JSON is no notebook: it has no cells", 0);
  if (version !== 4) {
    const advice =
      typeof version === "number" && version < 4
        ? "convert it with `jupyter nbconvert --to notebook --nbformat 4`"
        : "it was written by a newer Jupyter";
    return failed(text, `notebooks of format ${JSON.stringify(version)} cannot be read; ${advice}`, 0);
  }
  if (cells === undefined || text[cells.value.start] !== "[") {
    return failed(text, "the notebook's `cells` are missing or no list", cells === undefined ? 0 : lineAt(text, cells.keyStart));
  }
  const metadata = value("metadata");
  const minor = value("nbformat_minor");
  return readVersion4(
    text,
    root,
    cells.value,
    parts.get("metadata"),
    objectOf(metadata),
    typeof minor === "number" && minor >= 5,
  );
}

function readVersion4(
  text: string,
  root: JsonSpan,
  list: JsonSpan,
  metadataMember: JsonMember | undefined,
  metadata: JsonObject,
  hasIds: boolean,
): ReadNotebook {
  const language = notebookLanguage(metadata);
  const problems: Problem[] = [];
  const seen = new Set<string>();
  const cells = elements(text, list).map((span): PlacedCell => {
    const placed = readCell(text, span, language);
    const { id } = placed.cell;
    if (id === undefined) return placed;
    const isUsable = hasIds && !seen.has(id);
    if (hasIds && !isUsable) {
      problems.push({
        line: lineAt(text, span.start),
        severity: "warning",
        message: `the cell id ${JSON.stringify(id)} is used twice`,
      });
    }
    seen.add(id);
    return isUsable ? placed : withoutId(placed);
  });
  const notebook = { language, metadata, cells: cells.map(({ cell }) => cell) };
  return { text, notebook, problems, places: { root, metadata: metadataMember, list, cells, hasIds } };
}

function readCell(text: string, span: JsonSpan, notebookLanguageId: string): PlacedCell {
  const parts = new Map(members(text, span).map((member) => [member.key, member]));
  const value = (key: string) => {
    const member = parts.get(key);
    return member === undefined ? undefined : decode(text, member.value);
  };
  const id = value("id");
  const kind = kindOf(value("cell_type"));
  const metadata = objectOf(value("metadata"));
  const executionCount = value("execution_count");
  const outputs = once(() => {
    const member = parts.get("outputs");
    return member === undefined
      ? []
      : elements(text, member.value).map((span) => ({ output: readOutput(decode(text, span)), span }));
  });
  const known = once(() => outputs().flatMap(({ output }) => (output === undefined ? [] : [output])));
  return {
    cell: {
      id: typeof id === "string" && id !== "" ? id : undefined,
      kind,
      language: kind === "code" ? cellLanguage(metadata, notebookLanguageId) : kind === "markdown" ? "markdown" : "plaintext",
      source: joinMultiline(value("source")) ?? "",
      metadata,
      executionCount: typeof executionCount === "number" ? executionCount : null,
      get outputs() {
        return known();
      },
    },
    span,
    members: parts,
    outputs,
  };
}

function withoutId(placed: PlacedCell): PlacedCell {
  const { kind, language, source, metadata, executionCount } = placed.cell;
  const cell: Cell = {
    id: undefined,
    kind,
    language,
    source,
    metadata,
    executionCount,
    get outputs() {
      return placed.cell.outputs;
    },
  };
  return { ...placed, cell };
}

/** Cells of types that this program does not know are kept, and shown as raw text. */
function kindOf(cellType: unknown): CellKind {
  return cellType === "code" || cellType === "markdown" ? cellType : "raw";
}

/** VS Code stores the language of a cell that has another one than its notebook. */
function cellLanguage(metadata: JsonObject, otherwise: string): string {
  const languageId = objectOf(metadata["vscode"])["languageId"];
  return typeof languageId === "string" && languageId !== "" ? languageId : otherwise;
}

function failed(text: string, message: string, line: number): ReadNotebook {
  const notebook: Notebook = { language: "python", metadata: {}, cells: [] };
  return { text, notebook, problems: [{ line, severity: "error", message }], places: undefined };
}

function objectOf(value: unknown): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

function once<T>(compute: () => T): () => T {
  let value: { readonly computed: T } | undefined;
  return () => (value ??= { computed: compute() }).computed;
}
