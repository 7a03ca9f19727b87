import { describe, expect, test } from "vitest";
import { importsOf, layerViolations, layers, packageViolations } from "./tidy/imports.ts";
import { repositoryFiles } from "./tidy/repository.ts";
import {
  badFileNames,
  barrels,
  consoleUsers,
  environmentReaders,
  fileLinesMax,
  lonelyTests,
  longFiles,
  machinePaths,
  withoutComments,
} from "./tidy/source-rules.ts";

const files = repositoryFiles();
/** The rules' own files hold bad samples. */
const others = files.filter(({ path }) => !path.startsWith("test/tidy"));

const sample = (path: string, text = "") => [{ path, text }];

test("the rules see the sources", () => {
  expect(files.map(({ path }) => path)).toEqual(expect.arrayContaining(["server/protocol/cells.ts", "test/tidy/imports.ts"]));
});

describe("imports follow the layers", () => {
  test("in the sources", () => expect(layerViolations(files)).toEqual([]));

  test.each([
    ["static", 'import { a } from "../hub/hub.ts";'],
    ["type", 'import type { A } from "../hub/hub.ts"; // why'],
    ["over several lines", 'import {\n  a,\n  b,\n} from "../hub/hub.ts"; const x = 1;'],
    ["re-exported", 'export * from "../hub/hub.ts";'],
    ["side effect", 'import "../hub/hub.ts";'],
    ["dynamic", 'const hub = await import("../hub/hub.ts");'],
  ])("a bad sample: %s", (_title, text) => {
    expect(layerViolations(sample("server/kernel/start.ts", text))).toEqual([
      "server/kernel/start.ts: kernel may not import hub",
    ]);
  });

  test("a door may not import another door, and jupyter for its types alone", () => {
    expect(layerViolations(sample("server/cli/run.ts", 'import { a } from "../lsp/a.ts";'))).toHaveLength(1);
    expect(layerViolations(sample("server/cli/run.ts", 'import { a } from "../jupyter/a.ts";'))).toHaveLength(1);
    expect(layerViolations(sample("server/cli/run.ts", 'import type { A } from "../jupyter/a.ts";'))).toEqual([]);
  });

  test("a folder without a place in the table, and a way out of server/", () => {
    expect(layerViolations(sample("server/stuff/a.ts"))).toEqual(["server/stuff/a.ts: stuff is no layer"]);
    expect(layerViolations(sample("server/base/a.ts", 'import { x } from "../../test/x.ts";'))).toHaveLength(1);
  });

  test("no two layers import each other", () => {
    const pairs = Object.entries(layers).flatMap(([from, targets]) => targets.map((to) => [from, to] as const));
    expect(pairs.filter(([from, to]) => layers[to]?.includes(from))).toEqual([]);
  });

  test("imports are found whatever their form", () => {
    expect(importsOf('import a from "a"; export { b } from "b"; import "c"; import("d"); import type { E } from \'e\';')).toEqual(
      expect.arrayContaining(
        [
          ["a", false],
          ["b", false],
          ["c", false],
          ["d", false],
          ["e", true],
        ].map(([target, typeOnly]) => ({ target, typeOnly })),
      ),
    );
  });
});

describe("packages stay at home", () => {
  test("in the sources", () => expect(packageViolations(files)).toEqual([]));

  test.each([
    ["server/hub/a.ts", "zeromq"],
    ["server/cli/run.ts", "node:child_process"],
    ["server/cli/run.ts", "child_process"],
    ["server/hub/a.ts", "vscode-languageserver/node"],
    ["server/engine/a.ts", "node:fs/promises"],
    ["server/lsp/hover.ts", "node:fs"],
    ["server/cli/a.ts", "vscode-jsonrpc/node"],
  ])("a bad sample: %s imports %s", (path, name) => {
    expect(packageViolations(sample(path, `import { a } from "${name}";`))).toHaveLength(1);
  });
});

test("comments are left out, strings are not", () => {
  expect(withoutComments('a; // b "c"\n/* d */ "// e" + `/* f */`')).toBe('a; \n "// e" + `/* f */`');
});

describe("only the entry point reads the environment", () => {
  test("in the sources", () => expect(environmentReaders(files)).toEqual([]));
  test.each(["const home = process.env.HOME;", 'process["env"]', 'import { env } from "node:process";'])(
    "a bad sample: %s",
    (text) => {
      expect(environmentReaders(sample("server/hub/a.ts", text))).toHaveLength(1);
      expect(environmentReaders(sample("server/main.ts", text))).toEqual([]);
    },
  );
});

describe("nothing writes to the console", () => {
  test("in the sources", () => expect(consoleUsers(files)).toEqual([]));
  test("a bad sample", () => {
    expect(consoleUsers(sample("server/lsp/a.ts", 'console.log("x")'))).toHaveLength(1);
    expect(consoleUsers(sample("server/lsp/a.ts", "// console.log is forbidden"))).toEqual([]);
  });
});

describe("file names say what is inside", () => {
  test("in the sources", () => expect(badFileNames(files)).toEqual([]));
  test.each([
    "server/hub/utils.ts",
    "server/hub/index.ts",
    "test/test-helpers.ts",
    "server/kernel/kernelStart.ts",
    "server/lsp/types.ts",
  ])("a bad sample: %s", (path) => expect(badFileNames(sample(path))).toHaveLength(1));
});

describe("no file only passes on what others export", () => {
  test("in the sources", () => expect(barrels(files)).toEqual([]));
  test("a bad sample", () => {
    expect(barrels(sample("server/hub/all.ts", '// All.\nexport { a } from "./a.ts";\nexport * from "./b.ts";\n'))).toHaveLength(
      1,
    );
    expect(barrels(sample("server/hub/registry.ts", 'import { a } from "./a.ts";\nexport const all = [a];\n'))).toEqual([]);
  });
});

describe(`files have at most ${fileLinesMax} lines`, () => {
  test("in the sources", () => expect(longFiles(files)).toEqual([]));
  test("a bad sample", () => {
    expect(longFiles(sample("server/hub/a.ts", "x\n".repeat(fileLinesMax + 1)))).toHaveLength(1);
    expect(longFiles(sample("server/hub/a.ts", "x\n".repeat(fileLinesMax)))).toEqual([]);
  });
});

describe("no test runs alone", () => {
  test("in the sources", () => expect(lonelyTests(others)).toEqual([]));
  test.each(["test.only('x', f)", "describe.concurrent.only('x', f)", "it.only.each([1])('x', f)"])(
    "a bad sample: %s",
    (text) => {
      expect(lonelyTests(sample("test/a.test.ts", text))).toHaveLength(1);
    },
  );
});

describe("nothing names the machine it was made on", () => {
  test("in the repository", () => expect(machinePaths(others)).toEqual([]));
  test.each([
    "see /home/bob/notes",
    '"file:///home/bob/a.py"',
    ["", "root", ".npmrc"].join("/"),
    "C:\\Users\\bob",
    "/Users/bob/x",
  ])("a bad sample: %s", (text) => {
    expect(machinePaths(sample("README.md", text))).toHaveLength(1);
  });
  test("other paths are fine", () => {
    expect(
      machinePaths(
        sample("README.md", "/home/ada/notes /usr/bin/python3 ~/notes/a.py https://example.org/root/a $HOME/notes/ /rooted"),
      ),
    ).toEqual([]);
  });
});
