import type { JsonObject } from "../jupyter/message.ts";

const bareKey = /^[a-zA-Z_.]+[a-zA-Z0-9_.]*$/;
const validKey = /^[a-zA-Z0-9_.@/-]+$/;
const unreadable = (text: string): JsonObject => ({ incorrectly_encoded_metadata: text });

/** What stands behind a marker's `%%`: a title, then `{json}` or `key=value` pairs, as jupytext writes them. */
export function readTitleAndMetadata(options: string): { readonly title: string; readonly metadata: JsonObject } {
  const text = options.trim();
  const brace = text.indexOf("{");
  const equals = text.indexOf("=");
  if (brace >= 0 && (equals < 0 || brace < equals)) {
    const value = readLiteral(text.slice(brace));
    const metadata = isObject(value) ? value : unreadable(text.slice(brace));
    return { title: text.slice(0, brace).trim(), metadata };
  }
  const words = (equals >= 0 ? text.slice(0, equals) : text).split(" ");
  if (equals >= 0) {
    while (words.at(-1) === "") words.pop();
    words.pop();
  }
  while (words.length > 0 && (words.at(-1)?.trim() === "" || words.at(-1)?.startsWith("."))) words.pop();
  const title = words.join(" ");
  return { title, metadata: readPairs(text.slice(title.length)) };
}

/** `key=value key2=value2 key3`, read from the right because values may hold spaces and equals signs. */
function readPairs(options: string): JsonObject {
  const found: [string, unknown][] = [];
  let text = options.trim();
  while (text !== "") {
    const space = text.lastIndexOf(" ");
    const last = text.slice(space + 1);
    if (!text.startsWith("--") && bareKey.test(last)) {
      found.push([last, null]);
      text = text.slice(0, Math.max(space, 0)).trim();
      continue;
    }
    const pair = readLastPair(text);
    if (pair === undefined) {
      found.push(["incorrectly_encoded_metadata", text]);
      break;
    }
    found.push([pair.key, pair.value]);
    text = pair.rest.trim();
  }
  return Object.fromEntries(found.toReversed());
}

function readLastPair(text: string): { readonly key: string; readonly value: unknown; readonly rest: string } | undefined {
  for (let equals = text.lastIndexOf("="); equals > 0; equals = text.lastIndexOf("=", equals - 1)) {
    const left = text.slice(0, equals).trimEnd();
    const space = left.lastIndexOf(" ");
    const key = left.slice(space + 1);
    if (!validKey.test(key)) continue;
    const value = readLiteral(text.slice(equals + 1));
    if (value === undefined) continue;
    return { key, value, rest: space > 0 ? left.slice(0, space) : "" };
  }
  return undefined;
}

const literalToken =
  /\s*(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[[\](){}:,]|[-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|True|False|None|true|false|null)/y;

/** A value in JSON or as a Python literal; `undefined` where it is neither. */
export function readLiteral(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const json = pythonToJson(text.trim());
    if (json === undefined) return undefined;
    try {
      return JSON.parse(json);
    } catch {
      return undefined;
    }
  }
}

const constants: { readonly [python: string]: string } = { True: "true", False: "false", None: "null" };

function pythonToJson(text: string): string | undefined {
  let json = "";
  literalToken.lastIndex = 0;
  while (literalToken.lastIndex < text.length) {
    const token = literalToken.exec(text)?.[0].trim();
    if (token === undefined) return undefined;
    if (token === "(") json += "[";
    else if (token === ")" || token === "]" || token === "}") json = json.replace(/,$/, "") + (token === "}" ? "}" : "]");
    else if (token.startsWith("'")) json += JSON.stringify(token.slice(1, -1).replaceAll("\\'", "'"));
    else json += Object.hasOwn(constants, token) ? constants[token] : token;
  }
  return json;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Cell metadata that says nothing in a text: what editors store about their view, and jupytext's own. */
const neverWritten = new Set([
  "autoscroll",
  "collapsed",
  "scrolled",
  "trusted",
  "execution",
  "ExecuteTime",
  "skipline",
  "noskipline",
  "cell_marker",
  "lines_to_next_cell",
  "lines_to_end_of_cell_marker",
]);

/** The part of a cell's metadata that a marker line carries. */
export function writableMetadata(metadata: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(metadata).filter(
      ([key, value]) =>
        !neverWritten.has(key) && validKey.test(key) && !(key === "tags" && Array.isArray(value) && value.length === 0),
    ),
  );
}

/** `key=value` pairs with their values as JSON; a key alone stands for `null`. */
export function writePairs(metadata: JsonObject): string {
  return Object.entries(metadata)
    .map(([key, value]) => {
      if (key === "incorrectly_encoded_metadata") return String(value);
      return value === null ? key : `${key}=${pythonJson(value)}`;
    })
    .join(" ");
}

/** JSON as Python's `json.dumps` writes it: a space after `,` and `:`, everything beyond ASCII escaped. */
export function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((entry) => pythonJson(entry)).join(", ")}]`;
  if (isObject(value)) {
    return `{${Object.entries(value)
      .map(([key, entry]) => `${pythonJson(key)}: ${pythonJson(entry)}`)
      .join(", ")}}`;
  }
  const json = JSON.stringify(value) ?? "null";
  return json.replace(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
