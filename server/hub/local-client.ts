import { basename } from "node:path";
import type { Position, TextChange } from "../base/text.ts";
import { formatFor } from "../formats/registry.ts";
import type { JsonObject } from "../jupyter/message.ts";
import { linesBetween, markdownOf, plainTextOf, wholeLines } from "../outputs/plain-text.ts";
import type { Problem } from "../notebook/model.ts";
import type { CellsResult } from "../protocol/cells.ts";
import { NblsError } from "../protocol/errors.ts";
import type { CancelParams, CancelResult, ExecuteParams, ExecuteResult } from "../protocol/execution.ts";
import type { Kernel, KernelspecsResult, SelectKernelParams } from "../protocol/kernels.ts";
import type { ReadNotebookParams, ReadNotebookResult, WriteNotebookParams } from "../protocol/notebooks.ts";
import type { ClearOutputsParams, OutputsParams, OutputsResult } from "../protocol/outputs.ts";
import type { Settings } from "../protocol/settings.ts";
import { editCell } from "./cell-edits.ts";
import { pathOf, realPathOf, uriOf } from "./files.ts";
import type {
  ClientDescription,
  CompletionResult,
  EditCellParams,
  EditCellResult,
  ErrorPlace,
  HubClient,
  HubListener,
  OpenAsTextResult,
  OutputWindow,
  OutputWindowParams,
} from "./hub.ts";
import { kernelView } from "./kernels.ts";
import type { LocalHub } from "./local-hub.ts";
import type { Member, OpenNotebook } from "./open-notebook.ts";
import { type Agreement, agreementOf, closePairedText, openPairedText, pairedNotebook, removeAgreed } from "./paired-text.ts";
import type { Replica } from "./replica.ts";
import { saveNotebook, textForm } from "./saving.ts";
import { documentPosition, offsetOf } from "./source-offsets.ts";
import { cellIndexAt } from "./targets.ts";

type DocumentParams = { readonly textDocument: { readonly uri: string } };

/** A document of a client, and the notebook that it belongs to. */
interface OpenDocument {
  readonly notebook: OpenNotebook;
  readonly member: Member;
  /** It is a text that stands beside an `.ipynb`. */
  readonly isPaired: boolean;
  /** Resolves when the notebook was saved from it as often as it was asked for. */
  saved: Promise<void>;
  agreement?: Agreement | undefined;
}

/** One client of a hub in this process: finds the notebook and the client's text of it, and passes the question on. */
export class LocalClient implements HubClient {
  readonly id: string;
  description: ClientDescription;
  readonly listener: HubListener;
  readonly #hub: LocalHub;
  /** By URI: two documents of a client may be of one notebook, each with a text of its own. */
  readonly #documents = new Map<string, OpenDocument>();
  readonly #closing = new Set<Promise<void>>();

  constructor(hub: LocalHub, id: string, description: ClientDescription, listener: HubListener) {
    this.#hub = hub;
    this.id = id;
    this.description = description;
    this.listener = listener;
  }

  didOpen(params: { readonly uri: string; readonly languageId: string; readonly version: number; readonly text: string }): void {
    const document = this.#document(params.uri, params.text);
    const { notebook, member } = document;
    const { live } = notebook;
    const replica = live.openReplica(member.id, params.uri, params.languageId, params.version, params.text);
    void live.loaded.then(() => {
      if (live.replicaOf(member.id) === replica) notebook.announce(member, replica);
      if (document.isPaired) void this.#agree(document, params.uri);
    });
  }

  didChange(params: { readonly uri: string; readonly version: number; readonly changes: readonly TextChange[] }): void {
    const { notebook, member } = this.#document(params.uri);
    const problems = notebook.live.replicaOf(member.id)?.scanner.problems;
    const splice = notebook.live.changeReplica(member.id, params.version, params.changes);
    const replica = notebook.live.replicaOf(member.id);
    if (replica === undefined || !notebook.live.isLoaded) return;
    if (splice !== undefined) notebook.cellsChanged(member, replica, splice);
    notebook.linesChanged(member, replica);
    if (replica.scanner.problems !== problems)
      this.listener.event({ type: "problems", uri: params.uri, problems: replica.scanner.problems });
  }

  /** The client wrote the document to disk: a text beside an `.ipynb` is saved into that. */
  didSave({ uri }: { readonly uri: string }): void {
    const document = this.#documents.get(uri);
    const replica = document?.notebook.live.replicaOf(document.member.id);
    if (document?.isPaired !== true || replica === undefined) return;
    const name = basename(document.notebook.live.path);
    const tell = (severity: "info" | "error", text: string) => this.listener.event({ type: "message", severity, text });
    document.saved = document.saved
      .then(() => this.#save(document.notebook, replica))
      .then(
        async ({ changed }) => {
          await this.#agree(document, uri);
          if (changed) tell("info", `${name} is saved`);
        },
        (error: unknown) => tell("error", `${name} is not saved: ${error instanceof Error ? error.message : String(error)}`),
      );
  }

  didClose({ uri }: { readonly uri: string }): void {
    const document = this.#documents.get(uri);
    if (document === undefined) return;
    const { notebook, member, isPaired } = document;
    this.#documents.delete(uri);
    notebook.live.closeReplica(member.id);
    notebook.leave(member);
    if (!isPaired) return;
    const path = pathOf(uri);
    // Not before it is gone: until then we may be killed.
    const forget = () => this.#hub.pairedTexts.remove(path);
    if (removeAgreed(notebook.live, path, document.agreement)) {
      forget();
      return;
    }
    const closing = document.saved
      .then(() => closePairedText(notebook.live, path, this.#hub.limits.fileBytesMax))
      .then((warning) => {
        if (warning !== undefined) this.listener.event({ type: "message", severity: "warning", text: warning });
      })
      .finally(() => {
        forget();
        this.#closing.delete(closing);
      });
    this.#closing.add(closing);
  }

  async #agree(document: OpenDocument, uri: string): Promise<void> {
    const path = pathOf(uri);
    document.agreement = await agreementOf(document.notebook.live, path, this.#hub.limits.fileBytesMax);
    // Closed in the meantime.
    if (this.#documents.get(uri) !== document) return;
    if (document.agreement !== undefined) this.#hub.pairedTexts.add(path, document.agreement.text);
  }

  configure(params: { readonly settings: Settings }): void {
    this.description = { ...this.description, settings: params.settings };
  }

  async cells({ textDocument }: DocumentParams): Promise<CellsResult> {
    const { notebook, member, replica } = await this.#replica(textDocument.uri, { fresh: true });
    return {
      version: notebook.live.replicaOf(member.id)?.version ?? null,
      revision: notebook.live.revision,
      language: replica.scanner.language,
      kernel: notebook.kernel === undefined ? null : kernelView(notebook.kernel),
      cells: replica.scanner.cells.map((_, index) => notebook.live.cellView(replica, index)),
    };
  }

  async problems({ textDocument }: DocumentParams): Promise<readonly Problem[]> {
    const { notebook, replica } = await this.#replica(textDocument.uri, { fresh: true });
    return notebook.live.problems(replica);
  }

  async execute({ textDocument, version, target }: ExecuteParams): Promise<ExecuteResult> {
    const { notebook, member, replica } = await this.#replica(textDocument.uri, { fresh: true });
    if (version !== undefined && !(await replica.reaches(version, this.#hub.limits.versionWaitMs))) {
      throw new NblsError(
        "stale_version",
        `version ${version} of ${basename(notebook.live.path)} is not the one here (${replica.version ?? "the file's"})`,
      );
    }
    const executions = notebook.execute(member, replica, target);
    // The user's own run is the consent to run what the folder holds.
    this.#hub.trust.add(notebook.directory);
    return { executions };
  }

  async editCell(params: EditCellParams): Promise<EditCellResult> {
    const { uri } = params.textDocument;
    const { notebook, member } = this.#document(uri);
    const replica = notebook.live.replicaOf(member.id);
    if (replica === undefined) throw new NblsError("no_notebook", `${uri} is not open`);
    return editCell(replica, params);
  }

  async cancel({ textDocument, executionIds }: CancelParams): Promise<CancelResult> {
    return await this.#document(textDocument.uri).notebook.cancel(executionIds);
  }

  async outputs({ textDocument, cellId, executionId, as = "nbformat", offset, limit }: OutputsParams): Promise<OutputsResult> {
    const { notebook, replica } = await this.#replica(textDocument.uri);
    const execution = executionId === undefined ? undefined : notebook.live.execution(executionId);
    if (executionId !== undefined && execution === undefined)
      throw new NblsError("no_cell", `no execution with the id ${executionId}`);
    if (execution === undefined && !replica.ids.includes(cellId ?? ""))
      throw new NblsError("no_cell", `no cell with the id ${cellId}`);
    const ofCell = notebook.live.shown(execution?.cellId ?? cellId ?? "");
    const shown = execution === undefined || ofCell.execution === execution ? ofCell : undefined;
    const fold = () => execution?.fold ?? ofCell.fold();
    const result = { executionId: execution?.id ?? shown?.executionId ?? null, seq: shown?.seq ?? execution?.fold.seq ?? 0 };
    if (as === "nbformat") return { ...result, outputs: execution?.fold.outputs() ?? ofCell.outputs() };
    const all = as === "text" ? undefined : markdownOf(fold().outputs());
    const texts = all === undefined ? fold().texts() : [wholeLines(all)];
    const page = linesBetween(texts, offset ?? 0, limit ?? Infinity);
    if (offset !== undefined || limit !== undefined) return { ...result, ...page };
    return { ...result, text: all ?? plainTextOf(fold().outputs()), lineCount: page.lineCount };
  }

  async outputWindow(params: OutputWindowParams): Promise<OutputWindow> {
    const { notebook } = await this.#replica(params.textDocument.uri);
    return notebook.outputWindow(params);
  }

  async errorPlace({ textDocument, cellId }: DocumentParams & { readonly cellId: string }): Promise<ErrorPlace | null> {
    const { notebook, replica } = await this.#replica(textDocument.uri);
    return notebook.errorPlace(replica, cellId) ?? null;
  }

  async clearOutputs({ textDocument, cellIds }: ClearOutputsParams): Promise<null> {
    const { notebook, replica } = await this.#replica(textDocument.uri);
    notebook.clearOutputs(cellIds ?? replica.ids);
    return null;
  }

  async settled({ textDocument }: DocumentParams): Promise<null> {
    await this.#document(textDocument.uri).notebook.kernel?.runner.settled();
    return null;
  }

  async kernelspecs({ textDocument }: DocumentParams): Promise<KernelspecsResult> {
    const { notebook, member } = await this.#replica(textDocument.uri);
    return await this.#hub.kernelspecs(notebook, member);
  }

  async kernels(): Promise<{ readonly kernels: readonly Kernel[] }> {
    return { kernels: this.#hub.kernels.all().map(kernelView) };
  }

  async startKernel({ textDocument }: DocumentParams): Promise<Kernel> {
    const { notebook, member } = await this.#replica(textDocument.uri);
    this.#hub.trust.add(notebook.directory);
    const kernel = await notebook.ensureKernel(member);
    const started = await kernel.runner.start();
    if (!started.ok) throw new NblsError(started.reason, started.detail);
    return kernelView(kernel);
  }

  async interruptKernel({ textDocument }: DocumentParams): Promise<Kernel> {
    const notebook = this.#document(textDocument.uri).notebook;
    await notebook.interrupt();
    return kernelView(this.#kernel(notebook));
  }

  async restartKernel({ textDocument }: DocumentParams): Promise<Kernel> {
    const kernel = this.#kernel(this.#document(textDocument.uri).notebook);
    const started = await kernel.runner.restart();
    if (!started.ok) throw new NblsError(started.reason, started.detail);
    return kernelView(kernel);
  }

  async shutdownKernel({ textDocument }: DocumentParams): Promise<Kernel> {
    const kernel = this.#kernel(this.#document(textDocument.uri).notebook);
    await this.#hub.endKernel(kernel);
    return kernelView(kernel);
  }

  async selectKernel(params: SelectKernelParams): Promise<Kernel> {
    const { notebook, member } = await this.#replica(params.textDocument.uri);
    this.#hub.trust.add(notebook.directory);
    return kernelView(await this.#hub.selectKernel(notebook, member, params));
  }

  async readNotebook({ uri }: ReadNotebookParams): Promise<ReadNotebookResult> {
    const { notebook, member } = this.#document(uri);
    await notebook.live.loaded;
    await notebook.live.refreshFile();
    const { live } = notebook;
    if (live.file.ipynb === undefined) {
      const replica = await live.replicaFor(member.id, uri, true);
      return { text: replica.lines.toString(), languageId: replica.scanner.language, revision: live.revision };
    }
    const [problem] = live.file.ipynb.problems.filter(({ severity }) => severity === "error");
    if (problem !== undefined) throw new NblsError("unreadable", `${live.path}, line ${problem.line + 1}: ${problem.message}`);
    const { text, languageId } = textForm(live.path, live.file.ipynb);
    return { text, languageId, revision: live.revision };
  }

  async openAsText({ uri }: ReadNotebookParams): Promise<OpenAsTextResult> {
    const path = pathOf(uri);
    const { live } = this.#hub.notebook(realPathOf(path));
    const isOpen = (paired: string) => this.#documents.has(uriOf(paired));
    const { path: paired, ...rest } = await openPairedText(live, path, isOpen, this.#hub.limits.fileBytesMax);
    return { uri: uriOf(paired), ...rest };
  }

  async writeNotebook({
    uri,
    text,
    to,
    force = false,
  }: WriteNotebookParams): Promise<{ readonly uri: string; readonly changed: boolean }> {
    const { notebook, replica: current } = await this.#replica(uri, { fresh: true });
    const path = to === undefined ? notebook.live.path : realPathOf(pathOf(to));
    const replica = text === undefined ? current : notebook.live.replicaOfText(uri, text);
    const { changed } = await this.#save(notebook, replica, { path, force });
    return { uri: to === undefined ? uri : uriOf(path), changed };
  }

  async #save(notebook: OpenNotebook, replica: Replica, { path = notebook.live.path, force = false } = {}) {
    // Waiting is right, and not saving what there is: nobody would save again when the rest has come.
    await notebook.kernel?.runner.settled();
    const request = { path, force, fileBytesMax: this.#hub.limits.fileBytesMax };
    const { changed, taken } = await saveNotebook(notebook.live, replica, request);
    notebook.clearOutputs(taken, "file");
    return { changed };
  }

  async complete({ textDocument, position }: DocumentParams & { readonly position: Position }): Promise<CompletionResult | null> {
    const place = await this.#sourceAt(textDocument.uri, position);
    if (place === undefined) return null;
    const { notebook, replica, source, offset, cell } = place;
    const reply = await notebook.kernel?.runner.session.complete(source, offset, this.#hub.limits.introspectionMs);
    if (reply === undefined) return null;
    const start = documentPosition(replica, cell, source, reply.start);
    const end = documentPosition(replica, cell, source, reply.end);
    return start === undefined || end === undefined ? null : { items: reply.matches, start, end };
  }

  async inspect({ textDocument, position }: DocumentParams & { readonly position: Position }): Promise<JsonObject | null> {
    const place = await this.#sourceAt(textDocument.uri, position);
    if (place === undefined) return null;
    return (
      (await place.notebook.kernel?.runner.session.inspect(place.source, place.offset, this.#hub.limits.introspectionMs)) ?? null
    );
  }

  async replyInput({ textDocument, value }: DocumentParams & { readonly value: string }): Promise<null> {
    if (!this.#document(textDocument.uri).notebook.answerInput(value))
      throw new NblsError("no_cell", "no cell of this notebook waits for input");
    return null;
  }

  async detach(): Promise<null> {
    for (const uri of this.#documents.keys()) this.didClose({ uri });
    await Promise.all(this.#closing);
    this.#hub.left(this);
    return null;
  }

  /** The notebook behind a URI; this client hears of it from now on. `text` is the client's, where it opens it. */
  #document(uri: string, text?: string): OpenDocument {
    const known = this.#documents.get(uri);
    if (known !== undefined) return known;
    const named = pathOf(uri);
    const paired = pairedNotebook(named, text);
    const path = realPathOf(paired ?? named);
    if (formatFor(path) === undefined)
      throw new NblsError("unsupported_format", `${path}: no notebook format is known for this kind of file`);
    const notebook = this.#hub.notebook(path);
    const describe = () => this.description;
    const member: Member = {
      id: `${this.id} ${uri}`,
      listener: this.listener,
      get description() {
        return describe();
      },
    };
    const document = { notebook, member, isPaired: paired !== undefined, saved: Promise.resolve() };
    notebook.join(member, uri);
    this.#documents.set(uri, document);
    return document;
  }

  /** `fresh`: for who has no text of their own, the file as it is now and not as it was read last. */
  async #replica(uri: string, { fresh = false } = {}): Promise<OpenDocument & { readonly replica: Replica }> {
    const document = this.#document(uri);
    return { ...document, replica: await document.notebook.live.replicaFor(document.member.id, uri, fresh) };
  }

  #kernel(notebook: OpenNotebook): NonNullable<OpenNotebook["kernel"]> {
    if (notebook.kernel === undefined)
      throw new NblsError("no_notebook", `${basename(notebook.live.path)} has no kernel running`);
    return notebook.kernel;
  }

  async #sourceAt(uri: string, position: Position) {
    const { notebook, replica } = await this.#replica(uri);
    const index = cellIndexAt(replica.scanner.cells, position.line);
    const cell = index === undefined ? undefined : replica.scanner.cells[index];
    if (cell?.kind !== "code") return undefined;
    const place = replica.scanner.toSource(cell, position.line, position.character);
    if (place === undefined) return undefined;
    const source = replica.scanner.source(cell);
    return { notebook, replica, cell, source, offset: offsetOf(source, place.line, place.character) };
  }
}
