import { accessSync, constants, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { CliContext } from "./context.ts";
import { tomlTables, type TomlTable } from "./toml-tables.ts";

/** One thing that Helix needs to show notebooks. */
export interface Finding {
  readonly ok: boolean;
  readonly text: string;
  /** What to add, and where, if it is missing. */
  readonly advice?: string;
}

const languages = ["python", "r", "julia", "javascript", "typescript"];

/** Reads the user's configuration of Helix and says what is missing. It starts nothing, and changes nothing. */
export function examineHelix({ env }: Pick<CliContext, "env">): readonly Finding[] {
  const folder = join(env["XDG_CONFIG_HOME"] ?? join(env["HOME"] ?? "", ".config"), "helix");
  return [
    program(env, ["hx", "helix"], "install Helix, 25.01 or newer"),
    ...examineLanguages(env, join(folder, "languages.toml")),
    ...examineConfig(join(folder, "config.toml")),
  ];
}

function examineLanguages(env: CliContext["env"], path: string): readonly Finding[] {
  const tables = read(path);
  const server = tables.find(({ name }) => name === "language-server.nbls");
  const command = unquoted(server?.values.get("command"));
  const nbls: Finding =
    server === undefined || command === undefined
      ? { ok: false, text: `no server nbls in ${path}`, advice: '[language-server.nbls]\ncommand = "nbls"\nargs = ["lsp"]' }
      : program(env, [command], `Helix starts ${command}: put it on the PATH, or give its whole path in ${path}`);
  const served = tables.filter(
    ({ name, values }) => name === "language" && /["']nbls["']/.test(values.get("language-servers") ?? ""),
  );
  const names = served.flatMap(({ values }) => unquoted(values.get("name")) ?? []).filter((name) => languages.includes(name));
  const isServed = served.some(({ values }) => /["']ipynb["']/.test(values.get("file-types") ?? ""));
  return [
    nbls,
    names.length > 0
      ? { ok: true, text: `languages with nbls: ${names.join(", ")}` }
      : {
          ok: false,
          text: `no language in ${path} has "nbls" among its language-servers`,
          advice: '[[language]]\nname = "python"\nlanguage-servers = ["nbls"]   # with the servers that you have',
        },
    isServed
      ? { ok: true, text: "an .ipynb opens as text" }
      : {
          ok: false,
          text: "an .ipynb would be shown as JSON",
          advice:
            '[[language]]\nname = "jupyter"\nscope = "source.json.jupyter"\nfile-types = ["ipynb"]\ngrammar = "json"\nlanguage-servers = ["nbls"]',
        },
  ];
}

function examineConfig(path: string): readonly Finding[] {
  const tables = read(path);
  const inline = (key: string) => valueOf(tables, "editor.inline-diagnostics", key);
  const isShown = ["cursor-line", "other-lines"].every((key) => ["info", "hint"].includes(unquoted(inline(key)) ?? ""));
  const isStateShown = unquoted(valueOf(tables, "editor", "end-of-line-diagnostics")) === "hint";
  const keys = tables.filter(({ name }) => name.startsWith("keys.")).flatMap(({ values }) => [...values.values()]);
  const hasKeys = keys.some((value) => value.includes("nbls.runCell"));
  return [
    isShown
      ? { ok: true, text: "outputs are shown under their cells" }
      : {
          ok: false,
          text: `${path} does not show outputs under their cells`,
          advice: '[editor.inline-diagnostics]\ncursor-line = "info"\nother-lines = "info"',
        },
    isStateShown
      ? { ok: true, text: "states are shown at the cells' first lines" }
      : { ok: false, text: `${path} does not show states`, advice: '[editor]\nend-of-line-diagnostics = "hint"' },
    hasKeys
      ? { ok: true, text: "a key runs cells" }
      : {
          ok: false,
          text: `no key in ${path} runs cells`,
          advice: '[keys.normal.space.n]\nr = ":lsp-workspace-command nbls.runCell \\"%{buffer_name}\\" %{cursor_line}"',
        },
  ];
}

/** A value of a table, be it written in the table or by a dotted key in one above it. */
function valueOf(tables: readonly TomlTable[], wanted: string, key: string): string | undefined {
  const whole = `${wanted}.${key}`;
  for (const { name, values } of tables) {
    for (const [own, value] of values) if ((name === "" ? own : `${name}.${own}`) === whole) return value;
  }
  return undefined;
}

function read(path: string): readonly TomlTable[] {
  try {
    return tomlTables(readFileSync(path, "utf8"));
  } catch {
    return [];
  }
}

function program(env: CliContext["env"], names: readonly string[], advice: string): Finding {
  const folders = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  for (const name of names) {
    const found = (name.includes("/") ? [name] : folders.map((folder) => join(folder, name))).find(isExecutable);
    if (found !== undefined) return { ok: true, text: found };
  }
  return { ok: false, text: `${names.join(" or ")} is not on the PATH`, advice };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function unquoted(value: string | undefined): string | undefined {
  return value === undefined ? undefined : /^(["'])(.*?)\1/.exec(value)?.[2];
}
