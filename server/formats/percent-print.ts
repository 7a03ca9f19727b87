import type { Cell, Notebook } from "../notebook/model.ts";
import { isActive } from "./active.ts";
import { blankLinesBetween } from "./blank-lines.ts";
import { magicLanguage } from "./cell-language.ts";
import type { FormatContext } from "./format.ts";
import { isHeaderCell, printHeader } from "./header.ts";
import { extensionFor, extensionOf, type ScriptLanguage, scriptLanguage, scriptLanguages } from "./languages.ts";
import { commentMagics } from "./magics.ts";
import type { BodyReading } from "./percent-body.ts";
import { escapeMarker, escapedMarker } from "./marker-escape.ts";
import { type MarkerReader, markerReader, printMarker } from "./marker.ts";
import { type StringState, stringStateAfter } from "./string-state.ts";

/** A notebook as a script, in the form jupytext writes it. */
export function printPercent(notebook: Notebook, context: FormatContext): string {
  const language = languageOf(notebook, context);
  const extension = extensionOf(context.path) || extensionFor(language.id);
  const markers = markerReader(language.comment, "jupytext");
  const [first] = notebook.cells;
  const headerCell = context.withoutHeader !== true && first?.kind === "raw" && isHeaderCell(first.source) ? first : undefined;
  const header =
    context.withoutHeader === true
      ? []
      : printHeader(
          notebook.metadata,
          language.comment,
          isScript(extension) ? context.path.slice(-extension.length) : extensionFor(language.id),
          headerCell?.source,
        );
  // Only a header says that comments may be magics of every kind.
  const magics = context.withoutHeader === true ? "certain" : "all";
  const cells = headerCell === undefined ? notebook.cells : notebook.cells.slice(1);

  const texts = cells.map((cell) => printCell(cell, { language, markers, magics }));
  // From the end on, because the blank lines of a cell depend on what follows; collected in reverse.
  const reversed: string[][] = [];
  let below: readonly string[] = [];
  for (const [index, text] of [...texts.entries()].reverse()) {
    const asked = cells[index]?.metadata["lines_to_next_cell"];
    const blank = typeof asked === "number" && asked >= 0 && asked <= 100 ? asked : blankLinesBetween(text, below, extension);
    const parted = [...text, ...Array.from({ length: blank }, () => "")];
    reversed.push(parted);
    // Only the beginning of what follows is looked at, and a cell of blank lines and comments says too little.
    below = parted.some((line) => line.trim() !== "" && !line.startsWith(language.comment))
      ? parted
      : [...parted, ...below].slice(0, 200);
  }
  const askedBelowHeader = headerCell?.metadata["lines_to_next_cell"];
  const belowHeader =
    typeof askedBelowHeader === "number" ? (askedBelowHeader > 0 ? 1 : 0) : cells.length === 0 || header.length === 0 ? 0 : 1;
  return `${[...header, ...Array.from({ length: belowHeader }, () => ""), ...reversed.reverse().flat()].join("\n").replace(/\n+$/, "")}\n`;
}

/** The language that a notebook's script would be in, by the target's ending first. */
function languageOf(notebook: Notebook, context: FormatContext): ScriptLanguage {
  const extension = extensionOf(context.path);
  return scriptLanguage(isScript(extension) ? context.path : "", context.languageId ?? notebook.language);
}

function isScript(extension: string): boolean {
  return scriptLanguages.some((language) => language.extensions.includes(extension));
}

/** The lines of one cell: its marker and its body, without blank lines behind. */
export function printCell(cell: Cell, { language, markers, magics }: BodyReading): string[] {
  const { comment } = language;
  const lines = cell.source === "" ? [] : cell.source.split("\n");
  const extension = language.extensions[0]?.slice(1) ?? "";
  // Code that takes part in scripts only is raw text in notebooks.
  const isActiveRaw = cell.kind === "raw" && !isActive("ipynb", cell.metadata) && isActive(extension, cell.metadata);
  if (cell.kind === "code" || isActiveRaw) {
    const magic = magicLanguage(lines[0] ?? "");
    if (magic !== undefined && magic.name.toLowerCase() !== language.jupyterName.toLowerCase() && !("active" in cell.metadata)) {
      const args = magic.args === "" ? {} : { magic_args: magic.args };
      const marker = printMarker(comment, "code", { ...cell.metadata, ...args, language: magic.name });
      return [marker, ...commentLines(lines.slice(1), comment, markers)];
    }
    if (!isActive(extension, cell.metadata))
      return [printMarker(comment, "code", cell.metadata), ...commentLines(lines, comment, markers)];
    const indent = lines[0]?.trim() ? (/^\s*/.exec(lines[0])?.[0] ?? "") : "";
    const body = escapeCode(commentMagics(lines, language, magics), language, markers);
    return [printMarker(comment, "code", cell.metadata, indent), ...body];
  }
  const marker = printMarker(comment, cell.kind, cell.metadata);
  if (language.id === "python") {
    const quoted = quoteProse(lines, cell, markers);
    if (quoted !== undefined) return [marker, ...quoted];
  }
  return [marker, ...commentLines(lines.length === 0 ? [""] : lines, comment, markers)];
}

function commentLines(lines: readonly string[], comment: string, markers: MarkerReader): string[] {
  return lines.map((line) => escapeMarker(line === "" ? comment : `${comment} ${line}`, comment, markers));
}

/** Lines inside of multi-line strings are no markers and stay as they are. */
function escapeCode(lines: readonly string[], language: ScriptLanguage, markers: MarkerReader): string[] {
  let state: StringState = 0;
  return lines.map((line) => {
    const escaped = state === 0 ? escapeMarker(line, language.comment, markers) : line;
    if (language.hasLongStrings) state = stringStateAfter(line, state, language.comment);
    return escaped;
  });
}

/** Prose between triple quotes, where the cell asks for it or holds a line that would be read as a marker. */
function quoteProse(lines: readonly string[], cell: Cell, markers: MarkerReader): string[] | undefined {
  const asked = cell.metadata["cell_marker"];
  const wanted = typeof asked === "string" && /^[rR]?("""|''')$/.test(asked) ? asked : undefined;
  const looksLikeMarker = () =>
    lines.some((line) => markers.test(`# ${line}`) || escapedMarker(`# ${line}`, "#", markers) !== undefined);
  if (wanted === undefined && !looksLikeMarker()) return undefined;
  const quotes = wanted?.slice(-3) ?? '"""';
  const text = lines.join("\n");
  if (text === "" || text.includes(quotes)) return undefined;
  const raw = wanted?.length === 4 ? wanted[0] : text.includes("\\") ? "r" : "";
  return [`${raw}${quotes}`, ...lines, quotes];
}
