import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { blobGraceMs, type BlobStore } from "./blobs.ts";
import { outputLogs } from "./notebook-store.ts";
import { blobsOfLog } from "./output-log.ts";

/**
 * Removes blobs that no log of outputs refers to, once in a while: whichever process comes first. What was stored and is not
 * in a log yet is younger than the grace period.
 */
export function collectBlobs(stateDirectory: string, blobs: BlobStore): void {
  const stamp = join(stateDirectory, "blobs", "collected");
  try {
    if (Date.now() - (statSync(stamp, { throwIfNoEntry: false })?.mtimeMs ?? 0) < blobGraceMs) return;
    writeFileSync(stamp, "", { mode: 0o600 });
  } catch {
    // There are no blobs, or none that could be removed.
    return;
  }
  const used = new Set<string>();
  for (const log of outputLogs(stateDirectory)) for (const id of blobsOfLog(log)) used.add(id);
  blobs.collect(used);
}
