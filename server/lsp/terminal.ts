import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { privateDirectory, runtimeDirectory } from "../hub/directories.ts";

/** Terminals refuse longer texts (xterm's and tmux's limits are near 100 kB of base64). */
export const clipboardBytesMax = 74_994;

/**
 * What the door can do for its user beside the protocol, since it runs on the user's machine, mostly in the editor's own
 * terminal: put a text into the clipboard, and lay one into a file that the editor can open.
 */
export class Terminal {
  readonly #env: { readonly [name: string]: string | undefined };
  #directory: Promise<string> | undefined;

  constructor(env: { readonly [name: string]: string | undefined }) {
    this.#env = env;
  }

  /** By OSC 52. `false` where this process has no terminal: editors that start servers in a session of their own give none. */
  async copy(text: string): Promise<boolean> {
    try {
      const terminal = await open("/dev/tty", "w");
      try {
        await terminal.write(`\u001b]52;c;${Buffer.from(text).toString("base64")}\u0007`);
        return true;
      } finally {
        await terminal.close();
      }
    } catch {
      return false;
    }
  }

  /** The URI of a file, for this user alone, that lasts as long as this door. */
  async file(name: string, text: string): Promise<string> {
    this.#directory ??= mkdtemp(join(privateDirectory(runtimeDirectory(this.#env)), "output-"));
    const path = join(await this.#directory, name);
    await writeFile(path, text, { mode: 0o600 });
    return pathToFileURL(path).href;
  }

  /** Removes the files. */
  async dispose(): Promise<void> {
    if (this.#directory !== undefined) await rm(await this.#directory, { recursive: true, force: true });
  }
}
