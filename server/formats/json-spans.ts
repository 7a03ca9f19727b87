/** `text.slice(start, end)` is one JSON value. */
export interface JsonSpan {
  readonly start: number;
  readonly end: number;
}

/** A member of an object; `keyStart` is the quote that begins its key. */
export interface JsonMember {
  readonly key: string;
  readonly keyStart: number;
  readonly value: JsonSpan;
}

/** Text that is no JSON, and where. */
export class JsonError extends Error {
  readonly offset: number;
  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

const scalar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null|NaN|-?Infinity/y;
const blank = /[ \t\r\n]*/y;

/** The first offset from `at` on that is no white space. */
export function skipBlank(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code > 0x20) return at;
  blank.lastIndex = at;
  blank.test(text);
  return blank.lastIndex;
}

/**
 * Checks the value at `at` (after white space) and answers where it begins and ends, without building it: what is not
 * needed costs no memory, and every byte of it can be kept. Not recursive: brackets may be nested deeper than the stack.
 */
export function scanValue(text: string, at: number): JsonSpan {
  const start = skipBlank(text, at);
  // Open brackets, each as whether it is an object.
  const open: boolean[] = [];
  let offset = start;
  for (;;) {
    offset = skipBlank(text, offset);
    const char = text[offset];
    if (char === "{" || char === "[") {
      const inside = skipBlank(text, offset + 1);
      const closes = text[inside] === (char === "{" ? "}" : "]");
      if (!closes) {
        open.push(char === "{");
        offset = char === "{" ? scanKey(text, inside) : inside;
        continue;
      }
      offset = inside + 1;
    } else if (char === '"') offset = scanString(text, offset);
    else offset = scanScalar(text, offset);
    // A value has ended: so may the collections around it.
    for (;;) {
      const isObject = open.at(-1);
      if (isObject === undefined) return { start, end: offset };
      const next = skipBlank(text, offset);
      if (text[next] === ",") {
        const after = skipBlank(text, next + 1);
        offset = isObject ? scanKey(text, after) : after;
        break;
      }
      if (text[next] !== (isObject ? "}" : "]")) throw unexpected(text, next, isObject ? '"," or "}"' : '"," or "]"');
      open.pop();
      offset = next + 1;
    }
  }
}

/** The whole text as one value; white space around it is allowed. */
export function scanDocument(text: string, at: number): JsonSpan {
  const span = scanValue(text, at);
  const rest = skipBlank(text, span.end);
  if (rest < text.length) throw unexpected(text, rest, "the end");
  return span;
}

/** The members of a checked object, in their order; empty for another value. Of equal keys the last one counts. */
export function members(text: string, span: JsonSpan): JsonMember[] {
  const found: JsonMember[] = [];
  if (text[span.start] !== "{") return found;
  let offset = skipBlank(text, span.start + 1);
  while (text[offset] === '"') {
    const keyEnd = scanString(text, offset);
    const value = scanValue(text, skipBlank(text, keyEnd) + 1);
    found.push({ key: String(decode(text, { start: offset, end: keyEnd })), keyStart: offset, value });
    offset = skipBlank(text, value.end);
    if (text[offset] !== ",") break;
    offset = skipBlank(text, offset + 1);
  }
  return found;
}

/** The elements of a checked array; empty for another value. */
export function elements(text: string, span: JsonSpan): JsonSpan[] {
  const found: JsonSpan[] = [];
  if (text[span.start] !== "[") return found;
  let offset = skipBlank(text, span.start + 1);
  while (offset < span.end - 1) {
    const value = scanValue(text, offset);
    found.push(value);
    offset = skipBlank(text, value.end);
    if (text[offset] !== ",") break;
    offset += 1;
  }
  return found;
}

/**
 * A checked value. Python also writes `NaN` and infinities, which JSON does not know: they are `null` here.
 * Strings that a strict reader would refuse become `undefined` as a whole value.
 */
export function decode(text: string, span: JsonSpan): unknown {
  const json = text.slice(span.start, span.end);
  try {
    return JSON.parse(json);
  } catch {
    const known = json.replace(/"(?:[^"\\]|\\.)*"|NaN|-?Infinity/gs, (token) => (token.startsWith('"') ? token : "null"));
    try {
      return JSON.parse(known);
    } catch {
      return undefined;
    }
  }
}

/** The 0-based line of an offset. */
export function lineAt(text: string, offset: number): number {
  let line = 0;
  for (let at = text.indexOf("\n"); at >= 0 && at < offset; at = text.indexOf("\n", at + 1)) line += 1;
  return line;
}

function scanKey(text: string, offset: number): number {
  if (text[offset] !== '"') throw unexpected(text, offset, "a key in quotes");
  const colon = skipBlank(text, scanString(text, offset));
  if (text[colon] !== ":") throw unexpected(text, colon, '":"');
  return colon + 1;
}

function scanString(text: string, offset: number): number {
  for (let end = text.indexOf('"', offset + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === "\\") backslashes += 1;
    if (backslashes % 2 === 1) continue;
    // A raw line break in a string means that its closing quote is missing.
    if (text.slice(offset, end).includes("\n")) break;
    return end + 1;
  }
  throw new JsonError(offset, "a string is not closed");
}

function scanScalar(text: string, offset: number): number {
  scalar.lastIndex = offset;
  if (!scalar.test(text)) throw unexpected(text, offset, "a value");
  return scalar.lastIndex;
}

function unexpected(text: string, offset: number, wanted: string): JsonError {
  const found = text[offset];
  return new JsonError(offset, found === undefined ? `the text ends where ${wanted} is expected` : `${wanted} is expected`);
}
