import MarkdownIt, { type Token } from "markdown-it";
import { lazy } from "../base/lazy.ts";
import { sanitize } from "./ansi.ts";
import { htmlBlocks } from "./html.ts";
import { latexToText } from "./latex.ts";
import { mathRule } from "./markdown-math.ts";
import type { Span, Style } from "./span.ts";
import { layoutTable, type TableRow } from "./table.ts";
import { wrapLine } from "./wrap.ts";

export interface MarkdownRoom {
  readonly width: number;
  /** Long tables are shortened to about so many lines. */
  readonly height: number;
}

/** Longer sources are shown as they are: no parser is linear on every hostile text. */
export const markdownLengthMax = 100_000;
const indentMax = 40;

// markdown-it is the one with tests against hostile nesting; marked takes as long, and seconds on some.
const parser = lazy(() => new MarkdownIt("commonmark", { html: true }).enable(["table", "strikethrough"]).use(mathRule));

/** Markdown as lines of spans: headings, emphasis, lists, quotes, code, tables, links, formulas. Clean. */
export function markdownLines(source: string, room: MarkdownRoom): Span[][] {
  const clean = sanitize(source.replace(/\r\n?/g, "\n"));
  if (clean.length > markdownLengthMax) return clean.split("\n").map((text) => [{ text }]);
  return new MarkdownWriter(room).lines(parser().parse(clean, {}));
}

class MarkdownWriter {
  readonly #room: MarkdownRoom;
  readonly #lines: Span[][] = [];
  /** What each line begins with: quote bars, the indent of lists. The marker of a list item stands in the first line only. */
  readonly #prefixes: { first: string; readonly rest: string }[] = [];
  readonly #lists: { next: number | undefined }[] = [];
  #tight = 0;
  #heading: Style | undefined;
  #table: { rows: TableRow[]; inHead: boolean } | undefined;

  constructor(room: MarkdownRoom) {
    this.#room = room;
  }

  lines(tokens: readonly Token[]): Span[][] {
    for (const token of tokens) this.#token(token);
    while (this.#lines.at(-1)?.length === 0) this.#lines.pop();
    return this.#lines;
  }

  #token(token: Token): void {
    switch (token.type) {
      case "heading_open":
        this.#heading = token.tag === "h1" ? { bold: true, underline: true } : { bold: true };
        break;
      case "heading_close":
        this.#heading = undefined;
        this.#gap();
        break;
      case "paragraph_close":
        if (!token.hidden) this.#gap();
        break;
      case "blockquote_open":
        this.#prefixes.push({ first: "│ ", rest: "│ " });
        break;
      case "bullet_list_open":
        this.#lists.push({ next: undefined });
        this.#tight += 1;
        break;
      case "ordered_list_open":
        this.#lists.push({ next: Number(token.attrGet("start") ?? 1) });
        this.#tight += 1;
        break;
      case "list_item_open":
        this.#openItem();
        break;
      case "blockquote_close":
      case "list_item_close":
        this.#prefixes.pop();
        if (token.type === "blockquote_close") this.#gap();
        break;
      case "bullet_list_close":
      case "ordered_list_close":
        this.#lists.pop();
        this.#tight -= 1;
        if (this.#tight === 0) this.#gap();
        break;
      case "fence":
      case "code_block":
        for (const text of token.content.replace(/\n$/, "").split("\n")) this.#push([{ text: `  ${text}`, fg: 6 }], false);
        this.#gap();
        break;
      case "hr":
        this.#push([{ text: "───", dim: true }], false);
        this.#gap();
        break;
      case "html_block":
        for (const block of htmlBlocks(token.content)) this.#html(block);
        break;
      case "inline":
        if (this.#table === undefined)
          for (const line of inlineLines(token.children ?? [], this.#heading ?? {})) this.#push(line, true);
        else this.#table.rows.at(-1)?.cells.push(inlineText(token.children ?? []));
        break;
      default:
        this.#tableToken(token.type);
    }
  }

  #tableToken(type: string): void {
    if (type === "table_open") this.#table = { rows: [], inHead: false };
    if (this.#table === undefined) return;
    if (type === "thead_open") this.#table.inHead = true;
    if (type === "thead_close") this.#table.inHead = false;
    if (type === "tr_open") this.#table.rows.push({ cells: [], heading: this.#table.inHead });
    if (type !== "table_close") return;
    const width = Math.max(1, this.#room.width - this.#indent());
    for (const line of layoutTable(this.#table.rows, { width, height: this.#room.height })) this.#push(line, false);
    this.#table = undefined;
    this.#gap();
  }

  #html(block: ReturnType<typeof htmlBlocks>[number]): void {
    const lines =
      block.kind === "text" ? block.lines.map((text) => (text === "" ? [] : [{ text }])) : layoutTable(block.rows, this.#room);
    for (const line of lines) this.#push(line, block.kind === "text");
    this.#gap();
  }

  #openItem(): void {
    const list = this.#lists.at(-1);
    const marker = list?.next === undefined ? "• " : `${list.next}. `;
    if (list?.next !== undefined) list.next += 1;
    this.#prefixes.push({ first: marker, rest: " ".repeat(marker.length) });
  }

  #indent(): number {
    return this.#prefixes.reduce((sum, { rest }) => sum + rest.length, 0);
  }

  #push(line: readonly Span[], wraps: boolean): void {
    const width = Math.max(20, this.#room.width - this.#indent());
    for (const part of wraps ? wrapLine(line, width) : [[...line]]) {
      let prefix = "";
      for (const own of this.#prefixes) {
        prefix += own.first;
        own.first = own.rest;
      }
      const shown = prefix.length > indentMax ? prefix.slice(-indentMax) : prefix;
      this.#lines.push(shown.trim() === "" && part.length === 0 ? [] : [...(shown === "" ? [] : [{ text: shown }]), ...part]);
    }
  }

  /** An empty line between blocks; none between the items of a list. */
  #gap(): void {
    if (this.#tight > 0 || this.#lines.length === 0 || this.#lines.at(-1)?.length === 0) return;
    this.#lines.push([]);
  }
}

/** The text of a table's cell, or of a heading in a list of cells. */
function inlineText(tokens: readonly Token[]): string {
  return inlineLines(tokens, {})
    .flat()
    .reduce((text, span) => text + span.text, "");
}

const inlineStyles: { readonly [type: string]: Style } = {
  strong_open: { bold: true },
  em_open: { italic: true },
  s_open: { dim: true },
  link_open: { underline: true },
};

function inlineLines(tokens: readonly Token[], base: Style): Span[][] {
  const lines: Span[][] = [[]];
  const styles: Style[] = [];
  const links: { readonly address: string; text: string }[] = [];
  const add = (text: string, style: Style = {}) => {
    if (text === "") return;
    for (const link of links) link.text += text;
    lines.at(-1)?.push({ text, ...base, ...Object.assign({}, ...styles), ...style });
  };
  for (const token of tokens) {
    const style = inlineStyles[token.type];
    if (token.type === "link_open") links.push({ address: String(token.attrGet("href") ?? ""), text: "" });
    if (style !== undefined) styles.push(style);
    else if (token.type === "link_close") {
      styles.pop();
      const link = links.pop();
      // An address that is not its own text is shown: a terminal has nowhere else to tell it.
      const address = sanitize(link?.address ?? "").replaceAll("\n", "");
      if (link !== undefined && /^(?:https?|mailto|ftp):/.test(address) && link.text !== address)
        add(` (${address})`, { dim: true });
    } else if (token.type.endsWith("_close")) styles.pop();
    else if (token.type === "softbreak") add(" ");
    else if (token.type === "hardbreak") lines.push([]);
    else if (token.type === "code_inline") add(token.content, { fg: 6 });
    else if (token.type === "math_inline") add(sanitize(latexToText(token.content)).replaceAll("\n", " "));
    else if (token.type === "image") add(token.content === "" ? "[image]" : `[image: ${token.content}]`);
    else if (token.type === "html_inline") {
      if (/^<br\b/i.test(token.content)) lines.push([]);
    }
    // An entity may stand for a control character.
    else add(sanitize(token.content).replaceAll("\n", " "));
  }
  return lines;
}
