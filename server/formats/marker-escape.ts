import type { CutLine } from "./magics.ts";
import type { MarkerReader } from "./marker.ts";

/**
 * A line of a cell that looks like a marker would split the cell in a script. It is written with one more comment prefix
 * (`# # %% x`), and so is a line that looks like such an escape, so that reading takes away exactly what was added.
 * In code both are comments: nothing changes for who runs the script without us.
 */
export function escapeMarker(line: string, comment: string, markers: MarkerReader): string {
  if (!markers.test(line) && escapedMarker(line, comment, markers) === undefined) return line;
  const at = line.length - line.trimStart().length;
  return `${line.slice(0, at)}${comment} ${line.slice(at)}`;
}

/** The line without its escape, and what was cut; `undefined` for a line that is no escaped marker. */
export function escapedMarker(line: string, comment: string, markers: MarkerReader): CutLine | undefined {
  if (!line.includes(comment)) return undefined;
  const at = line.length - line.trimStart().length;
  const prefix = `${comment} `;
  if (!line.startsWith(prefix + comment, at)) return undefined;
  let rest = line.slice(at);
  while (rest.startsWith(prefix)) {
    rest = rest.slice(prefix.length);
    if (markers.test(rest)) return { text: line.slice(0, at) + line.slice(at + prefix.length), at, length: prefix.length };
  }
  return undefined;
}
