// @module-tag editor
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { tempDirectory } from "../real-kernels.ts";
import { emacsPackage } from "./emacs-desk.ts";
import { realEditors, type EditorLaunch } from "./real-editors.ts";

const sources = readdirSync(emacsPackage).filter((name) => name.endsWith(".el"));

/** Runs Emacs on copies of the package's files and returns what it said; nothing where all is well. */
function batch({ program, args, environment }: EditorLaunch, ...argv: readonly string[]): string {
  const cwd = tempDirectory();
  for (const name of sources) copyFileSync(join(emacsPackage, name), join(cwd, name));
  const quiet = "(setq native-comp-enable-subr-trampolines nil native-comp-jit-compilation nil)";
  const { status, stderr } = spawnSync(program, [...args, "-Q", "--batch", "-L", ".", "--eval", quiet, ...argv], {
    cwd,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], HOME: cwd, LC_ALL: "C.UTF-8", ...environment },
  });
  const said = stderr.split("\n").filter((line) => !line.startsWith("Warning: arch-"));
  return [...said, ...(status === 0 ? [] : [`status ${status}`])].join("\n").trim();
}

/** Where Debian lays the sources of a package for Emacs. */
function libraries({ environment }: EditorLaunch, ...names: readonly string[]): readonly string[] | undefined {
  const site = environment["EMACSLOADPATH"]?.split(":").at(-1) ?? "/usr/share/emacs/site-lisp";
  const directory = join(site, "elpa-src");
  const present = existsSync(directory) ? readdirSync(directory) : [];
  const found = names.map((name) => present.find((entry) => entry.startsWith(`${name}-`)));
  return found.every((name) => name !== undefined) ? found.map((name) => join(directory, name)) : undefined;
}

test("the whole package has fewer than 1,000 lines", () => {
  const lines = sources.flatMap((name) => readFileSync(join(emacsPackage, name), "utf8").split("\n").slice(0, -1));
  expect(lines.length).toBeLessThan(1_000);
});

describe.for(realEditors("emacs"))("$name", ({ launch, missing }) => {
  test("compiles without a warning", ({ skip }) => {
    if (launch === undefined) return skip(missing);
    expect(batch(launch, "--eval", "(setq byte-compile-error-on-warn t)", "-f", "batch-byte-compile", ...sources)).toBe("");
  });

  test("documents itself as checkdoc asks for", ({ skip }) => {
    if (launch === undefined) return skip(missing);
    const check = `(mapc #'checkdoc-file '(${sources.map((name) => JSON.stringify(name)).join(" ")}))`;
    expect(batch(launch, "-l", "checkdoc", "--eval", check)).toBe("");
  });

  test("is a package as package-lint asks for", ({ skip }) => {
    if (launch === undefined) return skip(missing);
    const found = libraries(launch, "package-lint", "let-alist");
    if (found === undefined) return skip("package-lint is missing (Debian: elpa-package-lint)");
    const main = '(setq package-lint-main-file "nbls.el" package-lint-batch-fail-on-warnings t)';
    const where = found.flatMap((directory) => ["-L", directory]);
    expect(batch(launch, ...where, "-l", "package-lint", "--eval", main, "-f", "package-lint-batch-and-exit", ...sources)).toBe(
      "",
    );
  });
});
