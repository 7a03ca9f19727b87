import { didChangeCells, type Cell, type DidChangeCellsParams } from "../protocol/cells.ts";
import { didChangeExecution, type DidChangeExecutionParams } from "../protocol/execution.ts";
import { didChangeOutputs, type DidChangeOutputsParams } from "../protocol/outputs.ts";
import type { Settings } from "../protocol/settings.ts";
import { defaultSettings } from "../protocol/settings.ts";
import type { ClientCapability } from "../protocol/view.ts";
import type { Client } from "./client.ts";
import type { ClientPort } from "./client-port.ts";
import { errorDiagnostics, outputDiagnostics, problemDiagnostics } from "./diagnostics.ts";
import type { ImageMode } from "./images.ts";
import { MirrorCell, type MirrorDocument } from "./mirror.ts";
import { CellView } from "./cell-view.ts";
import { Pace } from "./pace.ts";
import type { OutputView } from "./shown-output.ts";
import { executionStatusText, statusText } from "./status.ts";
import type { Terminal } from "./terminal.ts";

/** Editors redraw diagnostics at about 30 Hz; clients of our own draw single cells. */
const plainPaceMs = 33;
const nblsPaceMs = 16;
const refreshPaceMs = 50;
const afterEditMs = 150;
/** Editors draw nothing of a diagnostic whose first line is above the window: long ones vanish as a whole. */
const plainLinesMax = 12;

/** How one client is shown the state of its documents: by our notifications, or by what every LSP client has. */
export class Screen {
  readonly #client: ClientPort;
  readonly #supports: Client["supports"];
  readonly #settings: () => Settings;
  readonly #placeErrors: (document: MirrorDocument) => Promise<void>;
  #view: ClientCapability | undefined;
  /** Why the run under way failed, once its client was told. */
  #toldMessage: string | undefined;
  readonly #documents = new Map<string, DocumentScreen>();
  readonly #refresh: Pace;

  /** `placeErrors` finds again where the shown errors of an edited text stand. */
  constructor(
    port: ClientPort,
    client: Client,
    settings: () => Settings,
    placeErrors: (document: MirrorDocument) => Promise<void>,
  ) {
    this.#client = port;
    this.#supports = client.supports;
    this.#settings = settings;
    this.#placeErrors = placeErrors;
    this.#view = client.nbls;
    this.#refresh = new Pace(refreshPaceMs, () => this.#askForRefresh());
  }

  /** Whether the client draws outputs from `nbls/didChangeOutputs`. */
  get drawsOutputs(): boolean {
    return this.#view?.outputs === true;
  }

  get paceMs(): number {
    return this.drawsOutputs ? nblsPaceMs : plainPaceMs;
  }

  /** What of an output fits into the client's window. */
  get outputView(): OutputView {
    const settings = this.#settings();
    const { "outputs.linesMax": linesMax, "outputs.columnsMax": columnsMax } = settings;
    const isDefault = linesMax === defaultSettings["outputs.linesMax"];
    // Of its own text the client's window shows as much, and some editors cannot scroll past what is higher than it.
    const halfOfWindow = this.#view?.height === undefined ? Infinity : Math.floor(this.#view.height / 2);
    return {
      linesMax: Math.max(1, Math.min(halfOfWindow, this.drawsOutputs || !isDefault ? linesMax : plainLinesMax)),
      bytesMax: Math.max(1, settings["outputs.bytesMax"]),
      columnsMax: Math.max(1, Math.min(this.#view?.width ?? columnsMax, columnsMax)),
      errorsAmongLines: this.drawsOutputs,
    };
  }

  /** How the client sees pictures: by itself, by its terminal where we know it and the colour of our text there, or not. */
  imageMode(terminal: Pick<Terminal, "hasPlaceholders">): ImageMode {
    const { "images.graphics": graphics, "images.color": color } = this.#settings();
    if (graphics === "none") return { kind: "none" };
    if (this.drawsOutputs) {
      const { graphics: own, placeholders = false } = this.#view ?? {};
      const isKnown = placeholders && (graphics === "kitty" || terminal.hasPlaceholders);
      const isDrawn = own === undefined ? isKnown : own !== "none";
      return isDrawn ? { kind: "client", placeholders } : { kind: "none" };
    }
    const isShown = this.#settings()["outputs.diagnostics"] !== "off" && (graphics === "kitty" || terminal.hasPlaceholders);
    const value = /^#([\da-f]{6})$/i.exec(color ?? "")?.[1];
    return isShown && value !== undefined ? { kind: "terminal", color: Number.parseInt(value, 16) } : { kind: "none" };
  }

  resized(view: ClientCapability): void {
    this.#view = { ...this.#view, ...view };
  }

  /** Tells a client that knows us; others never hear of our methods. */
  tell(method: string, params: unknown): void {
    if (this.#view !== undefined) this.#client.notify(method, params);
  }

  /** The cells that were added or changed, each with what is shown of its state. */
  cells(document: MirrorDocument, params: DidChangeCellsParams): void {
    const told = (cell: Cell): Cell => ({
      ...cell,
      statusText: statusText(document.cell(cell.id) ?? new MirrorCell(cell, undefined)),
    });
    const changes = params.changes.map((change) => ({ ...change, cells: change.cells.map(told) }));
    this.tell(didChangeCells.method, { ...params, changes });
  }

  outputs(document: MirrorDocument, cell: MirrorCell): void {
    const params = this.drawsOutputs ? outputsParams(document, new CellView(document, cell)) : undefined;
    if (params !== undefined) this.#client.notify(didChangeOutputs.method, params);
    this.stateChanged(document);
  }

  execution(params: DidChangeExecutionParams, stale: Cell["stale"]): void {
    this.tell(didChangeExecution.method, { ...params, statusText: executionStatusText(params, stale) });
    if (params.state === "queued") this.#toldMessage = undefined;
    // Others would see only that the cell failed, and not what to do about it. One sentence for a whole run is enough.
    if (this.#view !== undefined || params.message === undefined || params.message === this.#toldMessage) return;
    this.#toldMessage = params.message;
    this.#client.showMessage("error", params.message);
  }

  /** States, outputs or problems changed: lenses and hints are asked for again, diagnostics sent. */
  stateChanged(document: MirrorDocument): void {
    this.#refresh.request();
    this.#documentScreen(document).pace.request();
  }

  /**
   * Editors move diagnostics along with edits by themselves, so theirs are corrected only once the typing rests. Some drop
   * those that were sent for a version that is not theirs any more: those they get then, too.
   */
  textChanged(document: MirrorDocument): void {
    const screen = this.#documentScreen(document);
    clearTimeout(screen.editTimer);
    screen.editTimer = setTimeout(() => {
      void this.#placeErrors(document).finally(() => {
        if (this.#documents.get(document.uri) === screen) screen.pace.request();
      });
    }, afterEditMs);
  }

  /** Whether the status and the one-line results are inlay hints here; the client has asked for those of `document`. */
  answersHints(document: MirrorDocument): boolean {
    if (!this.#answersHints) return false;
    if (!document.asksHints) {
      document.asksHints = true;
      // What the hints say now was told by diagnostics before.
      this.#documentScreen(document).pace.request();
    }
    return true;
  }

  /** Hints that cannot be refreshed would tell the state of some moment ago. */
  get #answersHints(): boolean {
    const setting = this.#settings()["outputs.hints"];
    return setting === "on" || (setting === "auto" && !this.drawsOutputs && this.#supports.inlayHintRefresh);
  }

  settingsChanged(): void {
    for (const screen of this.#documents.values()) screen.pace.request();
  }

  closed(uri: string): void {
    const screen = this.#documents.get(uri);
    if (screen === undefined) return;
    this.#documents.delete(uri);
    stop(screen);
    if (screen.hasDiagnostics) this.#client.notify("textDocument/publishDiagnostics", { uri, diagnostics: [] });
  }

  dispose(): void {
    this.#refresh.dispose();
    for (const screen of this.#documents.values()) stop(screen);
    this.#documents.clear();
  }

  #documentScreen(document: MirrorDocument): DocumentScreen {
    const known = this.#documents.get(document.uri);
    if (known?.document === document) return known;
    if (known !== undefined) stop(known);
    const screen: DocumentScreen = {
      document,
      pace: new Pace(plainPaceMs, () => this.#publish(screen)),
      editTimer: undefined,
      hasDiagnostics: known?.hasDiagnostics ?? false,
    };
    this.#documents.set(document.uri, screen);
    return screen;
  }

  #publish(screen: DocumentScreen): void {
    const { document } = screen;
    const setting = this.#settings()["outputs.diagnostics"];
    const { relatedInformation } = this.#supports;
    const view = { relatedInformation, hasHints: this.#answersHints && document.asksHints };
    const ofOutputs = setting === "on" || !this.drawsOutputs ? outputDiagnostics : errorDiagnostics;
    const diagnostics = [...problemDiagnostics(document), ...(setting === "off" ? [] : ofOutputs(document, view))];
    if (diagnostics.length === 0 && !screen.hasDiagnostics) return;
    screen.hasDiagnostics = diagnostics.length > 0;
    this.#client.notify("textDocument/publishDiagnostics", { uri: document.uri, version: document.version, diagnostics });
  }

  #askForRefresh(): void {
    if (this.#supports.codeLensRefresh) this.#client.ask("workspace/codeLens/refresh");
    if (this.#supports.inlayHintRefresh && this.#answersHints) this.#client.ask("workspace/inlayHint/refresh");
  }
}

interface DocumentScreen {
  readonly document: MirrorDocument;
  readonly pace: Pace;
  editTimer: NodeJS.Timeout | undefined;
  /** Whether the client holds diagnostics of ours, so that an empty list is worth sending. */
  hasDiagnostics: boolean;
}

function stop(screen: DocumentScreen): void {
  screen.pace.dispose();
  clearTimeout(screen.editTimer);
}

/** `undefined`: the cell shows nothing of which could be told. */
function outputsParams(
  { uri, version }: MirrorDocument,
  { cell, output, anchor, status }: CellView,
): DidChangeOutputsParams | undefined {
  if (output === undefined) return undefined;
  const { executionId, seq, lines, hiddenLineCount } = output;
  return {
    textDocument: { uri, version },
    cellId: cell.id,
    executionId,
    seq,
    statusText: status,
    anchor,
    lines,
    images: output.images.map(({ image }) => image),
    hiddenLineCount,
  };
}
