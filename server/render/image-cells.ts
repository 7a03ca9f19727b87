/** How large a cell of the terminal is, in pixels. */
export interface CellSize {
  readonly width: number;
  readonly height: number;
}

/** What is assumed of a terminal that does not tell. */
export const usualCell: CellSize = { width: 8, height: 16 };

/** A picture shown in less than this says nothing. */
const rowsMin = 3;

/** The cells that a picture takes: its own size if that fits, else as large as fits with its proportions. */
export function cellsFor(
  image: { readonly width: number; readonly height: number },
  room: { readonly width: number; readonly height: number },
  cell: CellSize = usualCell,
): { columns: number; rows: number } | undefined {
  const columnsMax = Math.floor(room.width);
  const rowsMax = Math.floor(room.height);
  const own = { columns: image.width / cell.width, rows: image.height / cell.height };
  const scale = Math.min(1, columnsMax / own.columns, rowsMax / own.rows);
  const columns = Math.max(1, Math.min(columnsMax, Math.round(own.columns * scale)));
  const rows = Math.max(1, Math.min(rowsMax, Math.round(own.rows * scale)));
  // A small picture may be one row high; a large one that has no room is better told by its size.
  if (rows < Math.min(rowsMin, Math.ceil(own.rows)) || columns < Math.min(rowsMin, Math.ceil(own.columns))) return undefined;
  return { columns, rows };
}
