import { basename } from "node:path";
import type { Kernel } from "../protocol/kernels.ts";
import { pathOf } from "./client.ts";
import type { MirrorDocument } from "./mirror.ts";
import { isActive, statusText } from "./status.ts";

/** The kernels that run, and what runs and waits in the documents of this client: a page for people. */
export function kernelList(kernels: readonly Kernel[], documents: readonly MirrorDocument[]): string {
  const running = kernels.flatMap(({ displayName, status, executionCount, pid, files }) => [
    `${displayName}  ${status}  [${executionCount}]${pid === undefined ? "" : `  pid ${pid}`}`,
    ...files.map((file) => `  ${file}`),
  ]);
  const queues = documents.flatMap((document) => {
    const active = document.cells.filter(isActive);
    if (active.length === 0) return [];
    const lines = active.map((cell) => {
      const line = cell.startLine;
      return `  ${statusText(cell).padEnd(16)}  line ${line + 1}: ${document.text.line(line)}`;
    });
    return [basename(pathOf(document.uri) ?? document.uri), ...lines];
  });
  return [
    "Kernels",
    "",
    ...(running.length === 0 ? ["none is running"] : running),
    "",
    "Running and waiting",
    "",
    ...(queues.length === 0 ? ["nothing"] : queues),
    "",
  ].join("\n");
}
