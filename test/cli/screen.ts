/** What a terminal of `columns` columns shows after `text`: newlines, wrapping, carriage return, and erasing to the end of the line. */
export function screenOf(text: string, columns: number): string[] {
  const lines: string[] = [""];
  let column = 0;
  // oxlint-disable-next-line no-control-regex
  for (const [token] of text.matchAll(/\u001b\[K|[^]/gu)) {
    const last = lines.length - 1;
    if (token === "\n") {
      lines.push("");
      column = 0;
    } else if (token === "\r") column = 0;
    else if (token === "\u001b[K") lines[last] = (lines[last] ?? "").slice(0, column);
    else if (column === columns) {
      lines.push(token);
      column = 1;
    } else {
      const line = lines[last] ?? "";
      lines[last] = line.slice(0, column) + token + line.slice(column + 1);
      column += 1;
    }
  }
  return lines;
}
