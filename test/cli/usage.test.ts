import { describe, expect, test } from "vitest";
import { loadVerbs } from "../../server/cli/verbs.ts";
import { Shell } from "./run-cli.ts";

const verbs = await loadVerbs();

test.each(verbs.map((verb) => verb.name))("nbls %s --help shows its usage and every option", async (name) => {
  const { status, stdout, stderr } = await new Shell().run(name, "--help");
  const verb = verbs.find((known) => known.name === name);
  expect(stdout).toContain(`usage: nbls ${name}`);
  for (const option of Object.keys(verb?.options ?? {})) expect(stdout).toContain(`--${option}`);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

test.each(verbs.map((verb) => verb.name))("nbls %s names an unknown option, with usage and status 2", async (name) => {
  const { status, stdout, stderr } = await new Shell().run(name, "--no-such-option");
  expect(stderr).toContain("--no-such-option");
  expect(stderr).toContain(`usage: nbls ${name}`);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
});

test.each([
  [["--help"], 0, "stdout", /^nbls: notebooks[^]*\n {2}run /],
  [["help", "run"], 0, "stdout", /usage: nbls run FILE/],
  [["--version"], 0, "stdout", /^nbls 0\.0\.0\n$/],
  [[], 2, "stderr", /usage: nbls VERB/],
  [["dance"], 2, "stderr", /there is no verb dance[^]*usage: nbls VERB/],
  [["--dance"], 2, "stderr", /there is no option --dance/],
  [["run"], 2, "stderr", /an argument is missing[^]*usage: nbls run/],
  [["run", "a", "b"], 2, "stderr", /one argument too many: b/],
  [["run", "a", "--timeout"], 2, "stderr", /--timeout[^]*usage: nbls run/],
  [["run", "a", "--timeout", "soon"], 2, "stderr", /--timeout soon: a number of seconds is needed/],
  [["kernels", "dance"], 2, "stderr", /there is no action dance/],
  [["kernels", "restart", "a.ipynb"], 2, "stderr", /restart needs kernels that outlive their editor/],
] as const)("nbls %j ends with status %i", async (argv, status, where, pattern) => {
  const result = await new Shell().run(...argv);
  expect(result[where]).toMatch(pattern);
  expect(result.status).toBe(status);
});

describe("files that are no notebooks are answered with a sentence and status 4", () => {
  test.each([
    ["a missing file", "gone.ipynb", undefined, /no such file/],
    ["a missing script", "gone.py", undefined, /no such file/],
    ["invalid JSON", "bad.ipynb", '{"cells": [', /bad\.ipynb, line 1: /],
    ["JSON that is no notebook", "list.ipynb", "[1, 2]", /list\.ipynb, line 1: /],
    ["nbformat 2", "old.ipynb", '{"nbformat": 2, "nbformat_minor": 0, "worksheets": []}', /nbformat/],
    ["a file of another kind", "a.png", Buffer.from([0x89, 0x50]), /a\.png/],
    ["a script that is not UTF-8", "latin.py", Buffer.from([0x23, 0xe9, 0x0a]), /UTF-8/],
  ])("%s", async (_what, name, content, message) => {
    const shell = new Shell();
    if (content !== undefined) shell.file(name, content);
    for (const argv of [
      ["run", name],
      ["cells", name],
      ["output", name, "1"],
      ["convert", name, "--to", "percent"],
    ]) {
      const { status, stdout, stderr } = await shell.run(...argv);
      expect(stderr).toMatch(message);
      expect({ argv, status, stdout }).toEqual({ argv, status: 4, stdout: "" });
    }
  });

  test("a directory", async () => {
    const shell = new Shell();
    const { status, stderr } = await shell.run("cells", shell.directory);
    expect(stderr).toMatch(/directory/);
    expect(status).toBe(4);
  });
});

// benbrastmckie/nvim#142.
test("an empty file is an empty notebook", async () => {
  const shell = new Shell();
  expect(await shell.run("cells", shell.file("empty.ipynb", ""))).toEqual({ status: 0, stdout: "", stderr: "" });
});

// molten#341.
test("a path with spaces and letters of another script works", { tags: ["process"] }, async () => {
  const shell = new Shell();
  const path = shell.notebook("ein Übungs-Heft 日本 #1?.ipynb", ['stream stdout "ok\\n"']);
  expect(await shell.run("run", path, "--save")).toMatchObject({ status: 0, stdout: "ok\n" });
  expect(await shell.run("output", path, "1")).toMatchObject({ status: 0, stdout: "ok\n" });
});
