import { joinMultiline, type Output } from "../jupyter/nbformat.ts";
import type { StreamText } from "./stream-text.ts";
import { countLines } from "./text-log.ts";

/** CSI, OSC and other escape sequences, as ECMA-48 builds them. */
const escapes = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[PX^_][^\u001b]*\u001b\\|[@-Z\\-_])/g;

/** What a terminal without colours would show of an output. */
export function plainText(output: Output): string {
  return styledText(output).replace(escapes, "");
}

/** The text of an output, with its colours. */
export function styledText(output: Output): string {
  switch (output.output_type) {
    case "stream":
      return output.text;
    case "error":
      return output.traceback.length > 0 ? output.traceback.join("\n") : `${output.ename}: ${output.evalue}`;
    case "display_data":
    case "execute_result": {
      const text = joinMultiline(output.data["text/plain"]);
      if (text !== undefined) return text;
      const [mediaType = "nothing"] = Object.keys(output.data);
      return `[${mediaType}]`;
    }
  }
}

/** A text that is read by its lines. */
export interface LinesOfText {
  readonly lineCount: number;
  /** Lines from `line` on, `lineCount` or more of them as long as there are. Costs what it returns. */
  lines(line: number, lineCount: number): readonly string[];
}

/** UTF-16 units that are read at once. */
const pageLength = 65_536;

/** What a terminal without colours would show of a stream. */
export function streamLines(text: StreamText): LinesOfText {
  return {
    lineCount: text.lineCount,
    lines(line, lineCount) {
      const lines: string[] = [];
      while (lines.length < lineCount) {
        const page = text.textFrom(line + lines.length, pageLength);
        if (page === "") break;
        for (const read of linesOf(page)) lines.push(read.replace(escapes, ""));
      }
      return lines;
    },
  };
}

/** A text as it is. */
export function wholeLines(text: string): LinesOfText {
  return {
    lineCount: countLines(text) + (text === "" || text.endsWith("\n") ? 0 : 1),
    lines: (line, lineCount) => linesOf(text).slice(line, line + lineCount),
  };
}

/** `limit` lines from the line `offset` on, of texts one below the other. The memory it takes is that of what it returns. */
export function linesBetween(
  texts: readonly LinesOfText[],
  offset: number,
  limit: number,
): { readonly text: string; readonly lineCount: number } {
  const found: string[] = [];
  let lineCount = 0;
  for (const text of texts) {
    const first = Math.max(0, offset - lineCount);
    const count = Math.min(text.lineCount - first, limit - found.length);
    if (count > 0) for (const line of text.lines(first, count).slice(0, count)) found.push(line);
    lineCount += text.lineCount;
  }
  return { text: found.join("\n"), lineCount };
}

function linesOf(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** All outputs, each beginning on a line of its own. */
export function plainTextOf(outputs: readonly Output[]): string {
  let all = "";
  for (const output of outputs) {
    if (all !== "" && !all.endsWith("\n")) all += "\n";
    all += plainText(output);
  }
  return all;
}

/** The outputs as Markdown: images and Markdown as they are, everything else as a code block. */
export function markdownOf(outputs: readonly Output[]): string {
  const parts = outputs.map((output) => {
    if (output.output_type === "display_data" || output.output_type === "execute_result") {
      const markdown = joinMultiline(output.data["text/markdown"]);
      if (markdown !== undefined) return markdown;
    }
    const text = plainText(output).replace(/\n$/, "");
    const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((run) => run[0].length));
    const fence = "`".repeat(longest + 1);
    return `${fence}\n${text}\n${fence}`;
  });
  return parts.join("\n\n");
}
