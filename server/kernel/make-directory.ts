import { mkdirSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a directory, and those above it that are missing, for this user alone; what is there stays as it is. Throws the
 * system's error.
 * Not by Node's `recursive`: that turns for ever where the system says ENOENT below a directory that is there, as in `/proc`.
 */
export function makeDirectory(path: string): void {
  let failure = failureToMake(path);
  if (failure?.code === "ENOENT" && dirname(path) !== path) {
    makeDirectory(dirname(path));
    failure = failureToMake(path);
  }
  if (failure !== undefined && failure.code !== "EEXIST") throw failure;
}

function failureToMake(path: string): NodeJS.ErrnoException | undefined {
  try {
    mkdirSync(path, { mode: 0o700 });
    return undefined;
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
}
