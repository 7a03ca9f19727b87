import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { joinMultiline, type MimeBundle, type Output } from "../../server/jupyter/nbformat.ts";
import { plainText, renderOutputs, type RenderOptions } from "../../server/render/output.ts";

const folder = join(import.meta.dirname, "../../fixtures/outputs");

/** Names of the outputs that were captured from real libraries. */
export const capturedNames = readdirSync(folder).map((name) => name.replace(/\.json$/, ""));

/** The outputs of one cell as a kernel sent them. */
export function captured(name: string): Output[] {
  const outputs = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as Output[];
  return outputs.map((output) => ("data" in output ? { ...output, data: joined(output.data) } : output));
}

/** One type of the first bundle that has it. */
export function capturedData(name: string, mediaType: string): string {
  for (const output of captured(name)) {
    const data = "data" in output ? output.data[mediaType] : undefined;
    if (typeof data === "string") return data;
  }
  throw new Error(`${name} has no ${mediaType}`);
}

/** As bare text. */
export function shown(outputs: readonly Output[], options: Partial<RenderOptions> = {}): string {
  return plainText(renderOutputs(outputs, { columnsMax: 80, linesMax: 20, color: false, ...options }).lines);
}

export function display(data: MimeBundle): Output {
  return { output_type: "display_data", data, metadata: {} };
}

function joined(data: MimeBundle): MimeBundle {
  return Object.fromEntries(Object.entries(data).map(([mediaType, value]) => [mediaType, joinMultiline(value) ?? value]));
}
