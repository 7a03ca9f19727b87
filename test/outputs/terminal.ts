/**
 * The slow reference for `StreamText`: a terminal of unlimited width as a grid of characters, each with the numbers of the
 * colour that it was written in. It knows nothing of chunks, settled lines or canonical styles.
 */
export function terminalLines(text: string): string[] {
  const lines: string[][] = [[]];
  let [row, column, colour] = [0, 0, ""];
  const put = (character: string) => {
    const line = lines[row] ?? [];
    while (line.length < column) line.push("| ");
    line[column] = `${colour}|${character}`;
    column += 1;
  };
  const pattern = /\u001b\[([0-?]*)([@-~])|\r\n|[\s\S]/gu;
  for (const [whole, parameters = "", final] of text.matchAll(pattern)) {
    const count = Math.max(1, Number.parseInt(parameters, 10) || 1);
    const line = lines[row] ?? [];
    if (whole === "\n" || whole === "\r\n") {
      row += 1;
      column = 0;
      if (row === lines.length) lines.push([]);
    } else if (whole === "\r") column = 0;
    else if (whole === "\b") column = Math.max(0, column - 1);
    else if (final === undefined) put(whole);
    else if (final === "m") colour = parameters === "0" || parameters === "" ? "" : parameters;
    else if (final === "A") row = Math.max(0, row - count);
    else if (final === "B") row = Math.min(lines.length - 1, row + count);
    else if (final === "C") column += count;
    else if (final === "D") column = Math.max(0, column - count);
    else if (final === "G") column = count - 1;
    else if (final === "K" && parameters === "2") lines[row] = [];
    else if (final === "K") line.length = Math.min(line.length, column);
    else if (final === "J") {
      line.length = Math.min(line.length, column);
      lines.length = row + 1;
    }
  }
  return lines.map((line) => line.join(""));
}

/** Lines with styles as `terminalLines` prints them. */
export function styledLines(text: string): string[] {
  return text.split("\n").map((line) => {
    let colour = "";
    let printed = "";
    for (const [whole, parameters] of line.matchAll(/\u001b\[([0-9;]*)m|[\s\S]/gu)) {
      if (parameters === undefined) printed += `${colour}|${whole}`;
      else colour = parameters === "0" ? "" : parameters;
    }
    return printed;
  });
}
