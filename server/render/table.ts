import { displayWidth } from "./width.ts";

export interface TableRow {
  readonly cells: string[];
  /** Whether all its cells are headings. */
  heading: boolean;
}

const number = /^[-+−]?[\d.,]+(?:[eE][-+]?\d+)?\s*%?$/;

/** Rows as lines with their columns aligned; columns of numbers to the right. A rule follows the headings. */
export function alignTable(rows: readonly TableRow[]): string[] {
  const filled = rows.filter((row) => row.cells.length > 0);
  let columnCount = 0;
  for (const row of filled) columnCount = Math.max(columnCount, row.cells.length);
  const columns = Array.from({ length: columnCount }, (_, column) => {
    const body = filled.filter((row) => !row.heading).map((row) => row.cells[column] ?? "");
    const numeric = body.some((text) => text !== "") && body.every((text) => text === "" || number.test(text) || text === "NaN");
    let width = 0;
    for (const row of filled) width = Math.max(width, displayWidth(row.cells[column] ?? ""));
    return { numeric, width };
  });
  const headingCount = filled.findIndex((row) => !row.heading);
  const lines = filled.map((row) =>
    columns
      .map(({ numeric, width }, column) => {
        const text = row.cells[column] ?? "";
        const padding = " ".repeat(width - displayWidth(text));
        return numeric ? padding + text : text + padding;
      })
      .join("  ")
      .trimEnd(),
  );
  if (headingCount > 0) lines.splice(headingCount, 0, columns.map(({ width }) => "─".repeat(width)).join("  "));
  return lines;
}
