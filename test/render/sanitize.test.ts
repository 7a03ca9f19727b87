import fc from "fast-check";
import { expect, test } from "vitest";
import { parseAnsi, sanitize, spansToAnsi } from "../../server/render/ansi.ts";
import { plainText } from "../../server/render/span.ts";

// oxlint-disable-next-line no-control-regex
const forbidden = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\u{10eeee}\p{Cs}]/u;

const hostile = fc.array(
  fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom(
      "\u001b[",
      "\u001b]",
      "\u001b_G",
      "\u001bP",
      "\u001b\\",
      "\u0007",
      "\u009b",
      "\u009d",
      "\u009c",
      "31m",
      "\ud83d",
      "\r",
      "\n",
    ),
    fc.constantFrom("\u{10eeee}", "\u202e", "\t", "\b", "2J", "6n", "?1049h", "52;c;aGk=", ";", "0"),
  ),
  { maxLength: 20 },
);

test("no control character, escape sequence or reordering mark passes, whatever comes in", () => {
  fc.assert(
    fc.property(hostile, (pieces) => {
      const clean = sanitize(pieces.join(""));
      expect(clean).not.toMatch(forbidden);
      // What is clean stays as it is.
      expect(sanitize(clean)).toBe(clean);
    }),
    { numRuns: 2_000 },
  );
});

test("what the CLI writes holds no sequence but our own colours, and reads back as the same spans", () => {
  fc.assert(
    fc.property(hostile, (pieces) => {
      const { lines } = parseAnsi(pieces.join(""));
      const written = spansToAnsi(lines);
      // oxlint-disable-next-line no-control-regex
      expect(written.replace(/\u001b\[[\d;]+m/g, "")).toBe(plainText(lines));
      expect(parseAnsi(written).lines).toEqual(lines);
    }),
    { numRuns: 1_000 },
  );
});

test.each([
  ["a window title", "a\u001b]0;title\u0007b", "ab"],
  ["a link keeps its text", "\u001b]8;;http://example.org\u001b\\text\u001b]8;;\u001b\\", "text"],
  ["a clipboard write", "\u001b]52;c;aGk=\u0007x", "x"],
  ["an image of the kitty protocol", "\u001b_Ga=T,f=100;AAAA\u001b\\x", "x"],
  ["a sequence that never ends takes no more than its line", "\u001b]0;oops\nnext", "\nnext"],
  ["clearing the screen and moving the cursor", "\u001b[2J\u001b[1;1Hx", "x"],
  ["the same in single C1 characters", "\u009b2Jx\u009d0;t\u009cy", "xy"],
  ["a terminal reset", "\u001bcx", "x"],
  ["a character set switch", "\u001b(0x", "x"],
  ["a backspace", "a\bb", "ab"],
  ["text direction overrides", "abc\u202ecba", "abccba"],
  ["half of an emoji", "\ud83d!", "\ufffd!"],
  ["tabs reach the next multiple of eight columns", "a\tb\n日本\tc", "a       b\n日本    c"],
  ["an emoji of several code points is whole", "👩‍💻🏽", "👩‍💻🏽"],
])("%s", (_name, dirty, clean) => {
  expect(sanitize(dirty)).toBe(clean);
});

test.each([
  ["31", { fg: 1 }],
  ["1;4;95", { bold: true, underline: true, fg: 13 }],
  ["38;5;208;48;5;17", { fg: 208, bg: 17 }],
  ["38;2;1;2;255", { fg: "#0102ff" }],
  ["38:2::1:2:255", { fg: "#0102ff" }],
  ["38:5:9", { fg: 9 }],
  ["31;7", { fg: 0, bg: 1 }],
  ["7", { fg: 0, bg: 7 }],
  ["3;2", { italic: true, dim: true }],
  ["38;5;999", {}],
  ["73", {}],
  ["", {}],
])("SGR %s", (params, style) => {
  expect(parseAnsi(`\u001b[${params}mx`).lines).toEqual([[{ text: "x", ...style }]]);
});

test("attributes end one by one", () => {
  const { lines } = parseAnsi("\u001b[1;3;4;31;41ma\u001b[22mb\u001b[23mc\u001b[24md\u001b[39me\u001b[49mf");
  expect(lines).toEqual([
    [
      { text: "a", bold: true, italic: true, underline: true, fg: 1, bg: 1 },
      { text: "b", italic: true, underline: true, fg: 1, bg: 1 },
      { text: "c", underline: true, fg: 1, bg: 1 },
      { text: "d", fg: 1, bg: 1 },
      { text: "e", bg: 1 },
      { text: "f" },
    ],
  ]);
});

test("a colour goes on over pieces of one text", () => {
  const first = parseAnsi("\u001b[32mone\n");
  expect(parseAnsi("two", first.state).lines).toEqual([[{ text: "two", fg: 2 }]]);
});

test("a line of a megabyte of tabs takes no quadratic time", () => {
  const started = performance.now();
  parseAnsi("x\t".repeat(200_000));
  expect(performance.now() - started).toBeLessThan(3_000);
});
