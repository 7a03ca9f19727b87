import { decodeImage } from "../../server/render/decode-image.ts";
import { bundleImage, imageBytes } from "../../server/render/image-source.ts";
import { plainText, renderOutputs, type RenderOptions } from "../../server/render/output.ts";
import { outputPage } from "../../server/render/page.ts";
import type { MimeBundle, Output } from "../../server/jupyter/nbformat.ts";
import { fuzzFold } from "./fuzz-fold.ts";
import { Random } from "./random.ts";
import { hostile, mediaTypes, randomText, randomValue } from "./random-values.ts";

/** What must never reach a screen: controls, escapes, what reorders text, and placeholders that are not ours. */
const forbidden = /[^\n\P{Cc}]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\u{10eeee}]|\p{Cs}/u;

/** Longer than any rendering takes, however busy the machine is. */
const caseMsMax = 5_000;

/**
 * Folds and renders `runs` cells of random bytes and of mutated captures. Every second one is rendered as it would be read
 * from a file, without having been folded. Returns what went wrong, with the number of the run: the same seed gives the
 * same cells.
 */
export function fuzzRender(seed: number, runs: number, captures: readonly Output[]): string[] {
  const failures: string[] = [];
  for (let run = 0; run < runs && failures.length < 10; run += 1) {
    const random = new Random(seed + run);
    let outputs: readonly Output[] = Array.from({ length: 1 + random.below(3) }, () => randomOutput(random, captures));
    const options: RenderOptions = {
      columnsMax: random.pick([1, 7, 40, 80, 200, Infinity]),
      linesMax: random.pick([0, 1, 5, 20, Infinity]),
      color: random.below(2) === 0,
    };
    const started = performance.now();
    try {
      if (random.below(2) === 0) outputs = fuzzFold(random, outputs);
      const { lines } = renderOutputs(outputs, options);
      const found = forbidden.exec(plainText(lines));
      if (found !== null) failures.push(`run ${run}: U+${found[0].codePointAt(0)?.toString(16)} came out`);
      if (lines.length > options.linesMax) failures.push(`run ${run}: ${lines.length} lines for ${options.linesMax}`);
      outputPage("fuzz", outputs);
      decodeAll(outputs);
    } catch (error) {
      failures.push(`run ${run}: ${error instanceof Error ? error.stack : String(error)}`);
    }
    const duration = performance.now() - started;
    if (duration > caseMsMax) failures.push(`run ${run}: took ${Math.round(duration)} ms`);
  }
  return failures;
}

/**
 * Pictures that are none are refused by an error. GIFs are left out: omggif may loop for ever over a broken one, which is
 * why pictures are decoded in a thread that can be ended.
 */
function decodeAll(outputs: readonly Output[]): void {
  for (const output of outputs) {
    const image = "data" in output ? bundleImage(output.data) : undefined;
    if (image === undefined || !/png|jpeg/.test(image.mediaType)) continue;
    // Decoding what claims to be large is a matter of time, not of faults.
    if (image.width * image.height > 500_000) continue;
    try {
      decodeImage(image.mediaType, imageBytes(image));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
    }
  }
}

function randomOutput(random: Random, captures: readonly Output[]): Output {
  const text = () => randomText(random);
  switch (random.below(6)) {
    case 0:
      return { output_type: "stream", name: "stdout", text: text() };
    case 1:
      return { output_type: "error", ename: text(), evalue: text(), traceback: [text(), text()] };
    case 2: {
      const data = Object.fromEntries(
        Array.from({ length: 1 + random.below(3) }, () => [random.pick(mediaTypes), randomValue(random, 3)]),
      );
      return { output_type: "display_data", data, metadata: {} };
    }
    default:
      return mutated(random.pick(captures), random);
  }
}

function mutated(output: Output, random: Random): Output {
  switch (output.output_type) {
    case "stream":
      return { ...output, text: mutatedText(output.text, random) };
    case "error":
      return { ...output, traceback: output.traceback.map((line) => mutatedText(line, random)) };
    case "display_data":
    case "execute_result":
      return { ...output, data: mutatedBundle(output.data, random) };
  }
}

function mutatedBundle(data: MimeBundle, random: Random): MimeBundle {
  return Object.fromEntries(
    Object.entries(data).map(([mediaType, value]) => {
      if (random.below(4) === 0) return [mediaType, randomValue(random, 2)];
      if (typeof value !== "string") return [mediaType, value];
      if (!mediaType.startsWith("image/") || mediaType === "image/svg+xml") return [mediaType, mutatedText(value, random)];
      const bytes = Buffer.from(value, "base64");
      for (let count = random.below(20); count > 0 && bytes.length > 0; count -= 1)
        bytes[random.below(bytes.length)] = random.below(256);
      return [
        mediaType,
        bytes.subarray(0, random.below(3) === 0 ? random.below(bytes.length + 1) : bytes.length).toString("base64"),
      ];
    }),
  );
}

function mutatedText(text: string, random: Random): string {
  let result = text;
  for (let count = random.below(6); count > 0; count -= 1) {
    const at = random.below(result.length + 1);
    const length = random.below(40);
    const piece = random.pick([
      random.pick(hostile),
      result.slice(at, at + length).repeat(2),
      "",
      randomText(random).slice(0, 20),
    ]);
    result = result.slice(0, at) + piece + result.slice(at + length);
  }
  return result;
}
