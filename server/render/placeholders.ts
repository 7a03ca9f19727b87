import { lazy } from "../base/lazy.ts";
import type { Span } from "./span.ts";

/** The character that kitty and Ghostty paint a cell of an image over. */
const placeholder = "\u{10eeee}";

/**
 * The combining characters that number rows, columns and the high byte of an id, in the order of kitty's
 * `rowcolumn-diacritics.txt`, as ranges.
 */
const ranges =
  "305 30d-30e 310 312 33d-33f 346 34a-34c 350-352 357 35b 363-36f 483-487 592-595 597-599 59c-5a1 5a8-5a9 5ab-5ac 5af 5c4 " +
  "610-617 657-65b 65d-65e 6d6-6dc 6df-6e2 6e4 6e7-6e8 6eb-6ec 730 732-733 735-736 73a 73d 73f-741 743 745 747 749-74a " +
  "7eb-7f1 7f3 816-819 81b-823 825-827 829-82d 951 953-954 f82-f83 f86-f87 135d-135f 17dd 193a 1a17 1a75-1a7c 1b6b 1b6d-1b73 " +
  "1cd0-1cd2 1cda-1cdb 1ce0 1dc0-1dc1 1dc3-1dc9 1dcb-1dcc 1dd1-1de6 1dfe 20d0-20d1 20d4-20d7 20db-20dc 20e1 20e7 20e9 20f0 " +
  "2cef-2cf1 2de0-2dff a66f a67c-a67d a6f0-a6f1 a8e0-a8f1 aab0 aab2-aab3 aab7-aab8 aabe-aabf aac1 fe20-fe26 10a0f 10a38 " +
  "1d185-1d189 1d1aa-1d1ad 1d242-1d244";

const diacritics = lazy(() =>
  ranges.split(" ").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map((hex) => Number.parseInt(hex, 16));
    return Array.from({ length: last - first + 1 }, (_, index) => String.fromCodePoint(first + index));
  }),
);

/** Rows and columns that can be numbered. */
export const placeholderSideMax = 297;

/**
 * An image's id is a number of 32 bits: the low 24 are the colour that its placeholders are drawn in, the high 8 a third
 * diacritic. So a client whose text we cannot colour shows many images in the one colour that it has.
 */
export function imageId(color: number, high: number): number {
  return high * 0x1_00_00_00 + color;
}

/** `#rrggbb` of an image's placeholders. */
export function placeholderColor(id: number): string {
  return `#${(id % 0x1_00_00_00).toString(16).padStart(6, "0")}`;
}

/**
 * The lines over which the image `id` is painted. Only the first cell of a row has all its diacritics: the terminal counts
 * on from there, and messages stay short.
 */
export function placeholderLines(id: number, columns: number, rows: number): Span[][] {
  const fg = placeholderColor(id);
  const high = diacritics()[Math.floor(id / 0x1_00_00_00)] ?? "";
  return Array.from({ length: Math.min(rows, placeholderSideMax) }, (_, row) => {
    const first = placeholder + (diacritics()[row] ?? "") + (diacritics()[0] ?? "") + high;
    return [{ text: first + placeholder.repeat(Math.max(0, columns - 1)), fg }];
  });
}
