import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = new URL("../../fixtures/notebooks/", import.meta.url);

/** The text of a file in `fixtures/notebooks`. */
export function fixture(name: string): string {
  return readFileSync(new URL(name, folder), "utf8");
}

/** The names of the notebooks in `fixtures/notebooks`. */
export function notebookFixtures(): string[] {
  return readdirSync(fileURLToPath(folder)).filter((name) => name.endsWith(".ipynb"));
}
