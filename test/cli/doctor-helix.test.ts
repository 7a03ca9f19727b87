import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tempDirectory } from "../real-kernels.ts";
import { examineHelix } from "../../server/cli/doctor-helix.ts";
import { Shell } from "./run-cli.ts";

const documented = (name: string) => readFileSync(join(import.meta.dirname, "../../clients/helix", name), "utf8");

/** What is found in a home with that configuration, and programs of these names. */
function found(files: { readonly [name: string]: string }, programs: readonly string[] = ["hx", "nbls"]): readonly string[] {
  const home = tempDirectory();
  const folder = join(home, ".config/helix");
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  for (const name of programs) {
    writeFileSync(join(home, name), "");
    chmodSync(join(home, name), 0o755);
  }
  return examineHelix({ env: { HOME: home, PATH: home } }).map(
    ({ ok, text, advice }) => `${ok ? "✓" : "✗"} ${text.replaceAll(home, "~")}${ok ? "" : `: ${advice}`}`,
  );
}

test.each(["config.toml", "config-25.01.toml"])("nothing is missing in the configuration that we document: %s", (config) => {
  const findings = found({ "languages.toml": documented("languages.toml"), "config.toml": documented(config) });
  expect(findings.filter((line) => line.startsWith("✗"))).toEqual([]);
  expect(findings).toContain("✓ languages with nbls: python, r, julia, javascript, typescript");
});

test("each thing that is missing is told with what to add", () => {
  const findings = found({}, []);
  expect(findings.filter((line) => line.startsWith("✓"))).toEqual([]);
  expect(findings.join("\n")).toContain('[language-server.nbls]\ncommand = "nbls"');
  expect(findings.join("\n")).toContain('[editor.inline-diagnostics]\ncursor-line = "info"');
  expect(findings.join("\n")).toContain("nbls.runCell");
});

test("configuration is found however it is written", () => {
  const findings = found({
    "languages.toml": `[language-server]\nother = {}\n[language-server.nbls]\ncommand = 'nbls'
[[ language ]]
name = "python"
language-servers = [
  "pyright", # first
  { name = "nbls", except-features = ["format"] },
]
[[language]]\nname = "jupyter"\nfile-types = ["ipynb"]\nlanguage-servers = ["nbls"]\n`,
    "config.toml": `[editor]
end-of-line-diagnostics = "hint"
inline-diagnostics.cursor-line = "info"
inline-diagnostics.other-lines = "hint"
[keys.normal."space".n]\n"r" = ":lsp-workspace-command nbls.runCell"\n`,
  });
  expect(findings.filter((line) => line.startsWith("✗"))).toEqual([]);
});

test("a server that cannot be started is named", () => {
  const languages = documented("languages.toml").replace('"nbls"', '"/opt/nbls/bin/nbls"');
  expect(found({ "languages.toml": languages }).join("\n")).toContain("✗ /opt/nbls/bin/nbls is not on the PATH");
});

test("the shell is told by a status whether something is missing", async () => {
  const shell = new Shell();
  const { status, stdout } = await shell.run("doctor", "helix");
  expect([status, stdout]).toEqual([1, expect.stringContaining("✗ no server nbls in")]);
  expect(await shell.run("doctor", "vi")).toMatchObject({ status: 2 });
});
