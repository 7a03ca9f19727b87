import { loadInside } from "./inside.mjs";
import { elapsed, interleaved } from "./samples.mjs";

/** As large as what a kernel sends in one message of a flood. */
const chunkBytes = 65_536;

/** `byteCount` bytes of a text repeated, in chunks. */
function chunksOf(text, byteCount) {
  const bytes = Buffer.from(text.repeat(Math.ceil(byteCount / text.length)));
  return Array.from({ length: Math.ceil(byteCount / chunkBytes) }, (_none, index) =>
    bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes),
  );
}

const lineOf80 = `${"x".repeat(79)}\n`;
/** 80 on the average: longer and shorter states of a progress bar. */
const statesOf80 = Array.from({ length: 39 }, (_none, index) => `${"x".repeat(60 + ((index * 7) % 39))}\r`).join("");
const colouredOf80 = `\u001b[31m${"x".repeat(70)}\u001b[0m\n`;

/** Text that came, folded into outputs. Reference: making strings of the same bytes. */
export async function fold(rounds, _place, byteCount = 16e6) {
  const inside = await loadInside();
  const reference = "Buffer.toString of the bytes";
  const plain = chunksOf(lineOf80, byteCount);
  const folding = (chunks) => {
    const texts = chunks.map(String);
    return () => {
      const outputs = new inside.OutputFold(Infinity);
      return elapsed(() => texts.forEach((text) => outputs.apply("stream", { name: "stdout", text })));
    };
  };
  const samples = await interleaved(rounds, {
    [reference]: () => elapsed(() => plain.forEach(String)),
    "plain lines of 80": folding(plain),
    "a `\\r` every 80": folding(chunksOf(statesOf80, byteCount)),
    "coloured lines of 80": folding(chunksOf(colouredOf80, byteCount)),
  });
  const targets = [
    { subject: "plain lines of 80", timesMax: 3 },
    { subject: "a `\\r` every 80", timesMax: 8 },
  ];
  return { reference, unit: "ms", samples, targets };
}

/** A chunk behind much that came before. Reference: the same chunk as the first. */
export async function foldLate(rounds, _place, lineCount = 200_000) {
  const inside = await loadInside();
  const reference = "the first";
  const late = `one more after ${lineCount.toLocaleString("en")} lines`;
  const chunk = { name: "stdout", text: lineOf80.repeat(1_000) };
  const longFold = new inside.OutputFold(Infinity);
  for (let count = 0; count < lineCount; count += 1_000)
    longFold.apply("stream", { name: "stdout", text: lineOf80.repeat(1_000) });
  const hundred = (foldOf) => () =>
    Array.from({ length: 100 }, () => {
      const outputs = foldOf();
      return elapsed(() => outputs.apply("stream", chunk));
    });
  const samples = await interleaved(rounds, {
    [reference]: hundred(() => new inside.OutputFold(Infinity)),
    [late]: hundred(() => longFold),
  });
  return { reference, unit: "ms", samples, targets: [{ subject: late, timesMax: 1.5 }] };
}
