import { newCellId } from "../notebook/identity.ts";
import type { Cell } from "../notebook/model.ts";
import { formatFor } from "../formats/registry.ts";
import { NblsError } from "../protocol/errors.ts";
import { openIpynb, type IpynbFile } from "../formats/ipynb.ts";
import { fileStamp, modifiedAt, readText, type FileText } from "./files.ts";
import { hashOf, matchStored, type StoredCell } from "./stored-cells.ts";

/** A larger file is not read only to see whether it was moved. */
const movedBytesMax = 16 * 1024 * 1024;

/** What identifies the cells of a file, apart from their ids; none where it is not there or cannot be read. */
export async function cellHashes(path: string): Promise<readonly Pick<StoredCell, "kind" | "hash">[]> {
  try {
    const { text } = await readText(path, movedBytesMax);
    const cells = formatFor(path, text)?.parse(text, { path }).notebook.cells ?? [];
    return cells.map(({ kind, source }) => ({ kind, hash: hashOf(source) }));
  } catch (error) {
    if (error instanceof NblsError) return [];
    throw error;
  }
}

/** A notebook's file as it was last read or written; an `.ipynb` with its cells and an id for each of them. */
export class NotebookFile {
  readonly path: string;
  readonly #bytesMax: number;
  #text: FileText | undefined;
  #ipynb: IpynbFile | undefined;
  #ids: readonly string[] = [];
  #index = new Map<string, number>();

  constructor(path: string, bytesMax: number) {
    this.path = path;
    this.#bytesMax = bytesMax;
  }

  get isIpynb(): boolean {
    return this.path.toLowerCase().endsWith(".ipynb");
  }

  get ipynb(): IpynbFile | undefined {
    return this.#ipynb;
  }

  /** Ids of the cells of an `.ipynb`, in its order: ours where the file has none. */
  get ids(): readonly string[] {
    return this.#ids;
  }

  /** Empty before it was read. */
  get text(): string {
    return this.#text?.text ?? "";
  }

  get stamp(): string | undefined {
    return this.#text?.stamp;
  }

  cell(id: string): Cell | undefined {
    const index = this.#index.get(id);
    return index === undefined ? undefined : this.#ipynb?.notebook.cells[index];
  }

  /** When it was last written, in milliseconds since the epoch; 0 if it is not there. */
  async writtenAt(): Promise<number> {
    return (await modifiedAt(this.path)) ?? 0;
  }

  /**
   * Reads it if it was not read yet, or was written by another program since. `true`: it is another text now.
   * `stored` are the cells of earlier days. Throws why it cannot be read.
   */
  async refresh(stored: () => readonly StoredCell[]): Promise<boolean> {
    if (this.#text !== undefined && (await fileStamp(this.path)) === this.#text.stamp) return false;
    this.#take(await readText(this.path, this.#bytesMax), undefined, stored);
    return true;
  }

  /** We wrote it ourselves, with cells of these ids. */
  written(file: FileText, ids: readonly string[]): void {
    this.#take(file, ids, () => []);
  }

  #take(file: FileText, ids: readonly string[] | undefined, stored: () => readonly StoredCell[]): void {
    const before = this.#ipynb;
    this.#text = file;
    if (!this.isIpynb) return;
    const known = (before?.notebook.cells ?? []).map(({ kind, source }, index) => ({
      id: this.#ids[index] ?? "",
      kind,
      hash: hashOf(source),
    }));
    this.#ipynb = openIpynb(file.text);
    this.#ids = ids ?? idsOf(this.#ipynb, known.length > 0 ? known : stored());
    this.#index = new Map(this.#ids.map((id, index) => [id, index]));
  }
}

/** The file's own ids; those of cells without one are found again by their sources among `known`. */
function idsOf(file: IpynbFile, known: readonly StoredCell[]): readonly string[] {
  const { cells } = file.notebook;
  const ids = matchStored(
    known,
    cells.map(({ id, kind, source }) => ({ kind, hash: hashOf(source), ...(id === undefined ? {} : { explicitId: id }) })),
  );
  return cells.map((cell, index) => cell.id ?? ids[index] ?? newCellId());
}
