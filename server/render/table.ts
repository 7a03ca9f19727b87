import type { Span, Style } from "./span.ts";
import { cutLine, displayWidth } from "./width.ts";

export interface TableRow {
  readonly cells: string[];
  /** Whether it names the columns. */
  heading: boolean;
}

export interface TableRoom {
  /** Columns of the terminal; what does not fit is left out and said. */
  readonly width: number;
  /** Lines, more or less: the middle of a longer table is left out and said. */
  readonly height: number;
  /** How to see what is left out, for the note. */
  readonly whole?: string | undefined;
}

const number = /^[-+−]?[$€£]?[\d.,]+(?:[eE][-+]?\d+)?\s*%?$|^(?:nan|nat|none|null|<na>|[-+]?inf|\.\.\.|…)$/i;
const gap = 2;
/** A text column is not made narrower than this: less says nothing. */
const textWidthMin = 12;
/** Rows at the top that may name columns; data frames have no more levels. */
const headingsMax = 8;
const dim: Style = { dim: true };

/**
 * Rows as lines with their columns aligned, columns of numbers to the right; a rule follows the headings.
 * A number is never cut: where the width does not suffice texts are shortened first, with an ellipsis, then whole columns
 * left out from the middle, and whole rows, and each time a note says how many.
 */
export function layoutTable(rows: readonly TableRow[], room: TableRoom): Span[][] {
  const filled = rows.filter((row) => row.cells.length > 0);
  if (filled.length === 0) return [];
  const firstBody = filled.findIndex((row) => !row.heading);
  const headingCount = Math.min(headingsMax, firstBody === -1 ? filled.length : firstBody);
  const { body, hiddenRows, hiddenAt } = shownRows(filled.slice(headingCount), room.height - headingCount);
  const headings = filled.slice(0, headingCount);
  const columns = measure(headings, body);
  const fitted = fitColumns(columns, room.width);
  const lines = headings.map((row) => rowLine(row, fitted.columns, { bold: true }));
  if (headingCount > 0 && body.length > 0) lines.push([{ text: fitted.columns.map(rule).join(" ".repeat(gap)), ...dim }]);
  for (const [index, row] of body.entries()) {
    if (index === hiddenAt) lines.push([{ text: `… ${hiddenRowsText(hiddenRows)}`, ...dim }]);
    lines.push(rowLine(row, fitted.columns, {}));
  }
  const way = room.whole === undefined ? "" : ` (${room.whole} shows all)`;
  if (fitted.hidden.length > 0) lines.push([{ text: `… ${hiddenColumnsText(fitted.hidden, body)}${way}`, ...dim }]);
  else if (hiddenRows.length > 0 && way !== "") lines.push([{ text: `…${way}`, ...dim }]);
  return lines;
}

/** The first and the last rows, where not all have room. */
function shownRows(rows: readonly TableRow[], height: number) {
  // The notes and the rule take lines as well; three rows are worth more than the exact height.
  const room = Math.max(4, height - 3);
  if (rows.length <= room + 1) return { body: rows, hiddenRows: [], hiddenAt: -1 };
  const headCount = Math.ceil(room / 2);
  const tailStart = rows.length - (room - headCount);
  const body = [...rows.slice(0, headCount), ...rows.slice(tailStart)];
  return { body, hiddenRows: rows.slice(headCount, tailStart), hiddenAt: headCount };
}

interface Column {
  readonly index: number;
  readonly numeric: boolean;
  readonly width: number;
  /** It may be made as narrow as this. */
  readonly widthMin: number;
}

/** A column that stands for those left out. */
const elided: Column = { index: -1, numeric: false, width: 1, widthMin: 1 };

function measure(headings: readonly TableRow[], body: readonly TableRow[]): Column[] {
  let count = 0;
  for (const row of [...headings, ...body]) count = Math.max(count, row.cells.length);
  return Array.from({ length: count }, (_, index) => {
    let width = 0;
    let numberWidth = 0;
    let hasNumbers = false;
    let hasTexts = false;
    for (const row of body) {
      const text = row.cells[index] ?? "";
      if (text === "") continue;
      const own = displayWidth(text);
      width = Math.max(width, own);
      if (number.test(text)) {
        numberWidth = Math.max(numberWidth, own);
        hasNumbers = true;
      } else hasTexts = true;
    }
    for (const row of headings) width = Math.max(width, displayWidth(row.cells[index] ?? ""));
    const numeric = hasNumbers && !hasTexts;
    return { index, numeric, width, widthMin: Math.min(width, Math.max(numberWidth, numeric ? 1 : textWidthMin)) };
  });
}

/** The columns that are shown, each as wide as there is room. */
function fitColumns(columns: readonly Column[], width: number): { columns: readonly Column[]; hidden: readonly Column[] } {
  if (columns.length === 0 || total(columns, "width") <= width) return { columns, hidden: [] };
  if (total(columns, "widthMin") <= width) return { columns: narrowed(columns, width), hidden: [] };
  // From both ends towards the middle: the first ones are mostly the index.
  const left: Column[] = [];
  const right: Column[] = [];
  let used = elided.width;
  for (let from = 0, to = columns.length - 1; from <= to;) {
    const takesLeft = left.length <= right.length;
    const next = columns[takesLeft ? from : to];
    if (next === undefined) break;
    used += next.widthMin + gap;
    // One column is always shown, however wide it is.
    if (used > width && left.length > 0) break;
    if (takesLeft) {
      left.push(next);
      from += 1;
    } else {
      right.unshift(next);
      to -= 1;
    }
  }
  const hidden = columns.slice(left.length, columns.length - right.length);
  return { columns: narrowed([...left, ...(hidden.length > 0 ? [elided] : []), ...right], width), hidden };
}

function total(columns: readonly Column[], what: "width" | "widthMin"): number {
  return columns.reduce((sum, column) => sum + column[what], gap * (columns.length - 1));
}

/** Takes from the widest first: every column keeps its width up to a common one that makes them fit. */
function narrowed(columns: readonly Column[], width: number): readonly Column[] {
  const at = (level: number) =>
    columns.map((column) => ({ ...column, width: Math.max(column.widthMin, Math.min(column.width, level)) }));
  let low = 1;
  let high = columns.reduce((widest, column) => Math.max(widest, column.width), 1);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (total(at(middle), "width") <= width) low = middle;
    else high = middle - 1;
  }
  return at(low);
}

function rowLine(row: TableRow, columns: readonly Column[], style: Style): Span[] {
  const text = columns
    .map((column) => (column === elided || column.index < 0 ? "…" : cellText(row.cells[column.index] ?? "", column)))
    .join(" ".repeat(gap))
    .trimEnd();
  return text === "" ? [] : [{ text, ...style }];
}

function cellText(text: string, { width, numeric }: Column): string {
  const own = displayWidth(text);
  if (own > width) return cutLine([{ text }], width).reduce((line, span) => line + span.text, "");
  const padding = " ".repeat(width - own);
  return numeric ? padding + text : text + padding;
}

function rule({ width }: Column): string {
  return "─".repeat(width);
}

/** What the kernel left out itself stands as a row or column of points: then nobody knows how many there are. */
const points = /^(?:\.\.\.|…|⋯|⋮)?$/;

function hiddenRowsText(rows: readonly TableRow[]): string {
  const isCut = rows.some((row) => row.cells.every((text) => points.test(text)));
  return isCut ? "more rows" : plural(rows.length, "more row");
}

function hiddenColumnsText(columns: readonly Column[], body: readonly TableRow[]): string {
  const isCut = columns.some(({ index }) => body.every((row) => points.test(row.cells[index] ?? "")));
  return isCut ? "more columns" : plural(columns.length, "more column");
}

function plural(count: number, what: string): string {
  return `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;
}
