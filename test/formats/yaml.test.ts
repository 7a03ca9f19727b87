import fc from "fast-check";
import { expect, test } from "vitest";
import { printYaml, readYaml, YamlError } from "../../server/formats/yaml.ts";

const read = (text: string) => readYaml(text.split("\n"));

test.each([
  ["a: 1\nb: x y\n", { a: 1, b: "x y" }],
  ["a:\n  b:\n    c: true\n", { a: { b: { c: true } } }],
  ["a:\n- 1\n- b: 2\n  c: 3\n- - x\nd: ~\n", { a: [1, { b: 2, c: 3 }, ["x"]], d: null }],
  ["a: 'it''s'\nb: \"tab\\t\\u00e9\\x41\"\n", { a: "it's", b: "tab\té\u0041" }],
  ["a: [1, 'x, y', {b: c}]\nb: {}\nc: []\n", { a: [1, "x, y", { b: "c" }], b: {}, c: [] }],
  ["a: '1.3'\nb: 1.3\nc: 1.19.6\nd: 3.11\n", { a: "1.3", b: 1.3, c: "1.19.6", d: 3.11 }],
  ["a: Python 3 (long\n  name)\nb: 1\n", { a: "Python 3 (long name)", b: 1 }],
  ["a: |\n  x\n   y\nb: >-\n  p\n  q\n", { a: "x\n y\n", b: "p q" }],
  ["# comment\na: 1 # one\n\nb: x#y\n", { a: 1, b: "x#y" }],
  ["", null],
])("%j", (text, expected) => {
  expect(read(text)).toEqual(expected);
});

test.each(["a: 'x", "a: [1,", "a: &b 1", "  a: 1\nb: 2", "a: {b 1}", "a: 'x' y"])("%j is refused", (text) => {
  expect(() => read(text)).toThrow(YamlError);
});

test("what Python would write is written", () => {
  // Recorded: yaml.safe_dump(value, default_flow_style=False) of PyYAML 6.
  const value = {
    ...{ z: [], b: { d: "1.3", c: "it's" }, a: ["x", { y: 1, k: null }, [[1], ["a"]]], e: "a: b", f: "", g: true, h: "yes" },
    ...{ i: "1.19.6", j: "2024-01-01", k: "@x", l: {}, m: "=", p: "1_0", r: "1e5", s: "1:30", t: "null", u: "-all", w: ".5" },
    ...{ x: "1.", A: "12e03", C: "-", E: "é😀\u2028", F: "a\tb", G: "+1", H: "0x1F", O: ":a", P: "a:", Q: "a#b", R: "a #b" },
  };
  expect(printYaml(value).join("\n")).toBe(`A: 12e03
C: '-'
E: "\\xE9\\U0001F600\\L"
F: "a\\tb"
G: '+1'
H: '0x1F'
O: :a
P: 'a:'
Q: a#b
R: 'a #b'
a:
- x
- k: null
  y: 1
- - - 1
  - - a
b:
  c: it's
  d: '1.3'
e: 'a: b'
f: ''
g: true
h: 'yes'
i: 1.19.6
j: '2024-01-01'
k: '@x'
l: {}
m: '='
p: '1_0'
r: 1e5
s: '1:30'
t: 'null'
u: -all
w: '.5'
x: '1.'
z: []`);
});

const scalar = fc.oneof(
  fc.string(),
  fc.string({ unit: fc.constantFrom("a", " ", ":", "#", "-", "'", '"', "\\", "\n", "1", ".", "[", "é", "\u2028", "~", "?") }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc.array(tie("tree"), { maxLength: 3 }),
    fc.dictionary(fc.string({ maxLength: 4 }), tie("tree"), { maxKeys: 3 }),
  ),
}));

test("what is written reads back the same", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ maxLength: 4 }), tree, { minKeys: 1, maxKeys: 3 }), (value) => {
      expect(readYaml(printYaml(value))).toEqual({ ...value });
    }),
    { numRuns: 2_000 },
  );
});

test("any text is read or refused", () => {
  const piece = fc.constantFrom("a", ": ", "- ", "\n", "  ", "'", '"', "[", "]", "{", "}", ",", "#", "|", ">", "1");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
      try {
        read(pieces.join(""));
      } catch (error) {
        expect(error).toBeInstanceOf(YamlError);
      }
    }),
    { numRuns: 3_000 },
  );
});
