import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";

/** A file as the tidy rules see it: a value, so that a bad sample is one too. `path` is relative, with `/`. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

export const root = join(import.meta.dirname, "../..");

const notOurs = new Set(["node_modules", ".git", "dist", ".cache"]);
const binary = /\.(png|jpe?g|gif|pdf|woff2?|gz|zip)$/i;

/** Every text file of the repository, without what is installed or built. */
export function repositoryFiles(): readonly SourceFile[] {
  const files: SourceFile[] = [];
  const visit = (directory: string) => {
    for (const entry of readdirSync(join(root, directory), { withFileTypes: true })) {
      const path = directory === "" ? entry.name : `${directory}/${entry.name}`;
      if (notOurs.has(entry.name) || entry.name === "__pycache__") continue;
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile() && !binary.test(entry.name)) {
        files.push({ path: path.replaceAll(sep, "/"), text: readFileSync(join(root, path), "utf8") });
      }
    }
  };
  visit("");
  return files;
}
