import type { InitializeResult } from "vscode-languageserver";
import { commandNames } from "../protocol/commands.ts";
import type { Client } from "./client.ts";
import { codeActionKinds } from "./code-actions.ts";

const incremental = 2;

/** After these characters an editor asks by itself: attributes, R's and Deno's members, magics. */
const completionTriggers: readonly string[] = [".", "$", "@", "%"];

/** The answer to `initialize`. Nothing is to be resolved later: some editors freeze while they ask for it. */
export function initializeResult(client: Client, version: string | undefined): InitializeResult {
  return {
    serverInfo: { name: "nbls", ...(version === undefined ? {} : { version }) },
    capabilities: {
      positionEncoding: "utf-16",
      textDocumentSync: { openClose: true, change: incremental, save: { includeText: false } },
      codeLensProvider: { resolveProvider: false },
      codeActionProvider: { codeActionKinds: [...codeActionKinds], resolveProvider: false },
      completionProvider: { triggerCharacters: [...completionTriggers], resolveProvider: false },
      // There is nothing to highlight: where commands take no arguments, asking tells where the cursor is.
      ...(client.supports.commandArguments ? {} : { documentHighlightProvider: true }),
      documentSymbolProvider: true,
      executeCommandProvider: { commands: [...commandNames] },
      foldingRangeProvider: true,
      hoverProvider: true,
      selectionRangeProvider: true,
      // A hint shows what a run changed; without refresh it would show what was before.
      ...(client.supports.inlayHintRefresh ? { inlayHintProvider: { resolveProvider: false } } : {}),
      experimental: { nbls: { version: 1 } },
    },
  };
}
