import { joinMultiline, type Output } from "../jupyter/nbformat.ts";

/** CSI, OSC and other escape sequences, as ECMA-48 builds them. */
const escapes = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[PX^_][^\u001b]*\u001b\\|[@-Z\\-_])/g;

/** What a terminal without colours would show of an output. */
export function plainText(output: Output): string {
  switch (output.output_type) {
    case "stream":
      return output.text.replace(escapes, "");
    case "error":
      return (output.traceback.length > 0 ? output.traceback.join("\n") : `${output.ename}: ${output.evalue}`).replace(
        escapes,
        "",
      );
    case "display_data":
    case "execute_result": {
      const text = joinMultiline(output.data["text/plain"]);
      if (text !== undefined) return text.replace(escapes, "");
      const [mediaType = "nothing"] = Object.keys(output.data);
      return `[${mediaType}]`;
    }
  }
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
