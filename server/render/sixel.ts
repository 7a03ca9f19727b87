import { quantized } from "./quantize.ts";
import type { Raster } from "./raster.ts";

/** Terminals have 256 registers for colours, and some fewer. */
const colorsMax = 256;

/**
 * A picture as sixels: bands of six rows, and for each colour of a band the pixels that have it. A plot has few colours and
 * keeps them; a photograph gets the best 256 for it.
 * Our own: the npm package that there is brings a PNG library which runs in sloppy mode only, and no bundle is that.
 */
export function sixelSequence({ width, height, data }: Raster): string {
  const { palette, indexes } = quantized(data, colorsMax);
  const colors = palette.map((color, index) => {
    const percent = [color >> 16, (color >> 8) & 255, color & 255].map((value) => Math.round((value * 100) / 255));
    return `#${index};2;${percent.join(";")}`;
  });
  let bands = "";
  for (let top = 0; top < height; top += 6) bands += `${band(indexes, width, top, Math.min(6, height - top))}-`;
  return `\u001bP0;1;0q"1;1;${width};${height}${colors.join("")}${bands}\u001b\\`;
}

/** One band: each colour's pixels from the left edge on, one colour drawn over the other. */
function band(indexes: Uint8Array, width: number, top: number, rows: number): string {
  const rowsOf = new Map<number, Uint8Array>();
  for (let row = 0; row < rows; row += 1) {
    for (let x = 0; x < width; x += 1) {
      const color = indexes[(top + row) * width + x] ?? 0;
      let columns = rowsOf.get(color);
      if (columns === undefined) rowsOf.set(color, (columns = new Uint8Array(width)));
      columns[x] = (columns[x] ?? 0) | (1 << row);
    }
  }
  return [...rowsOf].map(([color, columns]) => `#${color}${runs(columns)}`).join("$");
}

function runs(columns: Uint8Array): string {
  let text = "";
  for (let from = 0; from < columns.length;) {
    const value = columns[from] ?? 0;
    let to = from + 1;
    while (to < columns.length && columns[to] === value) to += 1;
    const character = String.fromCharCode(63 + value);
    // Nothing has to be said of what is blank up to the edge.
    if (!(value === 0 && to === columns.length))
      text += to - from > 3 ? `!${to - from}${character}` : character.repeat(to - from);
    from = to;
  }
  return text;
}
