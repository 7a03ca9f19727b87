/**
 * What a terminal of `columns` columns and endless height shows after `text`: newlines, wrapping, carriage return, going up,
 * erasing to the end of the line and of the screen. Other sequences print nothing.
 */
export function screenOf(text: string, columns: number): string[] {
  const lines: string[] = [""];
  let [row, column] = [0, 0];
  // oxlint-disable-next-line no-control-regex
  for (const [token, count, final] of text.matchAll(/\u001b\[([0-9;]*)([A-Za-z])|[^]/gu)) {
    if (token === "\n") {
      row += 1;
      column = 0;
    } else if (token === "\r") column = 0;
    else if (final === "A") row = Math.max(0, row - Math.max(1, Number(count)));
    else if (final === "K" || final === "J") {
      lines[row] = (lines[row] ?? "").slice(0, column);
      if (final === "J") lines.length = row + 1;
    } else if (final === undefined) {
      if (column === columns) {
        row += 1;
        column = 0;
      }
      const line = lines[row] ?? "";
      lines[row] = line.slice(0, column).padEnd(column) + token + line.slice(column + 1);
      column += 1;
    }
    lines[row] ??= "";
  }
  return lines;
}
