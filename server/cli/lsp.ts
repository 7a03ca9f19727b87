import type { Verb } from "./verb.ts";

/** Editors start the server in the plain forms that main.ts knows, without loading the command line; the others come here. */
export const lspVerb: Verb = {
  name: "lsp",
  usage: "[--stdio] [--standalone]",
  summary: "the language server: editors start it",
  details: "Speaks the Language Server Protocol on stdin and stdout.",
  options: {
    stdio: { type: "boolean", description: "speak on stdin and stdout (the default, and the only way)" },
    standalone: { type: "boolean", description: "keep kernels in this process (in this version the only way)" },
    clientProcessId: { type: "string", value: "PID", description: "accepted; the editor tells it in initialize as well" },
  },
  positionals: [0, 0],
  async run(_args, context) {
    await context.startLanguageServer();
    return undefined;
  },
};
