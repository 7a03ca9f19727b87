import { posix } from "node:path";
import type { SourceFile } from "./repository.ts";

interface Import {
  readonly target: string;
  /** Leaves nothing behind at run time. */
  readonly typeOnly: boolean;
}

/** `import … from`, `export … from`, `import "…"`, `import("…")`; whatever follows on the line. */
const patterns = [/\b(?:import|export)\b([^;"'`]*?)\bfrom\s*["']([^"']+)["']/g, /\bimport(\s*\(?\s*)["'`]([^"'`]+)["'`]/g];

/** What a source imports, static, dynamic and re-exported. */
export function importsOf(text: string): readonly Import[] {
  return patterns.flatMap((pattern) =>
    [...text.matchAll(pattern)].map(([, clause = "", target = ""]) => ({ target, typeOnly: /^\s*type\b/.test(clause) })),
  );
}

type LayerTable = { readonly [layer: string]: readonly string[] };

const belowEngine = ["base", "jupyter", "notebook", "analysis", "outputs", "kernel"];
const door = ["base", "protocol", "notebook", "render", "hub"];

/** Which folders of `server/` each folder may import, besides itself. */
export const layers: LayerTable = {
  base: [],
  protocol: ["base"],
  jupyter: ["base"],
  notebook: ["base", "jupyter"],
  formats: ["base", "jupyter", "notebook"],
  analysis: ["base", "notebook"],
  outputs: ["base", "jupyter", "notebook"],
  render: ["base", "jupyter", "notebook"],
  kernel: ["base", "jupyter"],
  engine: belowEngine,
  hub: [...belowEngine, "protocol", "formats", "engine"],
  lsp: door,
  mcp: door,
  cli: door,
  view: door,
  "main.ts": ["base", "hub", "lsp", "mcp", "cli", "view"],
  "image-worker.ts": ["render"],
};

/** What a folder may import for its types alone. */
const typeLayers: LayerTable = { lsp: ["jupyter"], mcp: ["jupyter"], cli: ["jupyter"], view: ["jupyter"] };

function layerOf(path: string): string {
  return path.split("/")[1] ?? "";
}

/** Imports that go up, or across. */
export function layerViolations(files: readonly SourceFile[]): readonly string[] {
  return files
    .filter(({ path }) => path.startsWith("server/") && path.endsWith(".ts"))
    .flatMap(({ path, text }) => {
      const from = layerOf(path);
      const allowed = layers[from];
      if (allowed === undefined) return [`${path}: ${from} is no layer`];
      return importsOf(text).flatMap(({ target, typeOnly }) => {
        if (!target.startsWith(".")) return [];
        const resolved = posix.join(posix.dirname(path), target);
        // Data that lies beside the code, such as package.json, belongs to no layer.
        if (resolved.endsWith(".json")) return [];
        if (!resolved.startsWith("server/")) return [`${path}: ${target} lies outside of server/`];
        const to = layerOf(resolved);
        const fine = to === from || allowed.includes(to) || (typeOnly && typeLayers[from]?.includes(to) === true);
        return fine ? [] : [`${path}: ${from} may not import ${to}`];
      });
    });
}

/** Where a package may be imported: a folder of `server/`, or one file. */
export const packageHomes: { readonly [name: string]: readonly string[] } = {
  zeromq: ["server/kernel/"],
  "node:child_process": ["server/kernel/", "server/hub/", "server/cli/open.ts"],
  "vscode-languageserver": ["server/lsp/"],
  "vscode-languageserver-textdocument": ["server/lsp/"],
  "vscode-languageserver-protocol": ["server/lsp/"],
  "vscode-languageserver-types": ["server/lsp/"],
  "vscode-jsonrpc": ["server/hub/", "server/lsp/"],
  "@modelcontextprotocol/sdk": ["server/mcp/"],
  "node:fs": ["server/hub/", "server/kernel/", "server/cli/", "server/lsp/terminal.ts", "server/image-worker.ts"],
};

function homesOf(target: string): readonly string[] | undefined {
  const name = ["fs", "child_process"].includes(target.split("/")[0] ?? "") ? `node:${target}` : target;
  return Object.entries(packageHomes).find(([home]) => name === home || name.startsWith(`${home}/`))?.[1];
}

/** Packages imported outside of their home. */
export function packageViolations(files: readonly SourceFile[]): readonly string[] {
  return files
    .filter(({ path }) => path.startsWith("server/") && path.endsWith(".ts"))
    .flatMap(({ path, text }) =>
      importsOf(text).flatMap(({ target }) => {
        const homes = homesOf(target);
        return homes === undefined || homes.some((home) => path.startsWith(home))
          ? []
          : [`${path}: ${target} belongs to ${homes.join(", ")}`];
      }),
    );
}
