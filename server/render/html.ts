import { alignTable, type TableRow } from "./table.ts";

/**
 * HTML as readable text: blocks as lines, tables aligned, entities decoded, everything else stripped.
 * Our own, in one pass over the tags: the kept libraries for this (html-to-text, turndown) bring a DOM or a parser of ten
 * packages to do what a notebook's outputs hardly need.
 */
export function htmlToText(html: string): string {
  const writer = new TextWriter();
  let hiddenIn: string | undefined;
  let hiddenDepth = 0;
  for (const { text, tag, closing, attributes } of tokens(html)) {
    if (hiddenIn !== undefined) {
      if (tag === hiddenIn) hiddenDepth += closing ? -1 : 1;
      if (hiddenDepth === 0) hiddenIn = undefined;
    } else if (tag === undefined) writer.text(decodeEntities(text));
    else if (hidden.has(tag)) {
      if (closing || attributes.endsWith("/")) continue;
      hiddenIn = tag;
      hiddenDepth = 1;
    } else if (closing) writer.close(tag);
    else writer.open(tag, attributes);
  }
  return writer.end();
}

interface Token {
  readonly text: string;
  /** Lower case; `undefined` for text between tags. */
  readonly tag?: string;
  readonly closing: boolean;
  readonly attributes: string;
}

/** Elements whose content is no markup, whatever it holds: it goes up to the closing tag of the same name. */
const raw = new Map([
  ["script", /<\/script/gi],
  ["style", /<\/style/gi],
]);

function* tokens(html: string): Generator<Token> {
  let textStart = 0;
  let at = html.indexOf("<");
  while (at !== -1) {
    const token = markupAt(html, at);
    if (token === undefined) {
      at = html.indexOf("<", at + 1);
      continue;
    }
    if (at > textStart) yield { text: html.slice(textStart, at), closing: false, attributes: "" };
    yield token;
    textStart = at + token.text.length;
    const end = token.closing ? undefined : raw.get(token.tag ?? "");
    if (end !== undefined) textStart = search(html, end, textStart) ?? html.length;
    at = html.indexOf("<", textStart);
  }
  if (textStart < html.length) yield { text: html.slice(textStart), closing: false, attributes: "" };
}

function search(text: string, pattern: RegExp, from: number): number | undefined {
  const own = new RegExp(pattern);
  own.lastIndex = from;
  return own.exec(text)?.index;
}

const tagStart = /<(\/?)([a-zA-Z][\w:-]*)/y;

/** The tag or comment that begins at `at`; `undefined` where "<" is only a character. */
function markupAt(html: string, at: number): Token | undefined {
  const next = html[at + 1];
  if (next === "!" || next === "?") {
    const [close, from] = html.startsWith("<!--", at) ? ["-->", at + 4] : [">", at + 2];
    const end = html.indexOf(close, from);
    return { text: html.slice(at, end === -1 ? html.length : end + close.length), tag: "!", closing: false, attributes: "" };
  }
  const pattern = new RegExp(tagStart);
  pattern.lastIndex = at;
  const match = pattern.exec(html);
  if (match === null) return undefined;
  const nameEnd = at + match[0].length;
  const attributesEnd = endOfAttributes(html, nameEnd);
  if (attributesEnd === undefined) return undefined;
  const tag = (match[2] ?? "").toLowerCase();
  const closing = match[1] === "/";
  return { text: html.slice(at, attributesEnd + 1), tag, closing, attributes: html.slice(nameEnd, attributesEnd) };
}

/** Where the ">" of a tag stands. A quote that is not closed, or a "<" outside of quotes, tells that it is no tag. */
function endOfAttributes(html: string, from: number): number | undefined {
  for (let at = from; at < html.length; at += 1) {
    const character = html[at];
    if (character === ">") return at;
    if (character === "<") return undefined;
    if (character === '"' || character === "'") {
      at = html.indexOf(character, at + 1);
      if (at === -1) return undefined;
    }
  }
  return undefined;
}

const hidden = new Set(["script", "style", "head", "template", "noscript", "svg", "math"]);
const blocks = new Set(
  "address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer form header html main nav ol p pre section summary ul h1 h2 h3 h4 h5 h6".split(
    " ",
  ),
);
/** Blocks that an empty line sets apart. */
const spaced = new Set(["p", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "table", "pre"]);

interface OpenTable {
  readonly rows: TableRow[];
  /** Cells of rows above that reach into the rows below, by column. */
  readonly reaching: Map<number, number>;
}

class TextWriter {
  readonly #lines: string[] = [];
  #line = "";
  #gap = false;
  #preDepth = 0;
  readonly #lists: { next: number | undefined }[] = [];
  #table: OpenTable | undefined;
  /** Tables inside of a table's cell: their text joins the cell's. */
  #innerTables = 0;
  #cell: { text: string; heading: boolean; columns: number; rows: number } | undefined;

  text(text: string): void {
    if (this.#cell !== undefined) this.#cell.text += text;
    // Between rows and cells nothing is shown.
    else if (this.#table !== undefined) return;
    else if (this.#preDepth > 0) {
      const [first = "", ...rest] = text.split("\n");
      this.#line += first;
      for (const line of rest) {
        this.#push();
        this.#line = line;
      }
    } else {
      const words = text.replace(/[ \t\r\n\f]+/g, " ");
      this.#line += this.#line === "" || this.#line.endsWith(" ") ? words.trimStart() : words;
    }
  }

  open(tag: string, attributes: string): void {
    if (this.#table !== undefined) this.#openInTable(tag, attributes);
    else if (tag === "table") {
      this.#break(true);
      this.#table = { rows: [], reaching: new Map() };
    } else if (tag === "br") this.#push();
    else if (tag === "hr") {
      this.#break(false);
      this.#line = "───";
      this.#push();
    } else if (tag === "img") this.text(imageText(attributes));
    else if (tag === "li") {
      this.#break(false);
      const list = this.#lists.at(-1);
      const marker = list?.next === undefined ? "•" : `${list.next}.`;
      if (list?.next !== undefined) list.next += 1;
      this.#line = `${"  ".repeat(Math.max(0, this.#lists.length - 1))}${marker} `;
    } else if (blocks.has(tag)) {
      this.#break(spaced.has(tag));
      if (tag === "ul") this.#lists.push({ next: undefined });
      if (tag === "ol") this.#lists.push({ next: Number(attribute(attributes, "start") ?? 1) || 1 });
      if (tag === "pre") this.#preDepth += 1;
    }
  }

  close(tag: string): void {
    if (this.#table !== undefined) this.#closeInTable(tag);
    else if (blocks.has(tag) || tag === "li") {
      this.#break(spaced.has(tag));
      if (tag === "ul" || tag === "ol") this.#lists.pop();
      if (tag === "pre") this.#preDepth = Math.max(0, this.#preDepth - 1);
    }
  }

  end(): string {
    if (this.#table !== undefined) this.#endTable();
    this.#break(false);
    return this.#lines.join("\n");
  }

  #openInTable(tag: string, attributes: string): void {
    if (tag === "table") this.#innerTables += 1;
    else if (this.#innerTables > 0) this.text(" ");
    else if (tag === "tr") {
      this.#endCell();
      this.#table?.rows.push({ cells: [], heading: false });
    } else if (tag === "td" || tag === "th") {
      this.#endCell();
      const span = (name: string) => Math.min(1_000, Math.max(1, Number(attribute(attributes, name) ?? 1) || 1));
      this.#cell = { text: "", heading: tag === "th", columns: span("colspan"), rows: span("rowspan") };
    } else if (tag === "img") this.text(imageText(attributes));
    else if (tag === "br" || blocks.has(tag) || tag === "li") this.text(" ");
  }

  #closeInTable(tag: string): void {
    if (tag === "table" && this.#innerTables > 0) this.#innerTables -= 1;
    else if (this.#innerTables > 0) this.text(" ");
    else if (tag === "table") this.#endTable();
    else if (tag === "td" || tag === "th" || tag === "tr") this.#endCell();
    else if (blocks.has(tag) || tag === "li") this.text(" ");
  }

  #endCell(): void {
    const cell = this.#cell;
    const table = this.#table;
    this.#cell = undefined;
    if (cell === undefined || table === undefined) return;
    const row = table.rows.at(-1) ?? { cells: [], heading: false };
    if (table.rows.length === 0) table.rows.push(row);
    // Columns that a cell above still covers stay blank.
    for (let left = table.reaching.get(row.cells.length); left !== undefined && left > 0;) {
      table.reaching.set(row.cells.length, left - 1);
      row.cells.push("");
      left = table.reaching.get(row.cells.length);
    }
    row.heading = row.cells.every((text) => text === "") ? cell.heading : row.heading && cell.heading;
    for (let column = 0; column < cell.columns; column += 1) {
      if (cell.rows > 1) table.reaching.set(row.cells.length, cell.rows - 1);
      row.cells.push(column === 0 ? cell.text.replace(/\s+/g, " ").trim() : "");
    }
  }

  #endTable(): void {
    this.#endCell();
    const rows = this.#table?.rows ?? [];
    this.#table = undefined;
    this.#innerTables = 0;
    for (const line of alignTable(rows)) {
      this.#line = line;
      this.#push();
    }
    this.#gap = true;
  }

  /** Ends the line, if there is one, and wants an empty line before the next if `gap`. */
  #break(gap: boolean): void {
    if (this.#line.trim() !== "") this.#push();
    this.#line = "";
    this.#gap ||= gap;
  }

  #push(): void {
    if (this.#gap && this.#lines.length > 0) this.#lines.push("");
    this.#gap = false;
    this.#lines.push(this.#line.trimEnd());
    this.#line = "";
  }
}

function imageText(attributes: string): string {
  const alternative = attribute(attributes, "alt");
  return alternative === undefined || alternative === "" ? "[image]" : `[image: ${alternative}]`;
}

function attribute(attributes: string, name: string): string | undefined {
  const match = new RegExp(`(?:^|[\\s"'])${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, "i").exec(attributes);
  const value = match?.[1] ?? match?.[2] ?? match?.[3];
  return value === undefined ? undefined : decodeEntities(value);
}

/** The entities that outputs use. Others stay as they are written, which is readable too. */
const entities = new Map(
  Object.entries({
    amp: "&",
    lt: "<",
    gt: ">",
    quot: '"',
    apos: "'",
    nbsp: " ",
    hellip: "…",
    ndash: "–",
    mdash: "—",
    bull: "•",
    middot: "·",
    times: "×",
    divide: "÷",
    plusmn: "±",
    minus: "−",
    deg: "°",
    micro: "µ",
    le: "≤",
    ge: "≥",
    ne: "≠",
    asymp: "≈",
    infin: "∞",
    rarr: "→",
    larr: "←",
    uarr: "↑",
    darr: "↓",
    check: "✓",
    copy: "©",
    reg: "®",
    trade: "™",
    euro: "€",
    pound: "£",
    sect: "§",
    para: "¶",
    laquo: "«",
    raquo: "»",
    lsquo: "‘",
    rsquo: "’",
    ldquo: "“",
    rdquo: "”",
    alpha: "α",
    beta: "β",
    gamma: "γ",
    delta: "δ",
    lambda: "λ",
    mu: "μ",
    pi: "π",
    sigma: "σ",
    shy: "",
    zwnj: "",
    zwj: "",
  }),
);

function decodeEntities(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|(\w{2,8}));/g,
    (whole, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return entities.get(name) ?? accented(name) ?? whole;
      const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
    },
  );
}

const accents = new Map(
  Object.entries({
    acute: "\u0301",
    grave: "\u0300",
    circ: "\u0302",
    uml: "\u0308",
    tilde: "\u0303",
    ring: "\u030a",
    cedil: "\u0327",
    caron: "\u030c",
  }),
);

/** `eacute`, `Ccedil` …: a letter and the name of its accent. */
function accented(name: string): string | undefined {
  const accent = accents.get(name.slice(1));
  return accent === undefined ? undefined : (name.slice(0, 1) + accent).normalize("NFC");
}
