import { type StringState, stringStateAfter } from "./string-state.ts";

/** How many blank lines part two cells: PEP 8 wants two around functions and classes (jupytext's rules). */
export function blankLinesBetween(before: readonly string[], after: readonly string[], extension: string): number {
  if (after.length === 0) return 1;
  if (before.length === 0) return 0;
  if (extension !== ".py") return 1;
  if (endsWithDefinition(before)) return hasCode(after) ? 2 : 1;
  return endsWithCode(before) && beginsWithDefinition(after) ? 2 : 1;
}

const definition = /^(?:def|async|class) /;
const isBlank = (line: string | undefined) => (line ?? "").trim() === "";

function* unquoted(lines: readonly string[]): Generator<readonly [string, string | undefined]> {
  let state: StringState = 0;
  let previous: string | undefined;
  for (const line of lines) {
    if (state === 0) yield [line, previous];
    state = stringStateAfter(line, state, "#");
    previous = line;
  }
}

function beginsWithDefinition(lines: readonly string[]): boolean {
  for (const [line, previous] of unquoted(lines)) {
    if (isBlank(line)) {
      if (previous !== undefined && isBlank(previous)) return false;
    } else if (definition.test(line)) return true;
    else if (!/^[#@ )]/.test(line)) return false;
  }
  return false;
}

function endsWithDefinition(lines: readonly string[]): boolean {
  let below: string | undefined;
  for (const [line] of [...unquoted(lines)].reverse()) {
    if (isBlank(line)) {
      if (below !== undefined && isBlank(below)) return false;
    } else if (!/^[# )]/.test(line)) return definition.test(line);
    below = line;
  }
  return false;
}

function endsWithCode(lines: readonly string[]): boolean {
  const last = lines.at(-1);
  return last !== undefined && !isBlank(last) && !last.startsWith("#");
}

function hasCode(lines: readonly string[]): boolean {
  for (const [index, line] of lines.entries()) {
    if (line.trim().startsWith("#")) continue;
    if (!isBlank(line)) return true;
    if (index > 0 && isBlank(lines[index - 1])) return false;
  }
  return false;
}
