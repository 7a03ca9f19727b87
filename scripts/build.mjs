#!/usr/bin/env node
/** Bundles the program into `dist/nbls.cjs` and lays the Python files beside it. `npm ci` runs this through `prepare`. */
import { build } from "esbuild";
import { chmodSync, cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const program = join(root, "dist/nbls.cjs");

await build({
  absWorkingDir: root,
  entryPoints: ["server/main.ts"],
  outfile: program,
  bundle: true,
  platform: "node",
  // CommonJS starts faster than an ES module bundle; names stay as they are, for stack traces that can be read.
  format: "cjs",
  target: "node20",
  external: ["zeromq"],
  banner: { js: "#!/usr/bin/env node" },
  // Sources find files that lie beside them by `import.meta.dirname`, which CommonJS spells `__dirname`.
  define: { "import.meta.dirname": "__dirname", "import.meta.filename": "__filename" },
  sourcemap: "linked",
  legalComments: "linked",
  logLevel: "warning",
});
chmodSync(program, 0o755);

// `server/kernel/*.ts` name `python/…` relative to themselves, so it lies beside the bundle.
const python = join(root, "dist/python");
rmSync(python, { recursive: true, force: true });
mkdirSync(python);
cpSync(join(root, "server/kernel/python"), python, {
  recursive: true,
  filter: (source) => !source.includes("__pycache__"),
});
