import { combiningmarks, replacements, subsuperscripts } from "unicodeit/ts_dist/js/data.js";
import { lazy } from "../base/lazy.ts";

// unicodeit's tables, which are kept; its own `replace` rewrites the text 4,000 times over and takes `\left` for `\le`.
const symbols = lazy(() => tableOf(replacements));
const marks = lazy(() => tableOf(combiningmarks));
const scripts = lazy(() => tableOf(subsuperscripts));

/** `\alpha` → α, `\mathbb{R}` → ℝ; `undefined` where Unicode has no sign for it. */
export function symbolOf(command: string): string | undefined {
  return symbols().get(command);
}

/** The mark that `\hat`, `\vec` … puts over the letter before it. */
export function markOf(command: string): string | undefined {
  return marks().get(command);
}

/** `text` raised ("^") or lowered ("_"); `undefined` where Unicode has no such form of one of its characters. */
export function scriptOf(direction: "^" | "_", text: string): string | undefined {
  let result = "";
  for (const character of text) {
    if (character === " ") continue;
    const script = scripts().get(direction + character);
    if (script === undefined) return undefined;
    result += script;
  }
  return result;
}

function tableOf(entries: readonly (readonly string[])[]): ReadonlyMap<string, string> {
  const table = new Map<string, string>();
  // The first entry of a command is the one that unicodeit takes.
  for (const [command = "", text = ""] of entries) if (!table.has(command)) table.set(command, text);
  return table;
}
