import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StreamText } from "../../server/outputs/stream-text.ts";
import type { TextStore } from "../../server/outputs/text-log.ts";
import { styledLines, terminalLines } from "./terminal.ts";

const esc = "\u001b";

function folded(...chunks: readonly string[]): string {
  const text = new StreamText();
  for (const chunk of chunks) text.append(chunk);
  return text.textFrom();
}

describe("a stream", () => {
  test.each([
    ["a carriage return goes back to the start of its line", ["10 %\r100 %"], "100 %"],
    ["a shorter line leaves the rest of the longer one, as a terminal does", ["abcdef\rXY"], "XYcdef"],
    ["a carriage return at the end of a chunk overwrites with the next one", ["abc\r", "X"], "Xbc"],
    ["a line ending split between its two bytes is one line ending", ["abc\r", "\nd"], "abc\nd"],
    ["a backspace steps back", ["ab\bc"], "ac"],
    ["blank lines and trailing blanks are kept", ["a  \n\n\nb\n"], "a  \n\n\nb\n"],
    ["an erased line is rewritten", [`50 %${esc}[2K\r100 %`], "100 %"],
    ["erasing to the end leaves the start", [`abcdef\rab${esc}[K`], "ab"],
    ["two progress bars below each other are two lines (tqdm, nested)", [`a 0\nb 0${esc}[A\ra 1\n\rb 1`], "a 1\nb 1"],
    ["a sequence split between chunks is one sequence", [`x${esc}`, "[", "2", "K", "\ry"], "y"],
    [
      "a title for the terminal's window is dropped",
      [`${esc}]0;title\u0007x${esc}]8;;http://a\u001b\\link${esc}]8;;${esc}\\`],
      "xlink",
    ],
    ["hiding the cursor is dropped", [`${esc}[?25lx${esc}[?25h`], "x"],
    ["a private sequence that ends as a colour does is none (xterm's modifyOtherKeys)", [`${esc}[>4;2mx${esc}[2 Ay`], "xy"],
    ["a shorter state of a progress bar leaves the ends of the longer ones before it", ["abcdef\r😀2345\r123\rXY\r-"], "-Y345f"],
    ["an escape that begins no sequence is dropped", [`a${esc}\u0001b`], "a\u0001b"],
    ["characters outside of the basic plane are one place", ["😀😀\rx"], "x😀"],
    ["text after wide characters goes on where they end", ["abcde\r😀😀😀", "X"], "😀😀😀Xe"],
    ["a huge column number makes no huge line", [`${esc}[999999999Gx`], `${" ".repeat(999)}x`],
  ])("%s", (_, chunks, expected) => {
    expect(folded(...chunks)).toBe(expected);
  });

  test("a colour that goes on over lines is set in each of them, so that each can stand alone", () => {
    expect(folded(`${esc}[31mone\ntwo${esc}[0m three\n`)).toBe(`${esc}[31mone${esc}[0m\n${esc}[31mtwo${esc}[0m three\n`);
  });

  test("a colour that is still on in a line above the last one ends with that line", () => {
    expect(folded(`a\n${esc}[Aa${esc}[31mb`)).toBe(`a${esc}[31mb${esc}[0m\n`);
  });

  test("a line that is overwritten in part keeps the colours of the rest", () => {
    expect(folded(`${esc}[31mabc${esc}[39m\r${esc}[1mX`)).toBe(`${esc}[1mX${esc}[0m${esc}[31mbc${esc}[0m`);
  });

  test.each([
    ["a long line overwritten in its middle", "x", "\bY"],
    ["a long line of pairs overwritten in its middle", "😀", "\bY"],
    ["a long line whose start changes its colour", "x", `\r${esc}[31mX${esc}[32mY`],
    ["a long line erased bit by bit", "😀", `${esc}[D${esc}[K`],
    ["two long lines changed in turn", "😀", `${esc}[A\rX${esc}[B\rX`],
  ])("%s takes no quadratic time", (_, character, change) => {
    const fastest = (scale: number) => {
      const line = character.repeat(2_500 * scale);
      const changes = change.repeat(2_500 * scale);
      const times = Array.from({ length: 3 }, () => {
        const started = performance.now();
        folded(`${line}\n${line}`, changes);
        return performance.now() - started;
      });
      return Math.min(...times);
    };
    const small = fastest(1);
    // Eight times the text: linear is 8 times the time, quadratic 64 times. The 5 ms are what no clock tells apart.
    expect(fastest(8)).toBeLessThan(24 * (small + 5));
  });

  const unit = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom("a", "bc", "é", "😀", "xyz ") },
    { weight: 2, arbitrary: fc.constantFrom("\n", "\r", "\r\n", "\b") },
    {
      weight: 1,
      arbitrary: fc.constantFrom("[A", "[2A", "[B", "[C", "[3C", "[D", "[G", "[4G", "[K", "[2K", "[J").map((code) => esc + code),
    },
    { weight: 1, arbitrary: fc.constantFrom("[31m", "[0m", "[32m", "[m").map((code) => esc + code) },
  );
  const texts = fc.array(unit, { maxLength: 60 }).map((units) => units.join(""));

  test("shows what a terminal shows", () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(styledLines(folded(text.replace(/\r$/, "")))).toEqual(terminalLines(text.replace(/\r$/, "")));
      }),
      { numRuns: 500 },
    );
  });

  test("reads the same however it is cut into chunks", () => {
    fc.assert(
      fc.property(texts, fc.array(fc.nat(12)), (text, cuts) => {
        const chunks: string[] = [];
        let rest = text;
        for (const cut of cuts) {
          chunks.push(rest.slice(0, cut));
          rest = rest.slice(cut);
        }
        expect(folded(...chunks, rest)).toBe(folded(text));
      }),
      { numRuns: 500 },
    );
  });

  test("keeps every line of a long text, in memory or in a store, from any line on", () => {
    const numbers = Array.from({ length: 30_000 }, (_, index) => `line ${index} ${"x".repeat(60)}\n`);
    const stored: string[] = [];
    const store: TextStore = { append: (text) => stored.push(text) - 1, read: (handle) => stored[handle] ?? "" };
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9_000 }), { maxLength: 8 }),
        fc.nat(30_100),
        fc.boolean(),
        (sizes, from, spills) => {
          const text = new StreamText(spills ? store : undefined);
          let at = 0;
          for (const size of [...sizes, numbers.length]) {
            text.append(numbers.slice(at, at + size).join(""));
            at += size;
          }
          expect(text.lineCount).toBe(30_000);
          expect(text.textFrom(from)).toBe(numbers.slice(from).join(""));
        },
      ),
      { numRuns: 20 },
    );
    expect(stored.length).toBeGreaterThan(0);
  });
});
