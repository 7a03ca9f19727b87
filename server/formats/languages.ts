/** A language that scripts with cells are written in. */
export interface ScriptLanguage {
  /** LSP's identifier. */
  readonly id: string;
  /** The name that Jupyter uses: in kernelspecs, `language_info` and jupytext's headers. */
  readonly jupyterName: string;
  /** What begins a comment that runs to the end of the line. */
  readonly comment: string;
  /** Whether a multi-line string can hide a marker: jupytext tracks none in R. */
  readonly hasLongStrings: boolean;
  readonly extensions: readonly string[];
}

export const scriptLanguages: readonly ScriptLanguage[] = [
  { id: "python", jupyterName: "python", comment: "#", hasLongStrings: true, extensions: [".py"] },
  { id: "r", jupyterName: "R", comment: "#", hasLongStrings: false, extensions: [".r"] },
  { id: "julia", jupyterName: "julia", comment: "#", hasLongStrings: true, extensions: [".jl"] },
  { id: "javascript", jupyterName: "javascript", comment: "//", hasLongStrings: true, extensions: [".js"] },
  { id: "typescript", jupyterName: "typescript", comment: "//", hasLongStrings: true, extensions: [".ts"] },
];

const python = scriptLanguages[0] as ScriptLanguage;

/** The ending of a path, lower case, with its dot; `""` where there is none. */
export function extensionOf(path: string): string {
  const name = path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? "" : name.slice(dot).toLowerCase();
}

/** The language of a script: by its ending, else by what the client says it is, else Python. */
export function scriptLanguage(path: string, languageId?: string): ScriptLanguage {
  const extension = extensionOf(path);
  return (
    scriptLanguages.find((language) => language.extensions.includes(extension)) ??
    scriptLanguages.find((language) => language.id === languageId) ??
    python
  );
}

/** Jupyter's names where they are not LSP's identifier in other letters. */
const languageIds: { readonly [jupyterName: string]: string } = {
  "c++": "cpp",
  "c#": "csharp",
  "f#": "fsharp",
  bash: "shellscript",
  sh: "shellscript",
  js: "javascript",
  ipython: "python",
  python3: "python",
  sagemath: "sage",
};

/** LSP's identifier of a language that Jupyter names ("R" → "r", "bash" → "shellscript"). */
export function languageIdOf(jupyterName: string): string {
  const name = jupyterName.toLowerCase();
  if (name.startsWith("c++")) return "cpp";
  return Object.hasOwn(languageIds, name) ? (languageIds[name] ?? name) : name;
}

/** Jupyter's name of a language that LSP identifies. */
export function jupyterNameOf(languageId: string): string {
  const known = scriptLanguages.find((language) => language.id === languageId);
  if (known !== undefined) return known.jupyterName;
  const named = Object.entries(languageIds).find(([, id]) => id === languageId);
  return named?.[0] ?? languageId;
}

/** The file ending, with its dot, that scripts of a language have. */
export function extensionFor(languageId: string): string {
  return scriptLanguages.find((language) => language.id === languageId)?.extensions[0] ?? ".py";
}

/** The language of a notebook from its metadata, as an LSP identifier. */
export function notebookLanguage(metadata: { readonly [key: string]: unknown }, otherwise = "python"): string {
  for (const [section, key] of [
    ["kernelspec", "language"],
    ["language_info", "name"],
    ["jupytext", "main_language"],
  ] as const) {
    const value = metadata[section];
    if (typeof value !== "object" || value === null) continue;
    const name: unknown = Reflect.get(value, key);
    if (typeof name === "string" && name !== "") return languageIdOf(name);
  }
  return otherwise;
}
