import { plainText, type Span, type Style } from "./span.ts";
import { displayWidth } from "./width.ts";

/**
 * Everything that is not plain text. What a kernel prints is untrusted: only colours and attributes (SGR) are understood,
 * every other sequence and control character is dropped with its arguments. A sequence ends at the line's end at the latest,
 * so that an unterminated one cannot swallow what follows.
 */
const special = new RegExp(
  [
    "(?<newline>\\r?\\n)",
    "(?<tab>\\t)",
    "(?<restart>\\r)",
    // CSI, from ESC or as the single C1 character that terminals also accept.
    "(?:\\u001b\\[|\\u009b)(?<params>[0-?]*)(?<intermediate>[ -/]*)(?<final>[@-~])?",
    // OSC, DCS, SOS, PM, APC: titles, links, clipboard writes, images.
    "(?:\\u001b[\\]PX^_]|[\\u0090\\u0098\\u009d-\\u009f])[^\\u0007\\u001b\\u009c\\r\\n]*(?:\\u0007|\\u001b\\\\|\\u009c)?",
    "\\u001b[ -/]*[0-~]?",
    "(?<space>[\\u2028\\u2029])",
    // Half of a surrogate pair, and the placeholder by which terminals put an image into text.
    "(?<unknown>\\p{Cs}|\\u{10eeee})",
    // The other control characters, and those that reorder or hide text.
    "[\\p{Cc}\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ufeff\\ufff9-\\ufffb]",
  ].join("|"),
  "gu",
);

const tabWidth = 8;

/** What SGR sequences have set so far. `inverse` has no place in a span: it swaps the colours. */
export interface AnsiState {
  readonly style: Style;
  readonly inverse: boolean;
}

export const initialAnsiState: AnsiState = { style: {}, inverse: false };

/**
 * Text with ANSI colours as lines of spans, and the state at its end so that a text that comes in pieces keeps its colours.
 * A text that ends with a newline has an empty last line.
 */
export function parseAnsi(text: string, from: AnsiState = initialAnsiState): { lines: Span[][]; state: AnsiState } {
  const lines: Span[][] = [];
  let line: Span[] = [];
  let state = from;
  let style = visibleStyle(state);
  let restarted = false;
  // How far the line has been measured: only tabs need to know, and each measures what is new.
  let column = 0;
  let measured = 0;
  const begin = () => {
    line = [];
    restarted = false;
    column = 0;
    measured = 0;
  };
  const add = (piece: string) => {
    if (piece === "") return;
    // A carriage return alone lets the line be written anew; one that nothing follows changes nothing.
    if (restarted) begin();
    line.push({ text: piece, ...style });
  };
  let end = 0;
  for (const match of text.matchAll(special)) {
    add(text.slice(end, match.index));
    end = match.index + match[0].length;
    const { newline, tab, restart, space, unknown, params, intermediate, final } = match.groups ?? {};
    if (newline !== undefined) {
      lines.push(merged(line));
      begin();
    } else if (tab !== undefined) {
      if (restarted) begin();
      for (; measured < line.length; measured += 1) column += displayWidth(line[measured]?.text ?? "");
      add(" ".repeat(tabWidth - (column % tabWidth)));
    } else if (restart !== undefined) restarted = true;
    else if (space !== undefined) add(" ");
    else if (unknown !== undefined) add("\ufffd");
    else if (final === "m" && intermediate === "" && params !== undefined) {
      state = applySgr(state, params);
      style = visibleStyle(state);
    }
  }
  add(text.slice(end));
  lines.push(merged(line));
  return { lines, state };
}

/** Text that is safe to show anywhere: no control character but `\n`, no escape sequence, nothing that reorders text. */
export function sanitize(text: string): string {
  return plainText(parseAnsi(text).lines);
}

/** The state after `text`, without building lines. */
export function ansiStateAfter(text: string): AnsiState {
  // Only what follows the last reset counts.
  const from = Math.max(text.lastIndexOf("\u001b[0m"), text.lastIndexOf("\u001b[m"), 0);
  let state = initialAnsiState;
  // oxlint-disable-next-line no-control-regex
  for (const [, params = ""] of text.slice(from).matchAll(/\u001b\[([0-?]*)m/g)) state = applySgr(state, params);
  return state;
}

/** Lines with their styles as SGR sequences of our own, joined by newlines. Each line begins and ends in the default style. */
export function spansToAnsi(lines: readonly (readonly Span[])[]): string {
  return lines.map((line) => line.map(spanToAnsi).join("")).join("\n");
}

function spanToAnsi(span: Span): string {
  const codes: (string | number)[] = [];
  if (span.bold === true) codes.push(1);
  if (span.dim === true) codes.push(2);
  if (span.italic === true) codes.push(3);
  if (span.underline === true) codes.push(4);
  if (span.fg !== undefined) codes.push(colorCode(span.fg, 30));
  if (span.bg !== undefined) codes.push(colorCode(span.bg, 40));
  return codes.length === 0 ? span.text : `\u001b[${codes.join(";")}m${span.text}\u001b[0m`;
}

/** `base` is 30 for the foreground and 40 for the background. */
function colorCode(color: string | number, base: number): string {
  if (typeof color === "number") {
    if (color < 8) return String(base + color);
    return color < 16 ? String(base + 60 + color - 8) : `${base + 8};5;${color}`;
  }
  const value = Number.parseInt(color.slice(1), 16);
  return `${base + 8};2;${(value >> 16) & 255};${(value >> 8) & 255};${value & 255}`;
}

function visibleStyle({ style, inverse }: AnsiState): Style {
  if (!inverse) return style;
  // Our spans know no "default of the other side": black on light grey is what most terminals show for inverse text.
  return { ...style, fg: style.bg ?? 0, bg: style.fg ?? 7 };
}

/** Neighbours of one style become one span, so that clients draw less. */
function merged(line: readonly Span[]): Span[] {
  const result: Span[] = [];
  for (const span of line) {
    const last = result.at(-1);
    if (last !== undefined && sameStyle(last, span)) result[result.length - 1] = { ...last, text: last.text + span.text };
    else result.push(span);
  }
  return result;
}

function sameStyle(a: Style, b: Style): boolean {
  return (
    a.fg === b.fg && a.bg === b.bg && a.bold === b.bold && a.italic === b.italic && a.underline === b.underline && a.dim === b.dim
  );
}

type Field = keyof Style;

/** ECMA-48 8.3.117, with the colour extensions of xterm. Unknown parameters are ignored. */
function applySgr({ style, inverse }: AnsiState, params: string): AnsiState {
  let next: { [K in Field]?: Style[K] } = { ...style };
  let swapped = inverse;
  const parts = params.split(";");
  for (let index = 0; index < parts.length; index += 1) {
    const [code = 0, ...sub] = (parts[index] ?? "").split(":").map(Number);
    if (code === 0) {
      next = {};
      swapped = false;
    } else if (code === 1) next.bold = true;
    else if (code === 2) next.dim = true;
    else if (code === 3) next.italic = true;
    else if (code === 4 && sub[0] !== 0) next.underline = true;
    else if (code === 7) swapped = true;
    else if (code === 22) unset(next, "bold", "dim");
    else if (code === 23) unset(next, "italic");
    else if (code === 24 || code === 4) unset(next, "underline");
    else if (code === 27) swapped = false;
    else if (code === 39) unset(next, "fg");
    else if (code === 49) unset(next, "bg");
    else if (code === 38 || code === 48) {
      const rest = sub.length > 0 ? sub : parts.slice(index + 1).map(Number);
      const { color, used } = extendedColor(rest, sub.length > 0);
      if (sub.length === 0) index += used;
      if (color !== undefined) next[code === 38 ? "fg" : "bg"] = color;
    } else if (code >= 30 && code <= 37) next.fg = code - 30;
    else if (code >= 40 && code <= 47) next.bg = code - 40;
    else if (code >= 90 && code <= 97) next.fg = code - 90 + 8;
    else if (code >= 100 && code <= 107) next.bg = code - 100 + 8;
  }
  return { style: next, inverse: swapped };
}

function unset(style: { [K in Field]?: Style[K] }, ...fields: readonly Field[]): void {
  for (const field of fields) delete style[field];
}

/** What follows 38 or 48. With colons, `2` may have a colour space before its three numbers. */
function extendedColor(rest: readonly number[], colons: boolean): { color?: string | number; used: number } {
  const isByte = (value: number | undefined): value is number => value !== undefined && value >= 0 && value <= 255;
  if (rest[0] === 5) return isByte(rest[1]) ? { color: rest[1], used: 2 } : { used: 2 };
  if (rest[0] !== 2) return { used: 1 };
  const numbers = colons && rest.length > 4 ? rest.slice(2, 5) : rest.slice(1, 4);
  if (numbers.length < 3 || !numbers.every(isByte)) return { used: 4 };
  return { color: `#${numbers.map((value) => value.toString(16).padStart(2, "0")).join("")}`, used: 4 };
}
