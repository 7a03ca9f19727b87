#!/usr/bin/env node
/** Bundles the program into `dist/nbls.cjs`, with the Python files beside it. `npm ci` runs this through `prepare`. */
import { chmodSync, existsSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "./bundle.mjs";

const root = join(import.meta.dirname, "..");
const program = join(root, "dist/nbls.cjs");
await bundle({ entryPoints: ["server/main.ts"], banner: { js: "#!/usr/bin/env node" } }, program);
chmodSync(program, 0o755);

// npm links the programs of dependencies, not a project's own. Without the link `npx nbls` makes one in npm's cache, which
// is slow, and stays broken for good when it was tried before the first build.
const bin = join(root, "node_modules/.bin");
if (process.platform !== "win32" && existsSync(bin)) {
  for (const name of ["nbls", "notebook-language-server"]) {
    rmSync(join(bin, name), { force: true });
    symlinkSync("../../dist/nbls.cjs", join(bin, name));
  }
}
