import type { MarkdownIt } from "markdown-it";

/** `$…$` within a line and `$$…$$` as tokens of their own, so that what stands between is not read as Markdown. */
export function mathRule(markdown: MarkdownIt): void {
  markdown.inline.ruler.before("escape", "math", (state, silent) => {
    if (state.src.charAt(state.pos) !== "$") return false;
    const isDisplay = state.src.charAt(state.pos + 1) === "$";
    const fence = isDisplay ? "$$" : "$";
    const start = state.pos + fence.length;
    const end = closing(state.src, fence, start);
    if (end === undefined || end > state.posMax) return false;
    if (!silent) state.push("math_inline", "", 0).content = state.src.slice(start, end);
    state.pos = end + fence.length;
    return true;
  });
}

/** Formulas are short: a search that goes further would let a text of dollar signs take quadratic time. */
const lengthMax = 2_000;

/** As Jupyter reads it: no blank inside of single dollars at either end, and no digit behind, which is a price. */
function closing(source: string, fence: string, start: number): number | undefined {
  const near = source.slice(start, start + lengthMax);
  for (let at = near.indexOf(fence); at !== -1; at = near.indexOf(fence, at + 1)) {
    if (at === 0) return undefined;
    if (near.charAt(at - 1) === "\\") continue;
    if (fence === "$$") return start + at;
    if (/\s/.test(near.charAt(0))) return undefined;
    if (/\s/.test(near.charAt(at - 1)) || /\d/.test(source.charAt(start + at + 1))) continue;
    return start + at;
  }
  return undefined;
}
