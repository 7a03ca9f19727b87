import { expect, test } from "vitest";
import { readClient } from "../../server/lsp/client.ts";
import { commandTarget, linePair } from "../../server/lsp/command-arguments.ts";
import { findDocument } from "../../server/lsp/document-path.ts";
import { Mirror } from "../../server/lsp/mirror.ts";

const surroundings = { cwd: "/srv/ada/project", home: "/srv/ada" };

function opened(...uris: readonly string[]) {
  const mirror = new Mirror();
  for (const uri of uris) mirror.open(uri, "python", 1, "");
  return mirror.newestFirst();
}

const uris = [
  "file:///srv/ada/project/a.py",
  "file:///srv/ada/project/src/b.py",
  "file:///srv/other/b.py",
  "file:///srv/d%C3%BCr%20x.py",
];

test.each([
  ["file:///srv/ada/project/a.py", uris[0]],
  ["/srv/ada/project/a.py", uris[0]],
  ["a.py", uris[0]],
  ["./a.py", uris[0]],
  ["~/project/a.py", uris[0]],
  ["src/b.py", uris[1]],
  // Relative to our directory there is none: the one opened last ends so.
  ["b.py", uris[2]],
  ["../other/b.py", uris[2]],
  ["dür x.py", uris[3]],
  // A part of a name is no name.
  [".py", undefined],
  ["/a.py", undefined],
  ["c.py", undefined],
])("%s names %s", (argument, uri) => expect(findDocument(opened(...uris), argument, surroundings)?.uri).toBe(uri));

test("without arguments the document opened last is meant", () => {
  expect(commandTarget(opened(...uris), [], surroundings).document.uri).toBe(uris[3]);
  expect(() => commandTarget([], [], surroundings)).toThrow("no notebook is open");
});

test.each([[0], [-1], [1.5]])("line %d of a command is refused: lines are counted from 1", (line) => {
  expect(() => commandTarget(opened(...uris), ["a.py", line], surroundings)).toThrow("arguments[1]");
});

test("lines of a command are 1-based and inclusive", () => {
  expect(linePair([2, 3])).toEqual([1, 2]);
  for (const bad of [[3, 2], [0, 1], [1], "1", undefined]) expect(() => linePair(bad)).toThrow("arguments[1]");
});

test("initializationOptions.nbls is a capability only with a truth value for outputs", () => {
  const plain = readClient({ initializationOptions: { nbls: { outputs: { linesMax: 5 } } } });
  expect(plain.nbls).toBeUndefined();
  expect(plain.initialSettings).toEqual({ outputs: { linesMax: 5 } });
  const capable = readClient({ initializationOptions: { nbls: { outputs: true, width: 90, "kernel.default": "ir" } } });
  expect(capable.nbls).toEqual({ outputs: true, width: 90 });
  expect(capable.initialSettings).toEqual({ "kernel.default": "ir" });
});
