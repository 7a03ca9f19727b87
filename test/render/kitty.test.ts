import { expect, test } from "vitest";
import { hasPlaceholders, hasTrueColor, isRemote } from "../../server/render/graphics.ts";
import { deleteImage, placeAgain, throughTmux, transmitBytes, transmitFile } from "../../server/render/kitty.ts";
import { imageId, placeholderColor, placeholderLines } from "../../server/render/placeholders.ts";

const cells = { id: 7, columns: 40, rows: 12 };
const base64 = (text: string) => Buffer.from(text).toString("base64");

test("a file is named to the terminal, quietly: an answer would be typed into the editor", () => {
  expect(transmitFile(cells, "/tmp/a b.png")).toEqual([
    `\u001b_Ga=T,U=1,f=100,t=f,q=2,i=7,c=40,r=12;${base64("/tmp/a b.png")}\u001b\\`,
  ]);
});

test("bytes go in pieces that the terminal joins", () => {
  const png = Buffer.alloc(10_000, 7);
  const sequences = transmitBytes(cells, png);
  expect(sequences).toHaveLength(4);
  const parts = sequences.map((sequence) => /^\u001b_G([^;]*);([^\u001b]*)\u001b\\$/.exec(sequence) ?? []);
  expect(parts.map(([, control]) => control)).toEqual([
    "a=T,U=1,f=100,t=d,q=2,i=7,c=40,r=12,m=1",
    "m=1,q=2",
    "m=1,q=2",
    "m=0,q=2",
  ]);
  for (const [, , payload = ""] of parts) expect(payload.length).toBeLessThanOrEqual(4_096);
  expect(Buffer.from(parts.map(([, , payload]) => payload).join(""), "base64")).toEqual(png);
});

test("images are placed again, freed, and passed through tmux", () => {
  expect(placeAgain(cells)).toBe("\u001b_Ga=p,U=1,q=2,i=7,c=40,r=12\u001b\\");
  expect(deleteImage(7)).toBe("\u001b_Ga=d,d=I,q=2,i=7\u001b\\");
  expect(throughTmux(deleteImage(7))).toBe("\u001bPtmux;\u001b\u001b_Ga=d,d=I,q=2,i=7\u001b\u001b\\\u001b\\");
});

test("placeholders carry the id in their colour and in a third diacritic, the row and column in the others", () => {
  const id = imageId(0x8fbcbb, 2);
  expect(placeholderColor(id)).toBe("#8fbcbb");
  expect(placeholderLines(id, 3, 2)).toEqual([
    [{ text: "\u{10eeee}\u0305\u0305\u030e\u{10eeee}\u{10eeee}", fg: "#8fbcbb" }],
    [{ text: "\u{10eeee}\u030d\u0305\u030e\u{10eeee}\u{10eeee}", fg: "#8fbcbb" }],
  ]);
});

test("rows are numbered by the 297 diacritics of kitty's table, each once", () => {
  const marks = placeholderLines(1, 1, 1_000).map((line) => [...(line[0]?.text ?? "")][1]);
  expect(new Set(marks).size).toBe(297);
  expect([marks[9], marks[53], marks[150], marks[296]]).toEqual(["\u034a", "\u05c4", "\u1b6b", "\u{1d244}"]);
  for (const mark of marks) expect(mark).toMatch(/^\p{Mn}$/u);
});

test.each([
  [{ TERM: "xterm-kitty" }, true],
  [{ TERM: "tmux-256color", KITTY_WINDOW_ID: "1" }, true],
  [{ TERM: "xterm-ghostty" }, true],
  [{ TERM_PROGRAM: "ghostty" }, true],
  [{ TERM_PROGRAM: "WezTerm", KITTY_WINDOW_ID: "1" }, false],
  [{ TERM: "xterm-256color" }, false],
  [{}, false],
])("placeholders in the terminal of %j: %s", (env, expected) => expect(hasPlaceholders(env)).toBe(expected));

test("a terminal far away cannot read our files; colours are known by the environment", () => {
  expect([isRemote({ SSH_TTY: "/dev/pts/1" }), isRemote({ SSH_CONNECTION: "a" }), isRemote({ SSH_TTY: "" })]).toEqual([
    true,
    true,
    false,
  ]);
  expect([hasTrueColor({ COLORTERM: "truecolor" }), hasTrueColor({ TERM: "xterm-256color" })]).toEqual([true, false]);
});
