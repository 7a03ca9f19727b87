import { performance } from "node:perf_hooks";
import { loadInside } from "./inside.mjs";
import { elapsed, interleaved } from "./samples.mjs";

function display(data) {
  return [{ output_type: "display_data", data, metadata: {} }];
}

/** What an editor in kitty needs of a plot. Reference: decoding the same picture, which the terminal does instead. */
export async function imageToPlaceholders(rounds) {
  const inside = await loadInside();
  const side = 600;
  // Noise, which no compression makes smaller.
  const data = new Uint8Array(side * side * 4).fill(255);
  for (let index = 0, state = 1; index < data.length; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    if (index % 4 !== 3) data[index] = state >>> 24;
  }
  const png = Buffer.from(inside.encodePng({ width: side, height: side, data }));
  const outputs = display({ "image/png": png.toString("base64") });
  const drawImage = (image, room) => {
    const cells = inside.cellsFor(image, room);
    return cells && { ...cells, lines: inside.placeholderLines(0x01_8f_bc_bb, cells.columns, cells.rows) };
  };
  const size = `${(png.length / 1e6).toFixed(1)} MB`;
  const samples = await interleaved(rounds, {
    "header read, placeholders made": () => {
      const start = performance.now();
      const { images } = inside.renderOutputs(outputs, { columnsMax: 120, linesMax: 20, color: true, drawImage });
      if (images.length !== 1) throw new Error("not drawn");
      return performance.now() - start;
    },
    [`decoding ${size} of PNG`]: () => elapsed(() => inside.decodeImage("image/png", png)),
  });
  const targets = [{ subject: "header read, placeholders made", timesMax: 1 }];
  return { reference: `decoding ${size} of PNG`, unit: "ms", samples, targets };
}

/** A data frame as an editor and a pipe get it. Reference: reading the HTML into rows of cells. */
export async function tableToText(rounds) {
  const inside = await loadInside();
  const rows = Array.from(
    { length: 10_000 },
    (_none, row) =>
      `<tr>\n<th>${row}</th>\n${Array.from({ length: 8 }, (_cell, column) => `<td>${((row * column) / 7).toFixed(6)}</td>`).join("\n")}\n</tr>`,
  );
  const names = Array.from({ length: 9 }, (_none, column) => `<th>${column}</th>`).join("\n");
  const html = `<table class="dataframe"><thead><tr>${names}</tr></thead><tbody>${rows.join("\n")}</tbody></table>`;
  const outputs = display({ "text/html": html });
  const render = (options) => () => elapsed(() => inside.renderOutputs(outputs, { color: true, ...options }));
  const samples = await interleaved(rounds, {
    "20 lines of it, with its ends": render({ columnsMax: 120, linesMax: 20 }),
    "all 10,000 lines": render({ columnsMax: Infinity, linesMax: Infinity }),
    "reading the HTML": () => elapsed(() => inside.htmlBlocks(html)),
  });
  const targets = [
    { subject: "20 lines of it, with its ends", timesMax: 1.5 },
    { subject: "all 10,000 lines", timesMax: 2 },
  ];
  return { reference: "reading the HTML", unit: "ms", samples, targets };
}
