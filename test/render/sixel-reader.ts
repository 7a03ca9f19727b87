/** The pixels that a terminal would draw of a sixel sequence, as RGBA; for what our encoder writes. */
export function pixelsOfSixel(sequence: string, width: number, height: number): Uint8Array {
  // oxlint-disable-next-line no-control-regex
  const body = /^\u001bP[\d;]*q"[\d;]+([^\u001b]*)\u001b\\$/.exec(sequence)?.[1];
  if (body === undefined) throw new Error("no sixel sequence");
  const pixels = new Uint8Array(width * height * 4);
  const palette = new Map<number, readonly number[]>();
  let color = 0;
  let x = 0;
  let top = 0;
  const draw = (value: number) => {
    for (let row = 0; row < 6; row += 1)
      if ((value & (1 << row)) !== 0) pixels.set([...(palette.get(color) ?? []), 255], ((top + row) * width + x) * 4);
    x += 1;
  };
  for (const [token, number, definition, count, sixel] of body.matchAll(/#(\d+)((?:;\d+){4})?|(?:!(\d+))?([?-~])|[$-]/g)) {
    if (number !== undefined) {
      color = Number(number);
      const percent = definition?.split(";").slice(2).map(Number);
      if (percent !== undefined)
        palette.set(
          color,
          percent.map((value) => Math.round((value * 255) / 100)),
        );
    } else if (sixel !== undefined) for (let times = Number(count ?? 1); times > 0; times -= 1) draw(sixel.charCodeAt(0) - 63);
    else {
      x = 0;
      if (token === "-") top += 6;
    }
  }
  return pixels;
}
