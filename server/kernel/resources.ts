import { join } from "node:path";

/** The path of a Python file that we ship: in `python/` beside this source file, or beside the bundle. */
export function resourcePath(name: string): string {
  return join(import.meta.dirname, "python", name);
}
