/** Pixels, four bytes each: red, green, blue, alpha. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/**
 * The picture in another size, each new pixel the mean of what it covers, on white: plots are made for paper, and what is
 * black on nothing cannot be seen on a dark terminal.
 */
export function scaled(source: Raster, width: number, height: number): Raster {
  const data = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y += 1) {
    const top = Math.floor((y * source.height) / height);
    const bottom = Math.max(top + 1, Math.floor(((y + 1) * source.height) / height));
    for (let x = 0; x < width; x += 1) {
      const left = Math.floor((x * source.width) / width);
      const right = Math.max(left + 1, Math.floor(((x + 1) * source.width) / width));
      meanOnWhite(source, left, top, right, bottom, data, (y * width + x) * 4);
    }
  }
  return { width, height, data };
}

function meanOnWhite(
  { width, data }: Raster,
  left: number,
  top: number,
  right: number,
  bottom: number,
  into: Uint8Array,
  at: number,
): void {
  let red = 0;
  let green = 0;
  let blue = 0;
  for (let y = top; y < bottom; y += 1) {
    for (let index = (y * width + left) * 4; index < (y * width + right) * 4; index += 4) {
      const alpha = data[index + 3] ?? 255;
      const white = 255 * (255 - alpha);
      red += (data[index] ?? 0) * alpha + white;
      green += (data[index + 1] ?? 0) * alpha + white;
      blue += (data[index + 2] ?? 0) * alpha + white;
    }
  }
  const weight = 255 * (right - left) * (bottom - top);
  into[at] = Math.round(red / weight);
  into[at + 1] = Math.round(green / weight);
  into[at + 2] = Math.round(blue / weight);
  into[at + 3] = 255;
}
