import { build } from "esbuild";
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "..");

/** Bundles TypeScript into one CommonJS file, with the Python files beside it. `input` is what esbuild takes as its input. */
export async function bundle(input, outfile) {
  await build({
    absWorkingDir: root,
    ...input,
    outfile,
    bundle: true,
    platform: "node",
    // CommonJS starts faster than an ES module bundle; names stay as they are, for stack traces that can be read.
    format: "cjs",
    target: "node20",
    external: ["zeromq", "@resvg/resvg-wasm"],
    // A program that runs from its code cache has no loader for `import()`; what is not bundled is loaded by `require`.
    supported: { "dynamic-import": false },
    // Sources find files that lie beside them by `import.meta.dirname`, which CommonJS spells `__dirname`.
    define: { "import.meta.dirname": "__dirname", "import.meta.filename": "__filename" },
    sourcemap: "linked",
    legalComments: "linked",
    logLevel: "warning",
  });
  // `server/kernel/resources.ts` names `python/…` relative to itself, so it lies beside the bundle.
  const python = join(dirname(outfile), "python");
  rmSync(python, { recursive: true, force: true });
  mkdirSync(python);
  cpSync(join(root, "server/kernel/python"), python, {
    recursive: true,
    filter: (source) => !source.includes("__pycache__"),
  });
}
