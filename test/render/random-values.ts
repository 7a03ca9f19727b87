import type { Random } from "./random.ts";

export const mediaTypes = [
  "text/plain",
  "text/html",
  "text/markdown",
  "text/latex",
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/svg+xml",
  "application/json",
  "application/vnd.plotly.v1+json",
  "application/vnd.vegalite.v5+json",
  "application/vnd.bokehjs_exec.v0+json",
  "application/x-unheard-of",
];

/** Pieces that break things when they stand where nobody thought of them. */
export const hostile = [
  "\u001b[",
  "\u001b]0;",
  "\u001b_G",
  "\u001bP",
  "\u009b31m",
  "\u009d",
  "\u0007",
  "\b",
  "\r",
  "\u0000",
  "\u202e",
  "\u2066",
  "\u{10eeee}\u0305",
  "\ud83d",
  "&#27;[2J",
  "&#x9b;",
  "<table><tr><td>",
  "<script>",
  "<!--",
  "</",
  "<svg width='1e9' height='-1'>",
  "| a |\n|---|\n",
  "```",
  "$$",
  "[](",
  "\\frac{",
  "\\begin{matrix}",
  "^_{",
  "\\left\\right",
  '{"a":',
  "[[[[",
  "\\u001b",
  "é\u0301日本👩‍👩‍👧",
];

/** Hostile pieces between random bytes. */
export function randomText(random: Random): string {
  const pieces = Array.from({ length: random.below(30) }, () =>
    random.below(3) === 0
      ? random.pick(hostile).repeat(1 + random.below(3))
      : Buffer.from(Array.from({ length: random.below(30) }, () => random.below(256))).toString(
          random.below(2) === 0 ? "latin1" : "utf8",
        ),
  );
  return pieces.join("");
}

/** Any JSON, `depth` levels deep at most. */
export function randomValue(random: Random, depth: number): unknown {
  switch (random.below(depth > 0 ? 8 : 5)) {
    case 0:
      return null;
    case 1:
      return random.below(1_000) / 7;
    case 2:
      return random.below(2) === 0;
    case 5:
      return Array.from({ length: random.below(8) }, () => randomValue(random, depth - 1));
    case 6:
      return Object.fromEntries(
        Array.from({ length: random.below(8) }, () => [randomText(random), randomValue(random, depth - 1)]),
      );
    default:
      return randomText(random);
  }
}
