import { decodeHTML } from "entities/decode";
import { sanitize } from "./ansi.ts";
import { htmlTokens } from "./html-tokens.ts";
import type { TableRow } from "./table.ts";

/** A part of an HTML source: lines of text, or a table that is yet to be laid out. */
export type HtmlBlock =
  | { readonly kind: "text"; readonly lines: string[] }
  | { readonly kind: "table"; readonly rows: readonly TableRow[] };

/**
 * HTML as readable blocks: text as lines, tables as rows, entities decoded, everything else left out. What comes out
 * is clean: no control character, written or as an entity, is in it.
 * Our own, above a tokenizer of our own: html-to-text needs five times as long for a long table, lays it out before one can
 * choose what to show of it, and gives no table whose columns fit a width.
 */
export function htmlBlocks(html: string): HtmlBlock[] {
  const writer = new BlockWriter();
  let hiddenIn: string | undefined;
  let hiddenDepth = 0;
  for (const { text, tag, closing, attributes } of htmlTokens(cleaned(html))) {
    if (hiddenIn !== undefined) {
      if (tag === hiddenIn) hiddenDepth += closing ? -1 : 1;
      if (hiddenDepth === 0) hiddenIn = undefined;
    } else if (tag === undefined) writer.text(decoded(text));
    else if (hidden.has(tag)) {
      if (closing || attributes.endsWith("/")) continue;
      hiddenIn = tag;
      hiddenDepth = 1;
    } else if (closing) writer.close(tag);
    else writer.open(tag, attributes);
  }
  return writer.end();
}

const hidden = new Set(["script", "style", "head", "template", "noscript", "svg", "math"]);
const blocks = new Set(
  "address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer form header html main nav ol p pre section summary ul h1 h2 h3 h4 h5 h6".split(
    " ",
  ),
);
/** Blocks that an empty line sets apart. */
const spaced = new Set(["p", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "table", "pre"]);

/** Cells that a table may have, those that spans make included: more is an attack, and what exceeds it is left out. */
const tableCellsMax = 2_000_000;

interface OpenTable {
  readonly rows: TableRow[];
  /** Rows that a cell above still covers, by column. */
  readonly reaching: Map<number, number>;
  cellCount: number;
  inHead: boolean;
  /** Whether the row has a cell of its own yet. */
  rowHasCell: boolean;
}

class BlockWriter {
  readonly #blocks: HtmlBlock[] = [];
  #lines: string[] = [];
  #line = "";
  #gap = false;
  #preDepth = 0;
  readonly #lists: { next: number | undefined }[] = [];
  #table: OpenTable | undefined;
  /** Tables inside of a table's cell: their text joins the cell's. */
  #innerTables = 0;
  #caption = false;
  #cell: { text: string; heading: boolean; columns: number; rows: number } | undefined;

  text(text: string): void {
    if (this.#cell !== undefined) this.#cell.text += text;
    // Between rows and cells nothing is shown.
    else if (this.#table !== undefined && !this.#caption) return;
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
    if (this.#table !== undefined) this.#openInTable(this.#table, tag, attributes);
    else if (tag === "table") {
      this.#break(true);
      this.#table = { rows: [], reaching: new Map(), cellCount: 0, inHead: false, rowHasCell: false };
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
      // Deeper lists than anybody reads are not indented further.
      this.#line = `${"  ".repeat(Math.min(20, Math.max(0, this.#lists.length - 1)))}${marker} `;
    } else if (blocks.has(tag)) {
      this.#break(spaced.has(tag));
      if (tag === "ul") this.#lists.push({ next: undefined });
      if (tag === "ol") this.#lists.push({ next: Number(attribute(attributes, "start") ?? 1) || 1 });
      if (tag === "pre") this.#preDepth += 1;
    }
  }

  close(tag: string): void {
    if (this.#table !== undefined) this.#closeInTable(this.#table, tag);
    else if (blocks.has(tag) || tag === "li") {
      this.#break(spaced.has(tag));
      if (tag === "ul" || tag === "ol") this.#lists.pop();
      if (tag === "pre") this.#preDepth = Math.max(0, this.#preDepth - 1);
    }
  }

  end(): HtmlBlock[] {
    if (this.#table !== undefined) this.#endTable(this.#table);
    this.#break(false);
    this.#endText();
    return this.#blocks;
  }

  #openInTable(table: OpenTable, tag: string, attributes: string): void {
    if (tag === "table") this.#innerTables += 1;
    else if (this.#innerTables > 0) this.text(" ");
    else if (tag === "caption") {
      this.#endCell(table);
      this.#caption = true;
    } else if (tag === "thead" || tag === "tbody" || tag === "tfoot") {
      this.#endCell(table);
      table.inHead = tag === "thead";
    } else if (tag === "tr") {
      this.#endCell(table);
      table.rows.push({ cells: [], heading: table.inHead });
      table.rowHasCell = false;
    } else if (tag === "td" || tag === "th") {
      this.#endCell(table);
      const span = (name: string) => Math.min(1_000, Math.max(1, Number(attribute(attributes, name) ?? 1) || 1));
      this.#cell =
        attributes === ""
          ? { text: "", heading: tag === "th", columns: 1, rows: 1 }
          : { text: "", heading: tag === "th", columns: span("colspan"), rows: span("rowspan") };
    } else if (tag === "img") this.text(imageText(attributes));
    else if (tag === "br" || blocks.has(tag) || tag === "li") this.text(" ");
  }

  #closeInTable(table: OpenTable, tag: string): void {
    if (tag === "table" && this.#innerTables > 0) this.#innerTables -= 1;
    else if (this.#innerTables > 0) this.text(" ");
    else if (tag === "table") this.#endTable(table);
    else if (tag === "caption") {
      // A table's caption stands above it.
      if (this.#caption) this.#break(false);
      this.#caption = false;
    } else if (tag === "thead") table.inHead = false;
    else if (tag === "td" || tag === "th" || tag === "tr") this.#endCell(table);
    else if (blocks.has(tag) || tag === "li") this.text(" ");
  }

  #endCell(table: OpenTable): void {
    const cell = this.#cell;
    this.#cell = undefined;
    if (cell === undefined || table.cellCount >= tableCellsMax) return;
    const row = table.rows.at(-1) ?? { cells: [], heading: table.inHead };
    if (table.rows.length === 0) table.rows.push(row);
    // Columns that a cell above still covers stay blank.
    for (let left = table.reaching.get(row.cells.length); left !== undefined && left > 0;) {
      table.reaching.set(row.cells.length, left - 1);
      row.cells.push("");
      left = table.reaching.get(row.cells.length);
    }
    // Without a head, a row of nothing but `th` is one.
    if (!table.inHead) row.heading = cell.heading && (row.heading || !table.rowHasCell);
    table.rowHasCell = true;
    for (let column = 0; column < cell.columns; column += 1) {
      if (cell.rows > 1) table.reaching.set(row.cells.length, cell.rows - 1);
      row.cells.push(column === 0 ? cell.text.replace(/\s+/g, " ").trim() : "");
    }
    table.cellCount += cell.columns * cell.rows;
  }

  #endTable(table: OpenTable): void {
    this.#endCell(table);
    this.#table = undefined;
    this.#innerTables = 0;
    this.#caption = false;
    this.#endText();
    if (table.rows.some((row) => row.cells.length > 0)) this.#blocks.push({ kind: "table", rows: table.rows });
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

  #endText(): void {
    if (this.#lines.length > 0) this.#blocks.push({ kind: "text", lines: this.#lines });
    this.#lines = [];
  }
}

function imageText(attributes: string): string {
  const alternative = attribute(attributes, "alt");
  return alternative === undefined || alternative === "" ? "[image]" : `[image: ${alternative}]`;
}

function attribute(attributes: string, name: string): string | undefined {
  const match = new RegExp(`(?:^|[\\s"'])${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, "i").exec(attributes);
  const value = match?.[1] ?? match?.[2] ?? match?.[3];
  return value === undefined ? undefined : decoded(value);
}

/** A lone carriage return would let a terminal begin the line anew; here it is white space. */
function cleaned(html: string): string {
  return /^[\n -~]*$/.test(html) ? html : sanitize(html.replace(/\r\n?/g, "\n"));
}

function decoded(text: string): string {
  if (!text.includes("&")) return text;
  // Invisible hints for breaking lines are no text.
  return sanitize(
    decodeHTML(text)
      .replace(/[\u00ad\u200b-\u200d\r]/g, "")
      .replaceAll("\u00a0", " "),
  );
}
