/** Which multi-line string is open at the start of a line: none, `"""` or `'''`. */
export type StringState = 0 | 1 | 2;

/**
 * The string state after a line, given the state before it: jupytext's rough reading (its `StringParser`), which is what
 * decides whether a line can be a marker. Single quotes end with their line; a backslash right before a quote escapes it.
 */
export function stringStateAfter(line: string, before: StringState, comment: string): StringState {
  // Only three quotes in a row change the state.
  if (!line.includes('"""') && !line.includes("'''")) return before;
  if (before === 0 && line.trimStart().startsWith(comment)) return before;
  let state = before;
  let single = "";
  let tripleAt = -1;
  for (let index = 0; index < line.length; index += 1) {
    const char = line[index] ?? "";
    if (char === comment[0] && state === 0 && single === "" && line.startsWith(comment, index)) break;
    if (char !== '"' && char !== "'") continue;
    if (line[index - 1] === "\\") continue;
    if (single === char) {
      single = "";
      continue;
    }
    if (single !== "") continue;
    const kind = char === '"' ? 1 : 2;
    if (index >= 2 && index >= tripleAt + 3 && line[index - 1] === char && line[index - 2] === char) {
      if (state === kind) {
        state = 0;
        tripleAt = index;
      } else if (state === 0) {
        state = kind;
        tripleAt = index;
      }
      continue;
    }
    if (state === 0) single = char;
  }
  return state;
}
