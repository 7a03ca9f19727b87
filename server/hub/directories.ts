import { accessSync, chmodSync, constants, lstatSync, mkdirSync, type Stats } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
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
 */
export function privateDirectory(path: string, warn: (message: string) => void = () => {}, shared: string = tmpdir()): string {
  try {
    const { mode } = ownDirectory(path);
    if ((mode & 0o077) !== 0) chmodSync(path, 0o700);
    return path;
  } catch (error) {
    const fallback = temporaryDirectory(shared);
    const problem = `${path} cannot be used (${reasonOf(error)})`;
    if (fallback === path) throw new NblsError("unreadable", problem);
    try {
      const { mode } = ownDirectory(fallback);
      // Whatever lies in it may be somebody else's.
      if (process.getuid !== undefined && (mode & 0o077) !== 0) throw new Error("others may open it; chmod 700 would close it");
    } catch (reason) {
      throw new NblsError("unreadable", `${problem}, and neither can ${fallback} (${reasonOf(reason)})`);
    }
    warn(`${problem}; ${fallback} is used instead`);
    return fallback;
  }
}

/** Makes the directory if it is missing. Throws if it is not one that this user owns and can write. */
function ownDirectory(path: string): Stats {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  // Not what a link points to: whoever made the link may change it.
  const info = lstatSync(path);
  if (!info.isDirectory()) throw new Error("it is no directory");
  if (process.getuid !== undefined && info.uid !== process.getuid()) throw new Error("it belongs to another user");
  accessSync(path, constants.W_OK | constants.X_OK);
  return info;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
