import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadVerbs } from "../server/cli/verbs.ts";
import { commandNames } from "../server/protocol/commands.ts";
import { errorCodes } from "../server/protocol/errors.ts";
import { settings } from "../server/protocol/settings.ts";
import {
  deadLinks,
  declaredMethods,
  declaredReasons,
  declaredRunEvents,
  hasUnreleased,
  headings,
  incompleteLock,
  missingSources,
  rows,
  section,
  settingDifferences,
  undocumented,
  verbDifferences,
} from "./tidy/document-rules.ts";
import { repositoryFiles, root } from "./tidy/repository.ts";

const verbs = await loadVerbs();

const files = repositoryFiles();
const textOf = (path: string) => files.find((file) => file.path === path)?.text ?? "";
const protocol = textOf("protocol.md");

const page = `# Methods

## nbls/cells

\`\`\`ts
# no heading
## neither
\`\`\`

# Error codes

| code | meaning |
| --- | --- |
| \`no_cell\` | nothing there |
`;

describe("relative links lead somewhere", () => {
  test("in the repository", () => expect(deadLinks(files, (path) => existsSync(join(root, path)))).toEqual([]));
  test("a bad sample", () => {
    const text = "[a](gone.md#x) [b](https://example.org) [c](#here) `[d](code.md)` ![e](gone.png)";
    expect(deadLinks([{ path: "docs/a.md", text }], (path) => path === "here.md")).toEqual([
      "docs/a.md: gone.md#x does not exist",
      "docs/a.md: gone.png does not exist",
    ]);
  });
});

describe("source files that pages name are there", () => {
  const paths = files.map(({ path }) => path);
  test.each(["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md", "protocol.md"])("in %s", (page) =>
    expect(missingSources(textOf(page), paths)).toEqual([]),
  );
  test("a bad sample", () => {
    const text = "`base/text.ts` `base/gone.ts` `test/a*.ts` `test/gone*.ts` `name.ts`\n```\n`base/code.ts`\n```\n";
    expect(missingSources(text, ["server/base/text.ts", "test/ab.ts"])).toEqual([
      "base/gone.ts does not exist",
      "test/gone*.ts does not exist",
    ]);
  });
});

describe("the changelog has a place for what comes next", () => {
  test("in the repository", () => expect(hasUnreleased(textOf("CHANGELOG.md"))).toBe(true));
  test("a bad sample", () => expect(hasUnreleased("# Changelog\n\n## [1.0.0]\n\nUnreleased\n")).toBe(false));
});

describe("the README has every setting as the schema has it", () => {
  test("in the repository", () => expect(settingDifferences(textOf("README.md"), settings)).toEqual([]));
  test("bad samples: another default, a setting too many, one too few", () => {
    const readme = "| `nbls.a.b` | `2` | One. |\n| `nbls.c` | `1` | Two. |\n";
    expect(settingDifferences(readme, { "a.b": { default: 1, description: "One." } })).toEqual([
      "missing: | `nbls.a.b` | `1` | One. |",
      "not in the schema: | `nbls.a.b` | `2` | One. |",
      "not in the schema: | `nbls.c` | `1` | Two. |",
    ]);
    expect(settingDifferences("", { c: { default: 1, description: "Two." } })).toHaveLength(1);
  });
});

describe("protocol.md documents what there is, and no more", () => {
  test("methods", () => expect(undocumented(declaredMethods(files), headings(section(protocol, "Methods")))).toEqual([]));
  test("commands", () => expect(undocumented(commandNames, rows(section(protocol, "Commands")))).toEqual([]));
  test("error codes", () => expect(undocumented(errorCodes, rows(section(protocol, "Error codes")))).toEqual([]));
  test("reasons", () => expect(undocumented(declaredReasons(files), rows(section(protocol, "Reasons")))).toEqual([]));
  test("settings", () => expect(settingDifferences(section(protocol, "Settings"), settings)).toEqual([]));
  test("verbs and their options", () => expect(verbDifferences(section(protocol, "Command line"), verbs)).toEqual([]));
  test("events of nbls run --json", () =>
    expect(undocumented(declaredRunEvents(files), rows(section(protocol, "Events of nbls run --json")))).toEqual([]));

  test("the sources are found", () => {
    expect(declaredMethods(files)).toContain("nbls/execute");
    expect(declaredReasons(files)).toContain("earlier_error");
    expect(declaredRunEvents(files)).toEqual(expect.arrayContaining(["started", "finished"]));
  });

  test("a bad sample: missing, too many, twice", () => {
    expect(undocumented(["a", "b"], ["b", "b", "c"])).toEqual([
      "a: not documented",
      "c: documented, and does not exist",
      "b: documented twice",
    ]);
  });

  test("bad samples of verbs: another usage, an option too many, one too few", () => {
    const text = "## `nbls a FILE`\n\n| `--x` | x |\n| `--y` | y |\n\n## `nbls b`\n";
    expect(
      verbDifferences(text, [
        { name: "a", usage: "FILE", options: { x: {}, z: {} } },
        { name: "b", usage: "[FILE]", options: {} },
      ]),
    ).toEqual([
      "nbls b [FILE]: not documented",
      "nbls b: documented, and does not exist",
      "nbls a: --z: not documented",
      "nbls a: --y: documented, and does not exist",
    ]);
  });

  test("a method that is declared in any file of protocol/ is seen", () => {
    const file = { path: "server/protocol/x.ts", text: 'export const x = {\n  method: "nbls/x",\n} as const;' };
    expect(declaredMethods([file])).toEqual(["nbls/x"]);
  });

  test("headings and rows are read per section, outside of code", () => {
    expect(headings(section(page, "Methods"))).toEqual(["nbls/cells"]);
    expect(rows(section(page, "Methods"))).toEqual([]);
    expect(rows(section(page, "Error codes"))).toEqual(["no_cell"]);
    expect(section(page, "Commands")).toBe("");
  });
});

describe("the lock file holds the packages of every platform", () => {
  test("in the repository", () => {
    expect(incompleteLock(JSON.parse(textOf("package-lock.json")) as Parameters<typeof incompleteLock>[0])).toEqual([]);
  });
  test("a bad sample", () => {
    const packages = {
      "node_modules/a": { optionalDependencies: { "a-darwin": "1.0.0", "a-linux": "1.0.0" } },
      "node_modules/a-linux": {},
    };
    expect(incompleteLock({ packages })).toEqual([
      "node_modules/a: a-darwin is not in the lock file (node scripts/complete-lock.mjs)",
    ]);
  });
});
