/** The colours of a picture, at most so many, and for each pixel which one. */
export interface Quantized {
  /** `0xrrggbb`. */
  readonly palette: readonly number[];
  readonly indexes: Uint8Array;
}

interface Color {
  readonly value: number;
  readonly count: number;
}

/**
 * Few colours are kept as they are, as a plot has them. More are gathered by median cut: the box of colours that differ most
 * is halved, until there are as many boxes as there may be colours.
 */
export function quantized(data: Uint8Array, colorsMax: number): Quantized {
  const pixels = new Uint32Array(data.length / 4);
  for (let pixel = 0; pixel < pixels.length; pixel += 1) {
    const at = pixel * 4;
    pixels[pixel] = ((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0);
  }
  let colors = counted(pixels);
  if (colors.length > colorsMax) {
    // What differs in the lowest bits is seen by nobody, and would be most of the work.
    for (let pixel = 0; pixel < pixels.length; pixel += 1) pixels[pixel] = ((pixels[pixel] ?? 0) & 0xf8f8f8) | 0x040404;
    colors = counted(pixels);
  }
  const boxes = colors.length > colorsMax ? medianCut(colors, colorsMax) : colors.map((color) => [color]);
  const indexOf = new Map(boxes.flatMap((box, index) => box.map(({ value }) => [value, index] as const)));
  return { palette: boxes.map(mean), indexes: Uint8Array.from(pixels, (value) => indexOf.get(value) ?? 0) };
}

function counted(pixels: Uint32Array): Color[] {
  const counts = new Map<number, number>();
  for (const value of pixels) counts.set(value, (counts.get(value) ?? 0) + 1);
  return Array.from(counts, ([value, count]) => ({ value, count }));
}

const shifts = [16, 8, 0] as const;

function channel(value: number, shift: number): number {
  return (value >> shift) & 255;
}

function medianCut(colors: readonly Color[], boxesMax: number): (readonly Color[])[] {
  const boxes = [spread(colors)];
  while (boxes.length < boxesMax) {
    // There are few boxes: looking through them costs less than keeping them in order.
    let widest = 0;
    for (const [index, box] of boxes.entries()) if (box.range > (boxes[widest]?.range ?? 0)) widest = index;
    const box = boxes[widest];
    if (box === undefined || box.range === 0) break;
    const sorted = box.colors.toSorted((a, b) => channel(a.value, box.shift) - channel(b.value, box.shift));
    const half = sorted.length >> 1;
    boxes.splice(widest, 1, spread(sorted.slice(0, half)), spread(sorted.slice(half)));
  }
  return boxes.map((box) => box.colors);
}

/** In which channel the colours differ most, and by how much. */
function spread(colors: readonly Color[]): { readonly colors: readonly Color[]; readonly shift: number; readonly range: number } {
  let widest = { shift: 0, range: -1 };
  for (const shift of shifts) {
    let low = 255;
    let high = 0;
    for (const { value } of colors) {
      low = Math.min(low, channel(value, shift));
      high = Math.max(high, channel(value, shift));
    }
    if (high - low > widest.range) widest = { shift, range: high - low };
  }
  return { colors, ...widest };
}

function mean(colors: readonly Color[]): number {
  const total = colors.reduce((sum, { count }) => sum + count, 0);
  let value = 0;
  for (const shift of shifts) {
    const sum = colors.reduce((weight, color) => weight + channel(color.value, shift) * color.count, 0);
    value |= Math.round(sum / total) << shift;
  }
  return value;
}
