import { within } from "../base/deferred.ts";
import type { Limits } from "../base/limits.ts";
import type { Hover } from "vscode-languageserver";
import type { Position } from "../base/text.ts";
import { NblsError } from "../protocol/errors.ts";
import { CellView } from "./cell-view.ts";
import type { Client } from "./client.ts";
import { codeActions } from "./code-actions.ts";
import { completionList } from "./completion.ts";
import { route, type Route } from "./guard.ts";
import { inlayHints } from "./hints.ts";
import { cellHover, codeHover } from "./hover.ts";
import type { HubLink } from "./hub-link.ts";
import { LensCache } from "./lenses.ts";
import type { Mirror, MirrorDocument } from "./mirror.ts";
import { codeActionParams, documentParams, positionParams, positionsParams, rangeParams } from "./params.ts";
import { foldingRanges, selectionRange } from "./ranges.ts";
import { documentSymbols, flatSymbols } from "./symbols.ts";

/** LSP's own requests: answered from the mirror, and for names by the kernel within its time. */
export function readingMethods(
  limits: Limits,
  client: Client,
  mirror: Mirror,
  hub: HubLink,
  { answersHints, isAsked }: { answersHints(document: MirrorDocument): boolean; isAsked(uri: string): boolean },
): readonly Route[] {
  const drawsOutputs = client.nbls?.outputs === true;
  const lensCache = new LensCache({ tellsState: !drawsOutputs });
  const documentOf = ({ textDocument: { uri } }: { readonly textDocument: { readonly uri: string } }): MirrorDocument => {
    const document = mirror.get(uri);
    if (document === undefined) throw new NblsError("no_notebook", `${uri} is not open`);
    return document;
  };
  /** The same, where the client asks about the place of its cursor. */
  const documentAt = (params: { readonly textDocument: { readonly uri: string } }, { line }: Position): MirrorDocument => {
    mirror.sawCursor(params.textDocument.uri, line);
    return documentOf(params);
  };
  /** A kernel is asked only where code stands. */
  const isInCode = (document: MirrorDocument, position: Position): boolean => {
    const cell = document.cellAt(position.line);
    return cell?.cell.kind === "code" && !(cell.hasMarker && cell.startLine === position.line);
  };
  const hasKernel = ({ kernel }: MirrorDocument) => kernel !== undefined && kernel.status !== "dead";
  const inspect = async ({ uri }: MirrorDocument, position: Position) => {
    const inspected = hub.client().then((hubClient) => hubClient.inspect({ textDocument: { uri }, position }));
    return await within(inspected, limits.introspectionMs, null);
  };
  const hover = async (document: MirrorDocument, position: Position): Promise<Hover | null> => {
    const cell = document.cellAt(position.line);
    // The parsers are loaded with the first one that is asked for.
    if (cell?.cell.kind === "markdown") return (await import("./markdown-hover.ts")).markdownHover(document, cell);
    if (cell?.hasMarker === true && cell.startLine === position.line) return cellHover(document, new CellView(document, cell));
    if (cell === undefined || !isInCode(document, position)) return null;
    const inspected = hasKernel(document) ? await inspect(document, position) : null;
    // The text may have changed meanwhile.
    const now = document.cell(cell.id);
    return await codeHover(document, drawsOutputs || now === undefined ? undefined : new CellView(document, now), inspected);
  };
  return [
    route("textDocument/codeLens", documentParams, (params) => lensCache.lenses(documentOf(params))),
    route("textDocument/codeAction", codeActionParams, (params) =>
      codeActions(
        documentAt(params, params.range.end),
        params.range,
        params.context.only,
        client.supports.codeActionLiterals,
        isAsked(params.textDocument.uri),
      ),
    ),
    route("textDocument/documentSymbol", documentParams, (params) => {
      const symbols = documentSymbols(documentOf(params));
      return client.supports.hierarchicalSymbols ? symbols : flatSymbols(params.textDocument.uri, symbols);
    }),
    route("textDocument/foldingRange", documentParams, (params) => foldingRanges(documentOf(params))),
    route("textDocument/selectionRange", positionsParams, (params) => {
      const document = documentOf(params);
      return params.positions.map((position) => selectionRange(document, position));
    }),
    route("textDocument/inlayHint", rangeParams, (params) => {
      const document = documentOf(params);
      return answersHints(document) ? inlayHints(document, params.range) : [];
    }),
    route("textDocument/hover", positionParams, (params) => hover(documentAt(params, params.position), params.position)),
    route("textDocument/documentHighlight", positionParams, (params) => {
      documentAt(params, params.position);
      return null;
    }),
    route("textDocument/completion", positionParams, async (params) => {
      const document = documentAt(params, params.position);
      if (!isInCode(document, params.position) || !hasKernel(document)) return null;
      const { textDocument, position } = params;
      const completed = hub.client().then((hubClient) => hubClient.complete({ textDocument, position }));
      return completionList(await within(completed, limits.introspectionMs, null));
    }),
  ];
}
