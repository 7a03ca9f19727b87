/** A longer string is decoded in pieces of this size, and the reader pauses after as many bytes of anything else. */
const pieceBytes = 64 * 1024;

const quote = 0x22;
const backslash = 0x5c;

const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** The words of JSON, and those that Python's `json` writes besides. */
const words: readonly (readonly [word: string, value: unknown])[] = [
  ["true", true],
  ["false", false],
  ["null", null],
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
];

/** A container that is not closed yet; `key` is the name of the member being read. */
type Open = { readonly array: unknown[] } | { readonly object: Record<string, unknown>; key: string };

/**
 * Reads JSON as kernels write it: like `JSON.parse`, and with the `NaN` and `Infinity` of Python's `json`.
 * It yields often, so that reading 100 MB can be spread over many turns of the event loop, which `JSON.parse`
 * (800 ms for 44 MB of numbers) cannot. Throws `SyntaxError` where the text is not JSON.
 */
export function* readJson(bytes: Buffer): Generator<undefined, unknown> {
  const open: Open[] = [];
  const strings = new StringReader(bytes);
  let position = 0;
  let pauseAt = pieceBytes;

  for (;;) {
    if (position >= pauseAt) {
      yield;
      pauseAt = position + pieceBytes;
    }
    position = skipSpace(bytes, position);
    let value: unknown;
    const byte = bytes[position];
    if (byte === 0x5b || byte === 0x7b) {
      const isArray = byte === 0x5b;
      position = skipSpace(bytes, position + 1);
      if (bytes[position] === (isArray ? 0x5d : 0x7d)) {
        position += 1;
        value = isArray ? [] : {};
      } else if (isArray) {
        open.push({ array: [] });
        continue;
      } else {
        const key = yield* strings.key(position);
        open.push({ object: {}, key });
        position = strings.end;
        continue;
      }
    } else if (byte === quote) {
      value = yield* strings.read(position);
      position = strings.end;
    } else {
      const end = scalarEnd(bytes, position);
      value = scalar(bytes.toString("latin1", position, end), position);
      position = end;
    }

    // The value is complete: it goes into its container, which may thereby be complete as well.
    for (;;) {
      const container = open.at(-1);
      position = skipSpace(bytes, position);
      if (container === undefined) {
        if (position < bytes.length) throw unexpected(position);
        return value;
      }
      if ("array" in container) container.array.push(value);
      else setMember(container.object, container.key, value);
      const next = bytes[position];
      position += 1;
      if (next === 0x2c) {
        if ("object" in container) {
          container.key = yield* strings.key(skipSpace(bytes, position));
          position = strings.end;
        }
        break;
      }
      if (next !== ("array" in container ? 0x5d : 0x7d)) throw unexpected(position - 1);
      open.pop();
      value = "array" in container ? container.array : container.object;
    }
  }
}

/** Reads string literals; `end` is the offset after the last one read. */
class StringReader {
  end = 0;
  readonly #bytes: Buffer;
  /** The next quote and backslash at or after where we read; searched again only once they are passed. */
  #nextQuote = -1;
  #nextBackslash = -1;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** A member's name and its colon. */
  *key(start: number): Generator<undefined, string> {
    const key = yield* this.read(start);
    const colon = skipSpace(this.#bytes, this.end);
    if (this.#bytes[colon] !== 0x3a) throw unexpected(colon);
    this.end = colon + 1;
    return key;
  }

  *read(start: number): Generator<undefined, string> {
    const bytes = this.#bytes;
    if (bytes[start] !== quote) throw unexpected(start);
    let text = "";
    let from = start + 1;
    let position = from;
    let escaped = false;
    for (;;) {
      if (this.#nextQuote < position) this.#nextQuote = find(bytes, quote, position);
      if (this.#nextBackslash < position) this.#nextBackslash = find(bytes, backslash, position);
      const stop = Math.min(this.#nextQuote, this.#nextBackslash);
      if (stop === Infinity) throw unexpected(bytes.length);
      while (stop - from > pieceBytes) {
        const cut = characterStart(bytes, Math.max(position, from + pieceBytes));
        text += decode(bytes, from, cut, escaped);
        from = cut;
        position = Math.max(position, cut);
        escaped = false;
        yield;
      }
      if (stop === this.#nextQuote) {
        this.end = stop + 1;
        return text + decode(bytes, from, stop, escaped);
      }
      escaped = true;
      position = stop + (bytes[stop + 1] === 0x75 ? 6 : 2);
    }
  }
}

function find(bytes: Buffer, byte: number, from: number): number {
  const at = bytes.indexOf(byte, from);
  return at === -1 ? Infinity : at;
}

/** `at`, or a little before it: where a character of UTF-8 starts. */
function characterStart(bytes: Buffer, at: number): number {
  let start = at;
  while (at - start < 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start -= 1;
  return start;
}

function decode(bytes: Buffer, from: number, to: number, escaped: boolean): string {
  const text = bytes.toString("utf8", from, to);
  if (!escaped) return text;
  const decoded: unknown = JSON.parse(`"${text}"`);
  return String(decoded);
}

function skipSpace(bytes: Buffer, from: number): number {
  let position = from;
  for (;;) {
    const byte = bytes[position];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return position;
    position += 1;
  }
}

/** The end of a number or word: the next comma, bracket, brace or space. */
function scalarEnd(bytes: Buffer, from: number): number {
  let position = from;
  for (;;) {
    const byte = bytes[position];
    if (byte === undefined || byte <= 0x20 || byte === 0x2c || byte === 0x5d || byte === 0x7d) return position;
    position += 1;
  }
}

function scalar(text: string, position: number): unknown {
  if (number.test(text)) return Number(text);
  const word = words.find(([name]) => name === text);
  if (word === undefined) throw unexpected(position);
  return word[1];
}

/** As `JSON.parse` does: a member named `__proto__` is a member, not the object's prototype. */
function setMember(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__") Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  else object[key] = value;
}

function unexpected(position: number): SyntaxError {
  return new SyntaxError(`Unexpected byte at ${position}`);
}
