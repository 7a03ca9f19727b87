import type { Raster } from "./raster.ts";
import type { Span } from "./span.ts";

/**
 * A picture of two pixels to a cell, the upper in the colour of "▀", the lower in that of its background. The raster is as
 * wide as there are columns, and twice as high as there are rows.
 */
export function halfBlockLines({ width, height, data }: Raster, trueColor: boolean): Span[][] {
  const color = trueColor ? hexColor : paletteColor;
  const lines: Span[][] = [];
  for (let y = 0; y < height; y += 2) {
    const line: { text: string; fg: string | number; bg: string | number }[] = [];
    for (let x = 0; x < width; x += 1) {
      const upper = color(data, (y * width + x) * 4);
      // An odd last row is shown twice.
      const lower = y + 1 < height ? color(data, ((y + 1) * width + x) * 4) : upper;
      const last = line.at(-1);
      if (last !== undefined && last.fg === upper && last.bg === lower) last.text += "▀";
      else line.push({ text: "▀", fg: upper, bg: lower });
    }
    lines.push(line);
  }
  return lines;
}

function hexColor(data: Uint8Array, at: number): string {
  const value = ((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0);
  return `#${value.toString(16).padStart(6, "0")}`;
}

/** The nearest of the 256 colours: of the cube of 6×6×6, or of the greys. */
function paletteColor(data: Uint8Array, at: number): number {
  const rgb = [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0] as const;
  const levels = rgb.map((value) => (value < 48 ? 0 : value < 115 ? 1 : Math.min(5, Math.floor((value - 35) / 40))));
  const [red = 0, green = 0, blue = 0] = levels;
  const cube = levels.map((level) => (level === 0 ? 0 : 55 + level * 40));
  const mean = (rgb[0] + rgb[1] + rgb[2]) / 3;
  const grey = Math.max(0, Math.min(23, Math.round((mean - 8) / 10)));
  const distance = (values: readonly number[]) => rgb.reduce((sum, value, index) => sum + (value - (values[index] ?? 0)) ** 2, 0);
  const greyValue = 8 + grey * 10;
  return distance([greyValue, greyValue, greyValue]) < distance(cube) ? 232 + grey : 16 + 36 * red + 6 * green + blue;
}
