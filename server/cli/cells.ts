import type { Cell } from "../protocol/cells.ts";
import { sanitize } from "../render/ansi.ts";
import { displayWidth } from "../render/width.ts";
import { documentOf, readableNotebook, withClient } from "./attach.ts";
import { exitStatus } from "./exit-status.ts";
import type { Verb } from "./verb.ts";

export const cellsVerb: Verb = {
  name: "cells",
  usage: "FILE [--json]",
  summary: "list a notebook's cells",
  details:
    "Each line: number, id, kind, execution count, first and last line, whether it was edited since it ran, title or tags.",
  options: { json: { type: "boolean", description: "the result of nbls/cells as JSON" } },
  positionals: [1, 1],
  async run(args, context) {
    const textDocument = documentOf(context, args.positionals[0] ?? "");
    const result = await withClient(context, {}, async (client) => {
      await readableNotebook(client, textDocument);
      return await client.cells({ textDocument });
    });
    context.stdout.write(args.flag("json") ? `${JSON.stringify(result)}\n` : table(result.cells.map(row)));
    return exitStatus.ok;
  },
};

function row(cell: Cell, index: number): readonly string[] {
  const { start, end } = cell.range;
  const lastLine = end.character === 0 && end.line > start.line ? end.line : end.line + 1;
  return [
    String(index + 1),
    cell.id,
    cell.kind === "code" ? cell.language : cell.kind,
    cell.executionCount === null ? "" : `[${cell.executionCount}]`,
    `${start.line + 1}-${lastLine}`,
    cell.stale === undefined ? "" : cell.stale.reason,
    [cell.title ?? "", ...cell.tags.map((tag) => `#${tag}`)].filter((part) => part !== "").join(" "),
  ].map((text) => sanitize(text).replaceAll("\n", " "));
}

function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const cells of rows)
    for (const [column, text] of cells.entries()) widths[column] = Math.max(widths[column] ?? 0, displayWidth(text));
  const pad = (text: string, column: number) => text + " ".repeat((widths[column] ?? 0) - displayWidth(text));
  return rows.map((cells) => `${cells.map(pad).join("  ").trimEnd()}\n`).join("");
}
