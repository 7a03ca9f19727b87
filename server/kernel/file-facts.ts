import { constants } from "node:fs";
import { access, readFile, readdir, stat } from "node:fs/promises";

// Discovery asks about many places that mostly do not exist: each of these answers, none throws.

/** Whether a file is there (links followed) and may be executed. */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

export async function isFile(path: string): Promise<boolean> {
  return (await statusOf(path))?.isFile() ?? false;
}

export async function isDirectory(path: string): Promise<boolean> {
  return (await statusOf(path))?.isDirectory() ?? false;
}

/** Who owns it; `undefined` where it does not exist. Always 0 on Windows. */
export async function ownerOf(path: string): Promise<number | undefined> {
  return (await statusOf(path))?.uid;
}

/** The names in a directory, sorted; none where it cannot be read. */
export async function entriesOf(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).sort();
  } catch {
    return [];
  }
}

/** The text of a small file; `undefined` where it cannot be read. */
export async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch {
    return undefined;
  }
}

async function statusOf(path: string) {
  try {
    return await stat(path);
  } catch {
    return undefined;
  }
}
