import type { JsonObject } from "../jupyter/message.ts";
import { newCellId } from "../notebook/identity.ts";
import type { Notebook, Problem } from "../notebook/model.ts";
import type { Format, SavedCell } from "./format.ts";
import { editIpynb } from "./ipynb-edit.ts";
import { newNotebook, readNotebook } from "./ipynb-read.ts";
import { IpynbScanner } from "./ipynb-scanner.ts";
import { writeCells, writeMetadata } from "./ipynb-write.ts";

export { newNotebook };

/** An `.ipynb` as it was read, and the way to write it again. */
export interface IpynbFile {
  readonly text: string;
  /** Its cells as values; their outputs are parsed when they are first asked for. */
  readonly notebook: Notebook;
  /** An error: there is nothing to read. A warning: readable, but not quite as it should be. */
  readonly problems: readonly Problem[];
  /** The language of code cells that do not say otherwise, as an LSP identifier. */
  readonly language: string;
  /** Whether `rewrite` can be called: not so for what is no notebook, or one of an older format. */
  readonly isWritable: boolean;
  /**
   * The file's text with these cells. What equals the file's keeps its bytes: with nothing changed the text is the same.
   * Changed cells differ in their changed members only; new ones are written in the file's own style.
   * Throws `ReadOnlyNotebookError` where `isWritable` is false: what could not be read must not be overwritten.
   */
  rewrite(cells: readonly SavedCell[], options?: { readonly metadata?: JsonObject }): string;
}

/** A notebook that cannot be written back; the message says why, and what to do. */
export class ReadOnlyNotebookError extends Error {}

/** Reads the text of an `.ipynb`. Never throws: what is wrong with it is in `problems`. */
export function openIpynb(text: string): IpynbFile {
  const { notebook, problems, places } = readNotebook(text);
  return {
    text,
    notebook,
    problems,
    language: notebook.language,
    isWritable: places !== undefined,
    rewrite(cells, { metadata } = {}) {
      if (places === undefined) throw new ReadOnlyNotebookError(problems[0]?.message ?? "the notebook cannot be written");
      if (text.trim() === "") {
        // An empty file stays empty until there is something to say.
        if (cells.length === 0 && metadata === undefined) return text;
        const language = cells.find(({ kind }) => kind === "code")?.language ?? "python";
        return openIpynb(newNotebook({ language })).rewrite(cells, metadata === undefined ? {} : { metadata });
      }
      const written = writeCells(text, places, cells);
      if (metadata === undefined) return written;
      const again = readNotebook(written).places;
      return again === undefined ? written : writeMetadata(written, again, metadata);
    },
  };
}

/** The JSON text of a notebook, open in an editor as it is. */
export const ipynb: Format = {
  id: "ipynb",
  extensions: [".ipynb"],
  open: (lines) => new IpynbScanner(lines),
  parse(text) {
    const { notebook, problems } = readNotebook(text);
    return { notebook, problems };
  },
  print(notebook) {
    const { language, metadata, cells } = notebook;
    const file = openIpynb(newNotebook({ language }));
    const ids = new Set<string>();
    const saved = cells.map((cell) => {
      let id = cell.id;
      while (id === undefined || ids.has(id)) id = newCellId();
      ids.add(id);
      return { ...cell, id };
    });
    return file.rewrite(saved, { metadata: { ...file.notebook.metadata, ...metadata } });
  },
  edit: (text, _scanner, _context, index, edit) => editIpynb(openIpynb(text.toString()), text, index, edit),
};
