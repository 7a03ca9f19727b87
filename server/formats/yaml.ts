/**
 * The part of YAML that notebook headers are written in: block mappings and sequences, plain and quoted scalars,
 * flow collections on one line, block scalars. Anything else is a `YamlError`, never a wrong value.
 */
export class YamlError extends Error {
  /** 0-based. */
  readonly line: number;
  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

interface Row {
  readonly indent: number;
  readonly text: string;
  readonly line: number;
}

const depthMax = 64;

/** Reads a document; an empty one is `null`. Throws `YamlError`. */
export function readYaml(lines: readonly string[]): unknown {
  const rows: Row[] = [];
  for (const [line, full] of lines.entries()) {
    const text = full.trimStart();
    rows.push({ indent: full.length - text.length, text: text.trimEnd(), line });
  }
  const reader = new Reader(rows);
  const value = reader.block(0, 0);
  reader.end();
  return value;
}

class Reader {
  readonly #rows: Row[];
  #at = 0;

  constructor(rows: Row[]) {
    this.#rows = rows;
  }

  /** The value that begins at the next row, if that row is indented by `indent` or more. */
  block(indent: number, depth: number): unknown {
    const row = this.#peek();
    if (row === undefined || row.indent < indent) return null;
    if (depth > depthMax) throw new YamlError(row.line, "nested too deeply");
    if (row.text === "-" || row.text.startsWith("- ")) return this.#sequence(row.indent, depth);
    if (keyOf(row) !== undefined) return this.#mapping(row.indent, depth);
    this.#at += 1;
    return this.#scalar(row.text, row.line, indent - 1);
  }

  end(): void {
    const row = this.#peek();
    if (row !== undefined) throw new YamlError(row.line, "unexpected indentation or text");
  }

  #peek(): Row | undefined {
    for (let row = this.#rows[this.#at]; row !== undefined; row = this.#rows[this.#at]) {
      if (row.text !== "" && !row.text.startsWith("#")) return row;
      this.#at += 1;
    }
    return undefined;
  }

  #mapping(indent: number, depth: number): unknown {
    const entries: [string, unknown][] = [];
    for (let row = this.#peek(); row !== undefined && row.indent === indent; row = this.#peek()) {
      const pair = keyOf(row);
      if (pair === undefined) throw new YamlError(row.line, "expected `key: value`");
      this.#at += 1;
      entries.push([pair.key, this.#value(pair.rest, row, indent, depth, true)]);
    }
    return Object.fromEntries(entries);
  }

  #sequence(indent: number, depth: number): unknown[] {
    const items: unknown[] = [];
    for (let row = this.#peek(); row !== undefined && row.indent === indent; row = this.#peek()) {
      if (row.text !== "-" && !row.text.startsWith("- ")) break;
      const rest = row.text.slice(1).trimStart();
      if (keyOf({ ...row, text: rest }) !== undefined || rest === "-" || rest.startsWith("- ")) {
        // A collection that begins behind the dash: its other rows stand as far right as this one.
        const inner = indent + row.text.length - rest.length;
        this.#rows[this.#at] = { ...row, indent: inner, text: rest };
        items.push(this.block(inner, depth + 1));
      } else {
        this.#at += 1;
        items.push(this.#value(rest, row, indent, depth, false));
      }
    }
    return items;
  }

  #value(rest: string, row: Row, indent: number, depth: number, ofKey: boolean): unknown {
    if (/^[|>][+-]?$/.test(rest)) return this.#blockScalar(rest, indent);
    if (rest !== "" && !rest.startsWith("#")) return this.#scalar(rest, row.line, indent);
    const next = this.#peek();
    // A sequence may stand as far left as the key that it belongs to.
    const sameLevel = ofKey && next?.indent === indent && (next.text === "-" || next.text.startsWith("- "));
    return this.block(sameLevel ? indent : indent + 1, depth + 1);
  }

  #blockScalar(header: string, indent: number): string {
    const parts: string[] = [];
    let inner = -1;
    for (let row = this.#rows[this.#at]; row !== undefined; row = this.#rows[this.#at]) {
      if (row.text !== "" && row.indent <= indent) break;
      if (inner < 0 && row.text !== "") inner = row.indent;
      parts.push(row.text === "" ? "" : " ".repeat(Math.max(0, row.indent - inner)) + row.text);
      this.#at += 1;
    }
    let trailing = 0;
    while (parts.length > 0 && parts.at(-1) === "") {
      parts.pop();
      trailing += 1;
    }
    const text = header.startsWith("|") ? parts.join("\n") : parts.join("\n").replace(/(\S)\n(?=\S)/g, "$1 ");
    if (header.endsWith("-")) return text;
    return text + (header.endsWith("+") ? "\n".repeat(trailing + 1) : "\n");
  }

  /** A scalar, with the rows that continue it: those indented by more than `indent`. */
  #scalar(first: string, line: number, indent: number): unknown {
    let text = first;
    const quote = first[0] === '"' || first[0] === "'" ? first[0] : undefined;
    const complete = () => quote === undefined || closingQuote(text, quote) > 0;
    while (!complete() || quote === undefined) {
      const row = this.#rows[this.#at];
      if (row === undefined || row.indent <= indent || (row.text === "" && quote === undefined)) break;
      if (quote === undefined && (row.text.startsWith("#") || /: |:$/.test(row.text))) break;
      text = quote === '"' && text.endsWith("\\") ? text.slice(0, -1) + row.text : `${text} ${row.text}`;
      this.#at += 1;
    }
    if (!complete()) throw new YamlError(line, "a quote is not closed");
    return readScalar(text, line);
  }
}

function closingQuote(text: string, quote: string): number {
  for (let index = 1; index < text.length; index += 1) {
    if (quote === '"' && text[index] === "\\") index += 1;
    else if (text[index] === quote) {
      if (quote === "'" && text[index + 1] === "'") index += 1;
      else return index;
    }
  }
  return -1;
}

function keyOf(row: Row): { readonly key: string; readonly rest: string } | undefined {
  const { text } = row;
  const quote = text[0];
  if (quote === '"' || quote === "'") {
    const end = closingQuote(text, quote);
    const after = text.slice(end + 1);
    if (end < 0 || !/^\s*:(\s|$)/.test(after)) return undefined;
    return { key: String(readScalar(text.slice(0, end + 1), row.line)), rest: after.replace(/^\s*:\s*/, "") };
  }
  if (/^(?:[[{&*!|>%@`]|\?(?:\s|$))/.test(text)) return undefined;
  const match = /^(.*?)\s*:(?:\s+(.*))?$/.exec(text);
  return match === null ? undefined : { key: match[1] ?? "", rest: match[2] ?? "" };
}

function readScalar(text: string, line: number): unknown {
  const quote = text[0];
  if (quote === '"' || quote === "'") {
    const end = closingQuote(text, quote);
    const after = text.slice(end + 1).trim();
    if (end < 0 || (after !== "" && !after.startsWith("#"))) throw new YamlError(line, "text after a closing quote");
    return quote === "'" ? text.slice(1, end).replaceAll("''", "'") : readDoubleQuoted(text.slice(0, end + 1), line);
  }
  if (quote === "[" || quote === "{") return readFlow(text, line);
  if (quote === "&" || quote === "*" || quote === "!") throw new YamlError(line, "anchors, aliases and tags are not supported");
  return plainValue(text.replace(/\s+#.*$/, ""));
}

/** Escapes of double-quoted strings that JSON does not have. */
const escapes: { readonly [escape: string]: string } = {
  "0": "\0",
  a: "\x07",
  v: "\x0b",
  e: "\x1b",
  " ": " ",
  N: "\x85",
  _: "\xa0",
  L: "\u2028",
  P: "\u2029",
};

function readDoubleQuoted(text: string, line: number): string {
  const json = text
    .replace(/\\(x[0-9a-fA-F]{2}|U[0-9a-fA-F]{8}|.)/gs, (all, escape: string) => {
      const code = /^[xU]./.test(escape) ? Number.parseInt(escape.slice(1), 16) : undefined;
      if (code !== undefined && code > 0x10ffff) throw new YamlError(line, "an escape sequence is not readable");
      const char = code === undefined ? escapes[escape] : String.fromCodePoint(code);
      return char === undefined ? all : JSON.stringify(char).slice(1, -1);
    })
    .replaceAll("\t", "\\t");
  try {
    return String(JSON.parse(json));
  } catch {
    throw new YamlError(line, "an escape sequence is not readable");
  }
}

function plainValue(text: string): unknown {
  if (/^(?:null|Null|NULL|~|)$/.test(text)) return null;
  if (/^(?:true|True|TRUE|yes|Yes|YES|on|On|ON)$/.test(text)) return true;
  if (/^(?:false|False|FALSE|no|No|NO|off|Off|OFF)$/.test(text)) return false;
  if (/^[-+]?(?:0|[1-9][0-9_]*)$/.test(text) || /^[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?$/.test(text)) {
    return Number(text.replaceAll("_", ""));
  }
  return text;
}

const flowToken = /\s*("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[[\]{},]|:(?=\s|$)|[^\s[\]{},:"'][^[\]{},:]*(?::(?=\S)[^[\]{},:]*)*)/y;

/** `[a, b]` or `{a: 1}`. */
function readFlow(text: string, line: number): unknown {
  flowToken.lastIndex = 0;
  const next = (): string => {
    const token = flowToken.exec(text)?.[1]?.trim();
    if (token === undefined) throw new YamlError(line, "a flow collection is not readable");
    return token;
  };
  const value = (token: string, depth: number): unknown => {
    if (depth > depthMax) throw new YamlError(line, "nested too deeply");
    if (token === "[") return items(depth);
    if (token === "{") return Object.fromEntries(pairs(depth));
    if (/^[\]},:]$/.test(token)) throw new YamlError(line, "a flow collection is not readable");
    return readScalar(token, line);
  };
  const items = (depth: number): unknown[] => {
    const found: unknown[] = [];
    for (let token = next(); token !== "]";) {
      found.push(value(token, depth + 1));
      token = next();
      if (token === ",") token = next();
      else if (token !== "]") throw new YamlError(line, "expected `,` or `]`");
    }
    return found;
  };
  const pairs = (depth: number): [string, unknown][] => {
    const found: [string, unknown][] = [];
    for (let token = next(); token !== "}";) {
      const key = String(readScalar(token, line));
      if (next() !== ":") throw new YamlError(line, "expected `:`");
      found.push([key, value(next(), depth + 1)]);
      token = next();
      if (token === ",") token = next();
      else if (token !== "}") throw new YamlError(line, "expected `,` or `}`");
    }
    return found;
  };
  const read = value(next(), 0);
  if (!/^\s*(?:#.*)?$/.test(text.slice(flowToken.lastIndex))) throw new YamlError(line, "text after a flow collection");
  return read;
}

/** Block style with sorted keys, as PyYAML's `safe_dump(default_flow_style=False)` writes it, but without folding long lines. */
export function printYaml(value: unknown, indent = ""): string[] {
  if (Array.isArray(value) && value.length > 0) {
    return value.flatMap((item) => {
      const [first = "", ...others] = printYaml(item, `${indent}  `);
      return [`${indent}- ${first.trimStart()}`, ...others];
    });
  }
  if (isMapping(value) && Object.keys(value).length > 0) {
    return Object.keys(value)
      .sort()
      .flatMap((key) => {
        const entry = value[key];
        const label = `${indent}${printScalar(key)}:`;
        const isSequence = Array.isArray(entry) && entry.length > 0;
        if (isSequence) return [label, ...printYaml(entry, indent)];
        if (isMapping(entry) && Object.keys(entry).length > 0) return [label, ...printYaml(entry, `${indent}  `)];
        return [`${label} ${printScalar(entry)}`];
      });
  }
  return [`${indent}${printScalar(value)}`];
}

function isMapping(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function printScalar(value: unknown): string {
  if (Array.isArray(value)) return "[]";
  if (isMapping(value)) return "{}";
  if (typeof value !== "string") return JSON.stringify(value) ?? "null";
  if (/[^\x20-\x7e]/.test(value)) return printDoubleQuoted(value);
  const isPlain = value !== "" && plainValue(value) === value && !indicated.test(value) && !resolved.test(value);
  return isPlain ? value : `'${value.replaceAll("'", "''")}'`;
}

/** Strings that YAML would read as something else: what begins or ends with an indicator, holds a comment or a key. */
const indicated = /^[\s,[\]{}#&*!|>'"%@`]|^[-?:](?:\s|$)|^---|: |:$| #|\s$|^(?:=|\.\.\.)$/;
/** Numbers, dates and special values of YAML 1.1, as PyYAML's resolver knows them. */
const resolved =
  /^[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*(?::[0-5]?[0-9])*(?:\.[0-9_]*(?:[eE][-+][0-9]+)?)?|\.[0-9_]+(?:[eE][-+][0-9]+)?|\.(?:inf|Inf|INF))$|^\.(?:nan|NaN|NAN)$|^\d{4}-\d\d?-\d\d?(?:[Tt \t].*)?$|^<<$/;

function printDoubleQuoted(value: string): string {
  const named = new Map(
    Object.entries({ ...escapes, b: "\b", t: "\t", n: "\n", f: "\f", r: "\r", '"': '"', "\\": "\\" }).map(([name, char]) => [
      char,
      name,
    ]),
  );
  const printed = value.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/gu, (char) => {
    const name = named.get(char);
    if (name !== undefined) return `\\${name}`;
    const code = char.codePointAt(0) ?? 0;
    const [letter, length] = code < 0x100 ? ["x", 2] : code < 0x10000 ? ["u", 4] : ["U", 8];
    return `\\${letter}${code.toString(16).toUpperCase().padStart(length, "0")}`;
  });
  return `"${printed}"`;
}
