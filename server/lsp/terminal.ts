import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { privateDirectory, runtimeDirectory } from "../hub/directories.ts";
import { hasPlaceholders, isInTmux, isRemote } from "../render/graphics.ts";
import { deleteImage, placeAgain, throughTmux, transmitBytes, transmitFile, type ImageCells } from "../render/kitty.ts";

/** Terminals refuse longer texts (xterm's and tmux's limits are near 100 kB of base64). */
export const clipboardBytesMax = 74_994;

/** A terminal that was busy drawing sometimes misses a new image; placed again this much later, it paints it. */
const placeAgainMs = 300;

/**
 * What the door can do for its user beside the protocol, since it runs on the user's machine, mostly in the editor's own
 * terminal: put a text into the clipboard, give images to the terminal, and lay something into a file that can be opened.
 */
export class Terminal {
  readonly #env: { readonly [name: string]: string | undefined };
  #directory: Promise<string> | undefined;
  #isReachable: Promise<boolean> | undefined;
  /** Images that the terminal holds, by id, and the cells they were last laid in. */
  readonly #shown = new Map<number, ImageCells>();

  constructor(env: { readonly [name: string]: string | undefined }) {
    this.#env = env;
  }

  /** Whether the terminal is known to paint images over placeholders. */
  get hasPlaceholders(): boolean {
    return hasPlaceholders(this.#env);
  }

  /** Whether this process has a terminal: editors that start servers in a session of their own give none. */
  isReachable(): Promise<boolean> {
    return (this.#isReachable ??= this.#write([""]));
  }

  /** By OSC 52. `false` where this process has no terminal. */
  async copy(text: string): Promise<boolean> {
    return await this.#write([`\u001b]52;c;${Buffer.from(text).toString("base64")}\u0007`]);
  }

  /** Gives the terminal a PNG, to be painted where the placeholders of its id stand. One that it has is only laid anew. */
  async showImage(cells: ImageCells, path: string): Promise<void> {
    const shown = this.#shown.get(cells.id);
    if (shown?.columns === cells.columns && shown.rows === cells.rows) return;
    this.#shown.set(cells.id, cells);
    if (shown !== undefined) {
      await this.#writeImage([placeAgain(cells)]);
      return;
    }
    await this.#write(await this.transmission(cells, path));
    setTimeout(() => void this.#writeImage([placeAgain(cells)]), placeAgainMs).unref();
  }

  /** The sequences that give a PNG to the terminal, wherever that is; each is to be written whole. */
  async transmission(cells: ImageCells, path: string): Promise<readonly string[]> {
    return this.#through(isRemote(this.#env) ? transmitBytes(cells, await readFile(path)) : transmitFile(cells, path));
  }

  /** Frees an image. */
  async forgetImage(id: number): Promise<void> {
    if (this.#shown.delete(id)) await this.#writeImage([deleteImage(id)]);
  }

  /** The URI of a file, for this user alone, that lasts as long as this door. */
  async file(name: string, text: string | AsyncIterable<string>): Promise<string> {
    const path = join(await this.#ownDirectory(), name);
    await writeFile(path, text, { mode: 0o600 });
    return pathToFileURL(path).href;
  }

  /** Removes the files and frees the images. */
  async dispose(): Promise<void> {
    if (this.#shown.size > 0) await this.#writeImage([...this.#shown.keys()].map(deleteImage));
    this.#shown.clear();
    if (this.#directory !== undefined) await rm(await this.#directory, { recursive: true, force: true });
  }

  #ownDirectory(): Promise<string> {
    return (this.#directory ??= mkdtemp(join(privateDirectory(runtimeDirectory(this.#env)), "output-")));
  }

  async #writeImage(sequences: readonly string[]): Promise<void> {
    await this.#write(this.#through(sequences));
  }

  #through(sequences: readonly string[]): readonly string[] {
    return isInTmux(this.#env) ? sequences.map(throughTmux) : sequences;
  }

  /** Each text by a write of its own, so that nothing of the editor's comes between. `false`: there is no terminal. */
  async #write(texts: readonly string[]): Promise<boolean> {
    try {
      const terminal = await open("/dev/tty", "w");
      try {
        for (const text of texts) if (text !== "") await terminal.write(text);
        return true;
      } finally {
        await terminal.close();
      }
    } catch {
      return false;
    }
  }
}
