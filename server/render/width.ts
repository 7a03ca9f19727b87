import { eastAsianWidth } from "get-east-asian-width";
import { lazy } from "../base/lazy.ts";
import type { Span } from "./span.ts";

// Measured by the cluster, as terminals draw: an emoji of several code points is two columns wide, an accent none.
const clusters = lazy(() => new Intl.Segmenter("en", { granularity: "grapheme" }));
const ascii = /^[ -~]*$/;
// TypeScript allows the flag as a literal only for a newer target than Node 20 needs.
const emoji = lazy(() => new RegExp("^\\p{RGI_Emoji}$", "v"));
const invisible = /^[\p{Default_Ignorable_Code_Point}\p{Control}\p{Mark}\p{Surrogate}]+$/u;

/** Columns that `text` takes in a terminal. */
export function displayWidth(text: string): number {
  if (ascii.test(text)) return text.length;
  let width = 0;
  for (const { segment } of clusters().segment(text)) width += clusterWidth(segment);
  return width;
}

function clusterWidth(cluster: string): number {
  if (invisible.test(cluster)) return 0;
  if (emoji().test(cluster)) return 2;
  return eastAsianWidth(cluster.codePointAt(0) ?? 0);
}

/** The line cut to `columnsMax` columns, with an ellipsis where something is missing. Costs in proportion to what is left. */
export function cutLine(line: readonly Span[], columnsMax: number): Span[] {
  const kept = headOf(line, columnsMax);
  if (kept.length === line.length && kept.at(-1)?.text.length === line.at(-1)?.text.length) return kept;
  const cut = headOf(line, columnsMax - 1);
  const last = cut.pop();
  return last === undefined ? [{ text: "…" }] : [...cut, { ...last, text: `${last.text}…` }];
}

/** As much of the beginning of `line` as fits into `columns`. */
function headOf(line: readonly Span[], columns: number): Span[] {
  const head: Span[] = [];
  let room = columns;
  for (const span of line) {
    const { text, width } = textHead(span.text, room);
    room -= width;
    if (text !== "") head.push({ ...span, text });
    if (text.length < span.text.length) break;
  }
  return head;
}

function textHead(text: string, columns: number): { text: string; width: number } {
  if (ascii.test(text)) {
    const head = text.slice(0, Math.max(0, columns));
    return { text: head, width: head.length };
  }
  let width = 0;
  let end = 0;
  for (const { segment, index } of clusters().segment(text)) {
    const next = width + clusterWidth(segment);
    if (next > columns) break;
    width = next;
    end = index + segment.length;
  }
  return { text: text.slice(0, end), width };
}
