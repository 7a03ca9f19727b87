import { join } from "node:path";

// The bundle is CommonJS and has `__dirname`; the sources are ES modules and have `import.meta.dirname`.
const here = typeof __dirname === "string" ? __dirname : import.meta.dirname;

/** The path of a Python file that we ship: beside the bundle, or beside this source file, in `python/`. */
export function resourcePath(name: string): string {
  return join(here, "python", name);
}
