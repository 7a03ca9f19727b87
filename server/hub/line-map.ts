/** Cells longer than this are compared from both ends only: the table would cost more than the answer is worth. */
const tableLinesMax = 1_000;

/**
 * Where a line of the executed source stands in the cell's source as it is now, indented as it may be: lines run alone lose
 * their indent. `undefined` if it was edited away.
 */
export function lineNow(executedSource: string, currentSource: string, line: number): number | undefined {
  if (executedSource === currentSource) return line;
  const trimmed = (source: string) => source.split("\n").map((text) => text.trim());
  return lcsLines(trimmed(executedSource), trimmed(currentSource)).get(line);
}

/** Line of `before` → line of `after`, along a longest common subsequence. */
export function lcsLines(before: readonly string[], after: readonly string[]): Map<number, number> {
  const map = new Map<number, number>();
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) {
    map.set(head, head);
    head += 1;
  }
  let tail = 0;
  while (
    tail < before.length - head &&
    tail < after.length - head &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  ) {
    map.set(before.length - 1 - tail, after.length - 1 - tail);
    tail += 1;
  }
  const rows = before.length - head - tail;
  const columns = after.length - head - tail;
  if (rows === 0 || columns === 0 || rows > tableLinesMax || columns > tableLinesMax) return map;
  const width = columns + 1;
  const lengths = new Uint16Array((rows + 1) * width);
  const at = (row: number, column: number) => lengths[row * width + column] ?? 0;
  for (let row = rows - 1; row >= 0; row -= 1) {
    for (let column = columns - 1; column >= 0; column -= 1) {
      const same = before[head + row] === after[head + column];
      lengths[row * width + column] = same ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  let row = 0;
  let column = 0;
  while (row < rows && column < columns) {
    if (before[head + row] === after[head + column]) {
      map.set(head + row, head + column);
      row += 1;
      column += 1;
    } else if (at(row + 1, column) >= at(row, column + 1)) row += 1;
    else column += 1;
  }
  return map;
}
