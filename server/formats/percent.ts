import { TextLines } from "../base/text.ts";
import type { Cell } from "../notebook/model.ts";
import type { Format } from "./format.ts";
import { scriptLanguages } from "./languages.ts";
import { quotesAround } from "./percent-body.ts";
import { editPercent } from "./percent-edit.ts";
import { printPercent } from "./percent-print.ts";
import { PercentScanner } from "./percent-scanner.ts";

/** Scripts with `# %%` cells: jupytext's percent format. */
export const percent: Format = {
  id: "percent",
  extensions: scriptLanguages.flatMap((language) => language.extensions),
  open: (lines, context) => new PercentScanner(lines, context),
  parse(text, context) {
    const lines = new TextLines(text);
    const scanner = new PercentScanner(lines, context);
    const cells = scanner.cells.map((span): Cell => {
      const quotes = scanner.language === "python" ? quotesAround(lines, span) : undefined;
      const metadata = quotes === undefined ? span.metadata : { ...span.metadata, cell_marker: quotes };
      // The language of a magic cell is in its source, as its first line.
      const { language: _language, magic_args: _args, ...others } = metadata;
      const source = scanner.source(span);
      return {
        id: undefined,
        kind: span.kind,
        language: span.language,
        source,
        metadata: source.startsWith("%%") && span.kind === "code" && !("active" in metadata) ? others : metadata,
        executionCount: null,
        outputs: [],
      };
    });
    return { notebook: { language: scanner.language, metadata: scanner.metadata, cells }, problems: scanner.problems };
  },
  print: printPercent,
  edit: editPercent,
};
