import { InvalidParams, boolean, integer, nullable, oneOf, string, type Validator } from "./validate.ts";

/** One setting of the section `nbls`: its default, its validator, and a sentence for the documentation. */
interface Setting<T> {
  readonly default: T;
  readonly validate: Validator<T>;
  readonly description: string;
}

function setting<T>(fallback: T, validate: Validator<T>, description: string): Setting<T> {
  return { default: fallback, validate, description };
}

export const settings = {
  "kernel.default": setting<string | null>(null, nullable(string), "Name of the kernel to use where a notebook names none."),
  "kernel.cwd": setting<string | null>(
    null,
    nullable(string),
    "Directory that kernels start in; default: the notebook's folder.",
  ),
  "kernel.launcher": setting(
    true,
    boolean,
    "Start ipykernel through a launcher that shortens output latency and prevents loss; off: the plain command.",
  ),
  "kernel.history": setting(
    true,
    boolean,
    "IPython keeps the cells that ran in its history over all sessions; `nbls run` never does.",
  ),
  "kernel.embedded": setting<"auto" | "never" | "always">(
    "auto",
    oneOf("auto", "never", "always"),
    "The built-in Python kernel: where no Jupyter kernel for Python exists, never, or always for Python.",
  ),
  "outputs.linesMax": setting(20, integer, "Lines of output shown under a cell; the whole stays readable."),
  "outputs.bytesMax": setting(
    65_536,
    integer,
    "Bytes of text (UTF-8) shown under a cell, counted from the end: lines above them are told by their number, a longer line is cut.",
  ),
  "outputs.columnsMax": setting(120, integer, "Widest output line shown where the client does not tell its width."),
  "outputs.diagnostics": setting<"auto" | "on" | "off">(
    "auto",
    oneOf("auto", "on", "off"),
    "Show outputs as diagnostics: auto = for clients without the nbls capability; others are told of errors only.",
  ),
  "outputs.hints": setting<"auto" | "on" | "off">(
    "auto",
    oneOf("auto", "on", "off"),
    "Status and one-line result of each cell as inlay hints: auto = where the editor lets them be refreshed and draws no outputs itself.",
  ),
  "images.graphics": setting<"auto" | "kitty" | "none">(
    "auto",
    oneOf("auto", "kitty", "none"),
    "Pictures among outputs: auto = where the client or its terminal is known to draw them; kitty = the terminal surely does.",
  ),
  "images.color": setting<string | null>(
    null,
    nullable(string),
    "Colour (#rrggbb) that the editor's theme gives to information diagnostics: pictures are painted over text of this colour.",
  ),
  "execution.timeoutSeconds": setting(0, integer, "Interrupt a cell after this many seconds; 0: never."),
  "percent.marker": setting<"jupytext" | "vscode">(
    "jupytext",
    oneOf("jupytext", "vscode"),
    "Which comments begin a cell in scripts.",
  ),
} as const;

export type SettingName = keyof typeof settings;
export type Settings = { readonly [K in SettingName]: (typeof settings)[K]["default"] };

export const defaultSettings = Object.fromEntries(
  Object.entries(settings).map(([name, { default: value }]) => [name, value]),
) as Settings;

/**
 * Reads settings as an editor sends them: nested objects or dotted keys. Bad values keep their default.
 * `problems` has one sentence for each unknown name and each bad value.
 */
export function readSettings(value: unknown): { readonly settings: Settings; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const read: { [name: string]: unknown } = { ...defaultSettings };
  const visit = (node: unknown, prefix: string) => {
    if (typeof node !== "object" || node === null || Array.isArray(node)) return;
    for (const [key, entry] of Object.entries(node)) {
      const name = prefix === "" ? key : `${prefix}.${key}`;
      const known = Object.entries(settings).find(([candidate]) => candidate === name)?.[1];
      if (known === undefined) {
        if (Object.keys(settings).some((candidate) => candidate.startsWith(`${name}.`))) visit(entry, name);
        else problems.push(`unknown setting nbls.${name}`);
        continue;
      }
      try {
        read[name] = known.validate(entry, `nbls.${name}`);
      } catch (error) {
        if (!(error instanceof InvalidParams)) throw error;
        problems.push(error.message);
      }
    }
  };
  visit(value, "");
  return { settings: read as Settings, problems };
}
