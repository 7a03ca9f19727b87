import { accessSync, chmodSync, constants, lstatSync, type Stats } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { makeDirectory } from "../kernel/make-directory.ts";
import { NblsError } from "../protocol/errors.ts";

type Environment = { readonly [name: string]: string | undefined };

/** Where journals, cell ids and trusted folders are kept: `NBLS_STATE_DIR`, or the platform's place for such. */
export function stateDirectory(env: Environment, platform: NodeJS.Platform = process.platform): string {
  const own = env["NBLS_STATE_DIR"];
  if (own !== undefined && own !== "") return own;
  const home = env["HOME"] || homedir();
  if (platform === "darwin") return join(home, "Library", "Application Support", "nbls");
  if (platform === "win32") return join(env["LOCALAPPDATA"] || join(home, "AppData", "Local"), "nbls");
  return join(env["XDG_STATE_HOME"] || join(home, ".local", "state"), "nbls");
}

/** What lies in the state directory; nothing is written through a link in its place. */
export const stateFolders = ["notebooks", "blobs", "sequences"] as const;

/** Where connection files and sockets lie: `NBLS_RUNTIME_DIR`, or a folder of the user's that goes at logout or boot. */
export function runtimeDirectory(env: Environment): string {
  const own = env["NBLS_RUNTIME_DIR"];
  if (own !== undefined && own !== "") return own;
  const session = env["XDG_RUNTIME_DIR"];
  if (session !== undefined && session !== "") return join(session, "nbls");
  return temporaryDirectory(env["TMPDIR"] || tmpdir());
}

/** The one place of this user's in a folder that all users share. */
function temporaryDirectory(shared: string): string {
  return join(shared, `nbls-${process.getuid?.() ?? "user"}`);
}

/**
 * The directory, made if it was missing, for this user alone. A name in a shared folder may have been taken by somebody
 * else, the session's folder may be gone (`su`, containers), a home may be read-only: then `warn` is told, and it is this
 * user's place among the temporary files, the same one each time, so that what was kept there is found again.
 * The same holds where one of the folders `parts` in it is a link or another user's.
 */
export function privateDirectory(
  path: string,
  warn: (message: string) => void = () => {},
  shared: string = tmpdir(),
  parts: readonly string[] = [],
): string {
  try {
    closeToOthers(path, ownDirectory(path));
    for (const folder of parts.map((part) => join(path, part))) if (isThere(folder)) closeToOthers(folder, checkOwn(folder));
    return path;
  } catch (error) {
    const fallback = temporaryDirectory(shared);
    const problem = `${path} cannot be used (${reasonOf(error)})`;
    if (fallback === path) throw new NblsError("unreadable", problem);
    try {
      const { mode } = ownDirectory(fallback);
      // Whatever lies in it may be somebody else's.
      if (process.getuid !== undefined && (mode & 0o077) !== 0) throw new Error("others may open it; chmod 700 would close it");
      for (const folder of parts.map((part) => join(fallback, part))) if (isThere(folder)) checkOwn(folder);
    } catch (reason) {
      throw new NblsError("unreadable", `${problem}, and neither can ${fallback} (${reasonOf(reason)})`);
    }
    warn(`${problem}; ${fallback} is used instead`);
    return fallback;
  }
}

/** The user's state directory, ready to be written. */
export function openStateDirectory(env: Environment, warn: (message: string) => void): string {
  return privateDirectory(stateDirectory(env), warn, undefined, stateFolders);
}

/** Makes the directory if it is missing. Throws if it is not one that this user owns and can write. */
function ownDirectory(path: string): Stats {
  makeDirectory(path);
  return checked(path);
}

function checked(path: string): Stats {
  // Not what a link points to: whoever made the link may change it.
  const info = lstatSync(path);
  if (!info.isDirectory()) throw new Error("it is no directory");
  if (process.getuid !== undefined && info.uid !== process.getuid()) throw new Error("it belongs to another user");
  accessSync(path, constants.W_OK | constants.X_OK);
  return info;
}

function closeToOthers(path: string, { mode }: Stats): void {
  if ((mode & 0o077) !== 0) chmodSync(path, 0o700);
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Throws, with its name, if a directory is a link, another user's or not to be written. */
export function checkOwn(path: string): Stats {
  try {
    return checked(path);
  } catch (error) {
    throw new Error(`${path}: ${reasonOf(error)}`, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
