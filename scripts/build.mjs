#!/usr/bin/env node
/** Bundles the program into `dist/nbls.cjs`, with the Python files beside it. `npm ci` runs this through `prepare`. */
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "./bundle.mjs";

const program = join(import.meta.dirname, "../dist/nbls.cjs");
await bundle({ entryPoints: ["server/main.ts"], banner: { js: "#!/usr/bin/env node" } }, program);
chmodSync(program, 0o755);
