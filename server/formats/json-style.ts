import { splitLines } from "./split-lines.ts";

/** How a file writes JSON, so that what is added looks like the rest. */
export interface JsonStyle {
  /** One level of indentation; `undefined` for JSON on one line. */
  readonly indent: string | undefined;
  readonly lineBreak: string;
  /** What stands behind the colon of a key, and behind a comma on one line. */
  readonly space: string;
  readonly sortsKeys: boolean;
  /** Whether everything beyond ASCII is escaped. */
  readonly isAscii: boolean;
}

/** What Jupyter writes: one space, sorted keys, text as it is. */
export const jupyterStyle: JsonStyle = { indent: " ", lineBreak: "\n", space: " ", sortsKeys: true, isAscii: false };

const headLength = 4_000;
const joinedCount = 1_000;
/** UTF-16 units. */
const partLength = 65_536;

/** The style of a text. `keys` are those of one of its cells. */
export function styleOf(text: string, keys: readonly string[]): JsonStyle {
  const head = text.slice(0, headLength);
  const indent = /^\ufeff?\s*\{\r?\n([ \t]+)"/.exec(head)?.[1];
  const isSorted = keys.every((key, index) => index === 0 || compareKeys(keys[index - 1] ?? "", key) <= 0);
  return {
    indent,
    lineBreak: /^[^\n]*\r\n/.test(head) ? "\r\n" : "\n",
    space: /"\s*:(\s?)/.exec(head)?.[1] === "" ? "" : " ",
    sortsKeys: keys.length < 2 || isSorted,
    // Only told by a text that has such characters at all.
    isAscii: !/[\u0080-\uffff]/.test(text) && /\\u(?!00[01])[0-9a-fA-F]{4}/.test(text),
  };
}

/** `value` as JSON in a style, for a place at `level` levels of indentation. */
export function printJson(value: unknown, style: JsonStyle, level: number): string {
  if (Array.isArray(value)) {
    const printed: string[] = [];
    // Of the million lines of a long output only so many are printed and not yet joined.
    for (let from = 0; from < value.length; from += joinedCount) {
      const entries = value.slice(from, from + joinedCount);
      const items = entries.map((entry) => printJson(entry === undefined ? null : entry, style, level + 1));
      printed.push(items.join(separator(style, level + 1)));
    }
    return wrap("[", "]", printed, style, level);
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
    if (style.sortsKeys) entries.sort(([a], [b]) => compareKeys(a, b));
    const printed = entries.map(
      ([key, entry]) => `${printString(key, style)}:${style.space}${printJson(entry, style, level + 1)}`,
    );
    return wrap("{", "}", printed, style, level);
  }
  return typeof value === "string" ? printString(value, style) : (JSON.stringify(value) ?? "null");
}

/** What stands between two items of a collection whose items are at `level`. */
export function separator(style: JsonStyle, level: number): string {
  return `,${style.indent === undefined ? style.space : padding(style, level)}`;
}

/** A line break and the indentation of `level`; nothing in JSON on one line. */
export function padding(style: JsonStyle, level: number): string {
  return style.indent === undefined ? "" : style.lineBreak + style.indent.repeat(level);
}

/** Printed items between brackets. */
export function wrap(open: string, close: string, items: readonly string[], style: JsonStyle, level: number): string {
  if (items.length === 0) return open + close;
  const between = separator(style, level + 1);
  let text = open + padding(style, level + 1);
  // Added and not joined: of 100 MB in one item there must not be a copy at each level.
  for (const [index, item] of items.entries()) text += index === 0 ? item : between + item;
  return text + padding(style, level) + close;
}

/** A text in parts of whole lines. */
export function* linesInParts(text: string): Generator<string> {
  for (let from = 0; from < text.length;) {
    const end = text.indexOf("\n", from + partLength) + 1;
    const to = end === 0 ? text.length : end;
    yield text.slice(from, to);
    from = to;
  }
}

/**
 * A text as the list of its lines, as nbformat stores it, for a place at `level`; it comes in parts of whole lines. Only the
 * lines of one part exist at once: a value for each line of a long stream takes several times its memory.
 */
export function printLines(parts: Iterable<string>, style: JsonStyle, level: number): string {
  const between = separator(style, level + 1);
  const printed: string[] = [];
  for (const part of parts) {
    const lines = splitLines(part).map((line) => printString(line, style));
    if (lines.length > 0) printed.push(lines.join(between));
  }
  return wrap("[", "]", printed, style, level);
}

function printString(text: string, style: JsonStyle): string {
  const json = JSON.stringify(text);
  if (!style.isAscii) return json;
  return json.replace(/[\u007f-\uffff]/g, (char) => {
    return char === "\u007f" ? char : `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** By code point, as Python sorts: JavaScript's own order differs beyond the basic plane. */
export function compareKeys(a: string, b: string): number {
  let index = 0;
  while (index < a.length && index < b.length && a.charCodeAt(index) === b.charCodeAt(index)) index += 1;
  if (index > 0 && (a.charCodeAt(index) & 0xfc00) === 0xdc00) index -= 1;
  return (a.codePointAt(index) ?? -1) - (b.codePointAt(index) ?? -1);
}
