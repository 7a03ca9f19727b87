import type { ErrorOutput } from "../jupyter/nbformat.ts";
import { applySgr } from "../outputs/sgr.ts";

/**
 * Which executed source a frame lies in: the one with this execution count, the one whose text ipykernel hashes to this file
 * name, the one that raised, or one that holds this text in that line.
 */
export type FrameSource =
  | { readonly count: number }
  | { readonly file: string }
  | { readonly isOwn: true }
  | { readonly holds: string };

/** One frame of a traceback that lies in a cell. */
export interface Frame {
  readonly source: FrameSource;
  /** 0-based, in the executed source. */
  readonly line: number;
  /** That line as the traceback shows it, without what is blank around it. */
  readonly text?: string;
  /** Where in `text` the fault is, in UTF-16 units; where there is no `text`, in the line. */
  readonly columns?: Columns;
  /** The function that the frame runs. */
  readonly name?: string;
}

/** End-exclusive. */
export interface Columns {
  readonly start: number;
  readonly end: number;
}

interface Line {
  readonly text: string;
  /** What stands on a background of its own: IPython marks the failing expression so. */
  readonly marked: Columns | undefined;
}

/** More frames than this tell a recursion, not a way. */
const framesMax = 100;
/** What a traceback may cost: a message may hold megabytes. */
const linesMax = 10_000;
const lineLengthMax = 2_000;

/**
 * The frames of Python and Julia that lie in cells, the innermost last. Of chained exceptions those of the one that was
 * raised last. Never throws; what is no frame is passed over.
 *
 * `Cell In[3], line 2` (IPython 8.5 and newer, the embedded kernel; `Cell In [3]` in some), `Input In [3], in <cell line: 2>()`
 * (IPython 8.0 to 8.4), `<ipython-input-3-…> in f()` (IPython 7), `/tmp/ipykernel_1/2.py in f()` or `File …2.py:3, in f()`
 * (ipykernel from 6.0 on), `@ In[3]:2` (IJulia on Julia from 1.6 on), ` at In[3]:2` (before), `Error @ In[3]:2:5` (its
 * syntax errors from Julia 1.10 on).
 */
export function numberedFrames({ traceback }: ErrorOutput): readonly Frame[] {
  const lines = raisedLast(readLines(traceback.join("\n")));
  const isJulia = lines.some(({ text }) => /^Stacktrace:|^#? ?Error @ In\[/.test(text));
  const frames = isJulia ? juliaFrames(lines) : pythonFrames(lines);
  return frames.length > framesMax ? [...frames.slice(0, framesMax / 2), ...frames.slice(-framesMax / 2)] : frames;
}

/** The lines of the exception that was raised last: Python prints it last, Julia first. */
function raisedLast(lines: readonly Line[]): readonly Line[] {
  const from = lines.findLastIndex(({ text }) =>
    /^(?:The above exception was the direct cause|During handling of the above exception)/.test(text),
  );
  const to = lines.findIndex(({ text }) => text.startsWith("caused by:"));
  return lines.slice(from + 1, to < 0 ? undefined : to);
}

interface PythonHeader {
  readonly source: FrameSource;
  /** 1-based; Python before IPython 8.5 tells it by an arrow at the source below. */
  readonly line: string | undefined;
  readonly name: string | undefined;
}

/** A frame outside of cells. */
const otherHeader = /^File (?:["<~/]|[A-Za-z]:|\S+:\d)/;

function pythonHeader(text: string): PythonHeader | undefined {
  const numbered =
    /^(?:Cell|Input) In ?\[(\d+)\](?:, line (\d+))?(?:, in (?:<cell line: (\d+)>|([^\s(]+))\S*)?/.exec(text) ??
    /^(?:File ")?<ipython-input-(\d+)-[^>]*>"?(?:, line (\d+))?()(?:,? in (\S+?)(?:\(.*)?)?$/.exec(text);
  if (numbered !== null) {
    const [, count, line, cellLine, name] = numbered;
    return { source: { count: Number(count) }, line: line ?? (cellLine === "" ? undefined : cellLine), name };
  }
  const hashed = /^(?:File )?"?[^"]*[/\\]ipykernel_\d+[/\\](\d+)\.py"?(?:(?::|, line )(\d+))?(?:,? in (\S+?)(?:\(.*)?)?$/.exec(
    text,
  );
  if (hashed !== null) return { source: { file: hashed[1] ?? "" }, line: hashed[2], name: hashed[3] };
  // What a cell magic ran is the cell from its second line on.
  const magic = /^(?:File <timed (?:exec|eval)>:|Cell %\w+, line )(\d+)(?:, in ([^\s(]+))?/.exec(text);
  if (magic !== null) return { source: { isOwn: true }, line: String(Number(magic[1]) + 1), name: magic[2] };
  return undefined;
}

function pythonFrames(lines: readonly Line[]): readonly Frame[] {
  const frames: Frame[] = [];
  let header: PythonHeader | undefined;
  const found = (line: number, text: string, columns: Columns | undefined) => {
    if (header === undefined) return;
    const name = header.name === undefined || header.name.startsWith("<module>") ? undefined : header.name;
    const shown = text === "" ? {} : { text };
    frames.push({ source: header.source, line, ...shown, ...(columns && { columns }), ...(name && { name }) });
    header = undefined;
  };
  for (const [index, { text, marked }] of lines.entries()) {
    const next = pythonHeader(text.trimStart());
    const arrow = /^-+> ?(\d+)(?: (.*))?$/.exec(text);
    if (next !== undefined || otherHeader.test(text.trimStart())) {
      // The frame before showed no source.
      if (header?.line !== undefined) found(Number(header.line) - 1, "", undefined);
      header = next;
    } else if (header !== undefined && arrow !== null) {
      const shown = arrow[2] ?? "";
      const before = text.length - shown.trimStart().length;
      const columns = marked && marked.start >= before ? { start: marked.start - before, end: marked.end - before } : undefined;
      found(Number(header.line ?? arrow[1]) - 1, shown.trim(), columns);
    } else if (header?.line !== undefined && /^\s+\^[\^~]*\s*$/.test(text)) {
      // A syntax error: its line, and under it where it is.
      const shown = lines[index - 1]?.text ?? "";
      found(Number(header.line) - 1, shown.trim(), caretColumns(shown, text));
    }
  }
  if (header?.line !== undefined) found(Number(header.line) - 1, "", undefined);
  return frames;
}

/** The carets count characters, which are one or two UTF-16 units. */
function caretColumns(shown: string, carets: string): Columns {
  const indent = shown.length - shown.trimStart().length;
  const length = shown.trim().length;
  const units = (count: number) => Math.max(0, [...shown].slice(0, count).join("").length - indent);
  const start = Math.min(units(carets.indexOf("^")), Math.max(0, length - 1));
  return { start, end: Math.max(start + 1, Math.min(units(carets.trimEnd().length), length)) };
}

function juliaFrames(lines: readonly Line[]): readonly Frame[] {
  const frames: Frame[] = [];
  let name: string | undefined;
  for (const { text } of lines) {
    const head = /^\[\d+\] (\S.*?)(?: at (?=In\[|\S+:\d)|$)/.exec(text.trimStart());
    if (head !== null) name = head[1];
    const place = /(?:^|[\s/])In\[(\d+)\]:(\d+)(?::(\d+))?/.exec(text);
    if (place === null) continue;
    const column = place[3] === undefined ? undefined : Number(place[3]) - 1;
    frames.unshift({
      source: { count: Number(place[1]) },
      line: Number(place[2]) - 1,
      ...(column === undefined ? {} : { columns: { start: column, end: column + 1 } }),
      ...(name === undefined || name.startsWith("top-level scope") ? {} : { name }),
    });
  }
  return frames;
}

/** Lines without escape sequences. */
function readLines(traceback: string): readonly Line[] {
  return traceback.split("\n", linesMax).map((line) => {
    const raw = line.slice(0, lineLengthMax);
    return raw.includes("\u001b") ? readLine(raw) : { text: raw, marked: undefined };
  });
}

// eslint-disable-next-line no-control-regex -- colours, and the links that Julia puts around places
const escapes = /\u001b(?:\[([0-9;:]*)([ -/]*[@-~])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?)/g;

function readLine(raw: string): Line {
  let text = "";
  let pen = "";
  let last = 0;
  let marked: Columns | undefined;
  const add = (piece: string) => {
    if (piece !== "" && applySgr(pen, "49") !== pen)
      marked = { start: marked?.start ?? text.length, end: text.length + piece.length };
    text += piece;
  };
  for (const match of raw.matchAll(escapes)) {
    add(raw.slice(last, match.index));
    last = match.index + match[0].length;
    if (match[2] === "m") pen = applySgr(pen, match[1] ?? "");
  }
  add(raw.slice(last));
  return { text, marked };
}
