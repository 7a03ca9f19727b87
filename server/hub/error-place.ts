import type { Range } from "../base/text.ts";
import { isOver, type Execution } from "../engine/execution.ts";
import type { ErrorOutput } from "../jupyter/nbformat.ts";
import type { CellSpan } from "../notebook/model.ts";
import { definitionLine } from "./definitions.ts";
import type { ErrorPlace } from "./hub.ts";
import { ipykernelFileNumber } from "./ipykernel-names.ts";
import { lineNow } from "./line-map.ts";
import type { Replica } from "./replica.ts";
import { subjectOf, textualFrames, undefinedName, wordPlaces } from "./textual-frames.ts";
import { numberedFrames, type Columns, type Frame } from "./traceback.ts";

/** Places beside the one that raised: enough for the way there, and no recursion in full. */
const relatedMax = 10;

/**
 * Where the last error of an execution stands in the document as it is now; `executions` are those of the notebook, oldest
 * first. The traceback speaks of the sources that were
 * executed; lines that were edited since are left out, the others are found where they stand. Costs the lengths of the
 * traceback and of the cells that it names; where a name is not defined, that of the document.
 */
export function errorPlace(executions: readonly Execution[], replica: Replica, execution: Execution): ErrorPlace | undefined {
  const error = execution.fold.lastError();
  const cell = replica.cellOf(execution.cellId);
  if (error === undefined || cell === undefined) return undefined;
  const places = placesOf(executions, replica, execution, error, framesOf(error, execution, cell.language));
  // The innermost frame of the cell that raised; the others lead there, or on from there.
  const raised = places.findLast((place) => place.executionId === execution.id);
  const definition = definitionOf(executions, replica, execution, error);
  const related = distinct(places.filter((place) => place !== raised).reverse()).map(({ range, cellNumber, name }) => ({
    range,
    message: `${name === undefined ? "" : `in ${name}, `}cell ${cellNumber}`,
  }));
  return {
    ...(raised === undefined ? {} : { range: raised.range }),
    ...(definition === undefined ? {} : { hint: definition.message }),
    related: [...(definition === undefined ? [] : [definition]), ...related].slice(0, relatedMax),
  };
}

function framesOf(error: ErrorOutput, execution: Execution, language: string): readonly Frame[] {
  const numbered = numberedFrames(error);
  const frames = numbered.length > 0 ? numbered : textualFrames(error, execution.source, language);
  if (frames.length > 0) return frames;
  // Where there is only one line, that is it.
  const filled = execution.source.split("\n").flatMap((text, line) => (text.trim() === "" ? [] : [line]));
  const [only] = filled;
  return filled.length === 1 && only !== undefined ? [{ source: { isOwn: true }, line: only }] : [];
}

interface Place {
  readonly executionId: string;
  readonly range: Range;
  /** 1-based, as `nbls cells` counts. */
  readonly cellNumber: number;
  readonly name: string | undefined;
}

function placesOf(
  executions: readonly Execution[],
  replica: Replica,
  raising: Execution,
  error: ErrorOutput,
  frames: readonly Frame[],
): readonly Place[] {
  const others = new SourceFinder(executions, raising);
  const subject = subjectOf(error);
  return frames.flatMap((frame) => {
    const execution = others.find(frame);
    const cell = execution && replica.cellOf(execution.cellId);
    if (execution === undefined || cell === undefined) return [];
    const line = executedLine(execution.source, frame);
    const range = line === undefined ? undefined : rangeNow(replica, cell, execution.source, line, frame, subject);
    if (range === undefined) return [];
    return [{ executionId: execution.id, range, cellNumber: replica.ids.indexOf(execution.cellId) + 1, name: frame.name }];
  });
}

/** Finds the execution that a frame's source was sent by. */
class SourceFinder {
  readonly #raising: Execution;
  /** Executions of the same process, newest first. */
  readonly #candidates: readonly Execution[];

  constructor(executions: readonly Execution[], raising: Execution) {
    this.#raising = raising;
    const sameProcess = executions.filter(({ kernelPid }) => kernelPid !== undefined && kernelPid === raising.kernelPid);
    this.#candidates = [raising, ...sameProcess.filter((execution) => execution !== raising).reverse()];
  }

  find({ source, line }: Frame): Execution | undefined {
    if ("isOwn" in source) return this.#raising;
    if ("count" in source) return this.#candidates.find(({ executionCount }) => executionCount === source.count);
    if ("file" in source) return this.#candidates.find((execution) => ipykernelFileNumber(execution.source) === source.file);
    return this.#candidates.find((execution) => execution.source.split("\n")[line]?.includes(source.holds) === true);
  }
}

/**
 * The line of the source as it was sent. IPython takes leading blank lines away before it counts, and a magic away before it
 * shows the line; a frame that shows another text than its line has is of another source.
 */
function executedLine(source: string, { line, text }: Frame): number | undefined {
  const lines = source.split("\n");
  const leading = lines.findIndex((candidate) => candidate.trim() !== "");
  const isThere = (at: number) => text === undefined || lines[at]?.trim() === text;
  if (isThere(line)) return lines[line] === undefined ? undefined : line;
  const shifted = line + Math.max(0, leading);
  if (isThere(shifted)) return shifted;
  return /get_ipython\(\)|Could not get source/.test(text ?? "") && lines[shifted] !== undefined ? shifted : undefined;
}

function rangeNow(
  replica: Replica,
  cell: CellSpan,
  executed: string,
  line: number,
  frame: Frame,
  subject: string | undefined,
): Range | undefined {
  const current = replica.scanner.source(cell);
  const now = lineNow(executed, current, line);
  if (now === undefined) return undefined;
  const text = current.split("\n")[now] ?? "";
  const indent = text.length - text.trimStart().length;
  const trimmed = { start: indent, end: Math.max(indent, text.trimEnd().length) };
  const columns = shifted(frame, executed.split("\n")[line] ?? "", indent) ?? subjectColumns(text, subject) ?? trimmed;
  const start = replica.scanner.toDocument(cell, now, Math.min(columns.start, text.length));
  const end = replica.scanner.toDocument(cell, now, Math.min(columns.end, text.length));
  return start && end && { start, end };
}

/** The frame's columns in the line as it is now: those in a shown text are counted from its first character. */
function shifted({ text, columns }: Frame, executed: string, indent: number): Columns | undefined {
  if (columns === undefined) return undefined;
  const shift = text === undefined ? indent - (executed.length - executed.trimStart().length) : indent;
  return { start: Math.max(0, columns.start + shift), end: Math.max(0, columns.end + shift) };
}

function subjectColumns(text: string, subject: string | undefined): Columns | undefined {
  if (subject === undefined) return undefined;
  const [first, second] = wordPlaces(text, subject);
  return second === undefined ? first : undefined;
}

function distinct(places: readonly Place[]): readonly Place[] {
  const seen = new Set<string>();
  return places.filter(({ range: { start } }) => {
    const key = `${start.line}:${start.character}`;
    return !seen.has(key) && seen.add(key);
  });
}

/** The cell that defines the name that the error misses, and why it has not. */
function definitionOf(
  executions: readonly Execution[],
  replica: Replica,
  raising: Execution,
  error: ErrorOutput,
): { readonly range: Range; readonly message: string } | undefined {
  const name = undefinedName(error);
  if (name === undefined) return undefined;
  for (const [index, cell] of replica.scanner.cells.entries()) {
    const id = replica.ids[index];
    if (cell.kind !== "code" || id === undefined || id === raising.cellId) continue;
    const line = definitionLine(replica.scanner.source(cell), name, cell.language);
    const place = line === undefined ? undefined : replica.scanner.toDocument(cell, line, 0);
    if (line === undefined || place === undefined) continue;
    const why = whyNotDefined(
      executions.findLast(({ cellId }) => cellId === id),
      raising,
      name,
      cell.language,
    );
    if (why === undefined) continue;
    const message = `\`${name}\` is defined in cell ${index + 1}, ${why}`;
    return { range: { start: place, end: { line: place.line, character: replica.lines.line(place.line).length } }, message };
  }
  return undefined;
}

/** `undefined`: the cell ran as it stands here, so that it is not the reason. */
function whyNotDefined(execution: Execution | undefined, raising: Execution, name: string, language: string): string | undefined {
  if (execution === undefined) return "which has not run";
  if (!isOver(execution)) return "which has not run yet";
  if (execution.startedAt === undefined || execution.state === "cancelled") return "which has not run";
  if (execution.kernelPid !== raising.kernelPid) return "which has not run since the kernel started";
  if (execution.state !== "succeeded") return `which ${execution.state === "failed" ? "failed" : "did not run to its end"}`;
  return definitionLine(execution.source, name, language) === undefined ? "which was edited since it ran" : undefined;
}
