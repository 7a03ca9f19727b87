import { fileURLToPath } from "node:url";
import { InvalidParams } from "../protocol/validate.ts";
import { clientCapability, type ClientCapability } from "../protocol/view.ts";

/** What an `initialize` request says of its client, as far as we act on it. */
export interface Client {
  readonly name: string;
  readonly processId: number | undefined;
  /** The directory of the first workspace folder, where there is one on disk. */
  readonly root: string | undefined;
  /** `undefined`: a client that knows nothing of us. */
  readonly nbls: ClientCapability | undefined;
  /** The value of `initializationOptions` that may hold settings. */
  readonly initialSettings: unknown;
  readonly supports: {
    readonly hierarchicalSymbols: boolean;
    readonly codeActionLiterals: boolean;
    readonly progress: boolean;
    readonly codeLensRefresh: boolean;
    readonly inlayHintRefresh: boolean;
    readonly relatedInformation: boolean;
    readonly configuration: boolean;
    readonly configurationRegistration: boolean;
    /** Its users can bind keys to commands with arguments: not so in Helix before 25.07. */
    readonly commandArguments: boolean;
    /** What it sends comes in the order in which it was made: not so in Helix before 25.07. */
    readonly messageOrder: boolean;
  };
}

/** Reads the params of `initialize`. Never throws: a client that sends nonsense in one field is served all the same. */
export function readClient(params: unknown): Client {
  const capabilities = field(params, "capabilities");
  const options = field(params, "initializationOptions");
  const flag = (...path: string[]) => field(capabilities, ...path) === true;
  const processId = field(params, "processId");
  const name = field(params, "clientInfo", "name");
  const version = field(params, "clientInfo", "version");
  const isEarlyHelix = name === "helix" && typeof version === "string" && /^(?:2[0-4]\.|25\.01)/.test(version);
  return {
    name: typeof name === "string" ? name : "unknown client",
    processId: typeof processId === "number" ? processId : undefined,
    root: rootOf(params),
    nbls: readCapability(field(capabilities, "experimental", "nbls")) ?? readOptionsCapability(field(options, "nbls")),
    initialSettings: withoutCapability(field(options, "nbls")),
    supports: {
      hierarchicalSymbols: flag("textDocument", "documentSymbol", "hierarchicalDocumentSymbolSupport"),
      codeActionLiterals: field(capabilities, "textDocument", "codeAction", "codeActionLiteralSupport") !== undefined,
      progress: flag("window", "workDoneProgress"),
      codeLensRefresh: flag("workspace", "codeLens", "refreshSupport"),
      inlayHintRefresh: flag("workspace", "inlayHint", "refreshSupport"),
      relatedInformation: flag("textDocument", "publishDiagnostics", "relatedInformation"),
      configuration: flag("workspace", "configuration"),
      commandArguments: !isEarlyHelix,
      messageOrder: !isEarlyHelix,
      configurationRegistration: flag("workspace", "didChangeConfiguration", "dynamicRegistration"),
    },
  };
}

/** The value at a path of keys, `undefined` where something on the way is no object. */
export function field(value: unknown, ...path: readonly string[]): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as { readonly [key: string]: unknown })[key];
  }
  return at ?? undefined;
}

function readCapability(value: unknown): ClientCapability | undefined {
  if (value === undefined) return undefined;
  try {
    return clientCapability(value, "experimental.nbls");
  } catch (error) {
    if (error instanceof InvalidParams) return undefined;
    throw error;
  }
}

/**
 * `initializationOptions.nbls` may hold settings as well, and some editors send the same object for both: it is a
 * capability only where `outputs` is a truth value, which as a setting is a group.
 */
function readOptionsCapability(value: unknown): ClientCapability | undefined {
  return typeof field(value, "outputs") === "boolean" ? readCapability(value) : undefined;
}

function withoutCapability(value: unknown): unknown {
  if (typeof field(value, "outputs") !== "boolean" || typeof value !== "object" || value === null) return value;
  const capabilityNames = ["outputs", "requestInput", "width", "height", "graphics", "placeholders"];
  return Object.fromEntries(Object.entries(value).filter(([name]) => !capabilityNames.includes(name)));
}

function rootOf(params: unknown): string | undefined {
  const folders = field(params, "workspaceFolders");
  const first: unknown = Array.isArray(folders) ? folders[0] : undefined;
  const uri = field(first, "uri") ?? field(params, "rootUri");
  if (typeof uri === "string") return pathOf(uri);
  const path = field(params, "rootPath");
  return typeof path === "string" ? path : undefined;
}

/** The path of a `file:` URI; `undefined` for any other text. */
export function pathOf(uri: string): string | undefined {
  if (!uri.startsWith("file:")) return undefined;
  try {
    return fileURLToPath(uri);
  } catch {
    return undefined;
  }
}
