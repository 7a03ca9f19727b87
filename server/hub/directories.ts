import { chmodSync, lstatSync, mkdirSync, mkdtempSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

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
  return join(env["TMPDIR"] || tmpdir(), `nbls-${process.getuid?.() ?? "user"}`);
}

/**
 * The directory, made if it was missing, for this user alone. A name in a shared folder may have been taken by somebody
 * else, or the session's folder may be gone (`su`, containers): then a new one with a name that nobody can guess.
 */
export function privateDirectory(path: string): string {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const info = lstatSync(path);
    const isOurs = process.getuid === undefined || info.uid === process.getuid();
    if (info.isDirectory() && isOurs) {
      if ((info.mode & 0o077) !== 0) chmodSync(path, 0o700);
      return path;
    }
  } catch {
    // Read-only or missing parent: fall through.
  }
  return mkdtempSync(join(tmpdir(), "nbls-"));
}
