/** How an image is laid into cells. */
export interface ImageCells {
  readonly id: number;
  readonly columns: number;
  readonly rows: number;
}

/** The protocol's bound for one sequence. */
const chunkLength = 4096;

/**
 * Sequences that give a PNG to the terminal, to be painted where placeholders of its id stand. A terminal on this machine
 * reads the file itself; over ssh `png` has to be sent. `q=2`: an answer would be typed into the editor's text.
 */
export function transmitFile({ id, columns, rows }: ImageCells, path: string): string[] {
  return [sequence(`a=T,U=1,f=100,t=f,q=2,i=${id},c=${columns},r=${rows}`, Buffer.from(path, "utf8").toString("base64"))];
}

/** The image's bytes, in pieces; each sequence is to be written whole. */
export function transmitBytes({ id, columns, rows }: ImageCells, png: Uint8Array): string[] {
  const data = Buffer.from(png).toString("base64");
  const sequences: string[] = [];
  for (let from = 0; from < data.length || from === 0; from += chunkLength) {
    const more = from + chunkLength < data.length ? 1 : 0;
    const control = from === 0 ? `a=T,U=1,f=100,t=d,q=2,i=${id},c=${columns},r=${rows},m=${more}` : `m=${more},q=2`;
    sequences.push(sequence(control, data.slice(from, from + chunkLength)));
  }
  return sequences;
}

/** Places an image again that the terminal holds: a second time paints what a busy terminal missed the first time. */
export function placeAgain({ id, columns, rows }: ImageCells): string {
  return sequence(`a=p,U=1,q=2,i=${id},c=${columns},r=${rows}`, "");
}

/** Frees the image in the terminal. */
export function deleteImage(id: number): string {
  return sequence(`a=d,d=I,q=2,i=${id}`, "");
}

/** tmux hands a sequence on to its terminal only like this, and only if `allow-passthrough` is on. */
export function throughTmux(escape: string): string {
  return `\u001bPtmux;${escape.replaceAll("\u001b", "\u001b\u001b")}\u001b\\`;
}

function sequence(control: string, payload: string): string {
  return `\u001b_G${control}${payload === "" ? "" : `;${payload}`}\u001b\\`;
}
