import { open } from "node:fs/promises";

/** How long what was written may wait for the disk: it survives our death at once, and power loss after this time. */
const syncMs = 250;

/** Brings files that were written to the disk, many at once and beside all else. */
export class DiskSync {
  readonly #paths = new Set<string>();

  /** `path` was written. */
  written(path: string): void {
    if (this.#paths.size === 0) setTimeout(() => this.#sync(), syncMs).unref();
    this.#paths.add(path);
  }

  #sync(): void {
    for (const path of this.#paths) void sync(path);
    this.#paths.clear();
  }
}

/** An error here has been one of the write already, or the disk is going, or the file is not wanted any more. */
async function sync(path: string): Promise<void> {
  try {
    const file = await open(path, "r+");
    try {
      await file.datasync();
    } finally {
      await file.close();
    }
  } catch {}
}
