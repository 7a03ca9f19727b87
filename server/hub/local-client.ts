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
  OutputWindow,
  OutputWindowParams,
} from "./hub.ts";
import { kernelView } from "./kernels.ts";
import type { LocalHub } from "./local-hub.ts";
import type { Member, OpenNotebook } from "./open-notebook.ts";
import type { Replica } from "./replica.ts";
import { saveNotebook, textForm } from "./saving.ts";
import { cellIndexAt } from "./targets.ts";

type DocumentParams = { readonly textDocument: { readonly uri: string } };

/** One client of a hub in this process: finds the notebook and the client's text of it, and passes the question on. */
export class LocalClient implements HubClient, Member {
  readonly id: string;
  description: ClientDescription;
  readonly listener: HubListener;
  readonly #hub: LocalHub;
  readonly #notebooks = new Map<string, OpenNotebook>();

  constructor(hub: LocalHub, id: string, description: ClientDescription, listener: HubListener) {
    this.#hub = hub;
    this.id = id;
    this.description = description;
    this.listener = listener;
  }

  didOpen(params: { readonly uri: string; readonly languageId: string; readonly version: number; readonly text: string }): void {
    const notebook = this.#notebook(params.uri);
    const replica = notebook.live.openReplica(this.id, params.uri, params.languageId, params.version, params.text);
    void notebook.live.loaded.then(() => {
      if (notebook.live.replicaOf(this.id) === replica) notebook.announce(this, replica);
    });
  }

  didChange(params: { readonly uri: string; readonly version: number; readonly changes: readonly TextChange[] }): void {
    const notebook = this.#notebook(params.uri);
    const problems = notebook.live.replicaOf(this.id)?.scanner.problems;
    const splice = notebook.live.changeReplica(this.id, params.version, params.changes);
    const replica = notebook.live.replicaOf(this.id);
    if (replica === undefined || !notebook.live.isLoaded) return;
    if (splice !== undefined) notebook.cellsChanged(this, replica, splice);
    if (replica.scanner.problems !== problems)
      this.listener.event({ type: "problems", uri: params.uri, problems: replica.scanner.problems });
  }

  didClose(params: { readonly uri: string }): void {
    const notebook = this.#notebooks.get(params.uri);
    this.#notebooks.delete(params.uri);
    notebook?.live.closeReplica(this.id);
    notebook?.leave(this);
  }

  configure(params: { readonly settings: Settings }): void {
    this.description = { ...this.description, settings: params.settings };
  }

  async cells({ textDocument }: DocumentParams): Promise<CellsResult> {
    const { notebook, replica } = await this.#replica(textDocument.uri, { fresh: true });
    return {
      version: notebook.live.replicaOf(this.id)?.version ?? null,
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
    const { notebook, replica } = await this.#replica(textDocument.uri, { fresh: true });
    if (version !== undefined && !(await replica.reaches(version, this.#hub.limits.versionWaitMs))) {
      throw new NblsError(
        "stale_version",
        `version ${version} of ${basename(notebook.live.path)} is not the one here (${replica.version ?? "the file's"})`,
      );
    }
    const executions = notebook.execute(this, replica, target);
    // The user's own run is the consent to run what the folder holds.
    this.#hub.trust.add(notebook.directory);
    return { executions };
  }

  async editCell(params: EditCellParams): Promise<EditCellResult> {
    const { uri } = params.textDocument;
    const replica = this.#notebook(uri).live.replicaOf(this.id);
    if (replica === undefined) throw new NblsError("no_notebook", `${uri} is not open`);
    return editCell(replica, params);
  }

  async cancel({ textDocument, executionIds }: CancelParams): Promise<CancelResult> {
    return await this.#notebook(textDocument.uri).cancel(executionIds);
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
    await this.#notebook(textDocument.uri).kernel?.runner.settled();
    return null;
  }

  async kernelspecs({ textDocument }: DocumentParams): Promise<KernelspecsResult> {
    const { notebook } = await this.#replica(textDocument.uri);
    return await this.#hub.kernelspecs(notebook, this);
  }

  async kernels(): Promise<{ readonly kernels: readonly Kernel[] }> {
    return { kernels: this.#hub.kernels.all().map(kernelView) };
  }

  async startKernel({ textDocument }: DocumentParams): Promise<Kernel> {
    const { notebook } = await this.#replica(textDocument.uri);
    this.#hub.trust.add(notebook.directory);
    const kernel = await notebook.ensureKernel(this);
    const started = await kernel.runner.start();
    if (!started.ok) throw new NblsError(started.reason, started.detail);
    return kernelView(kernel);
  }

  async interruptKernel({ textDocument }: DocumentParams): Promise<Kernel> {
    const notebook = this.#notebook(textDocument.uri);
    await notebook.interrupt();
    return kernelView(this.#kernel(notebook));
  }

  async restartKernel({ textDocument }: DocumentParams): Promise<Kernel> {
    const kernel = this.#kernel(this.#notebook(textDocument.uri));
    const started = await kernel.runner.restart();
    if (!started.ok) throw new NblsError(started.reason, started.detail);
    return kernelView(kernel);
  }

  async shutdownKernel({ textDocument }: DocumentParams): Promise<Kernel> {
    const kernel = this.#kernel(this.#notebook(textDocument.uri));
    await this.#hub.endKernel(kernel);
    return kernelView(kernel);
  }

  async selectKernel(params: SelectKernelParams): Promise<Kernel> {
    const { notebook } = await this.#replica(params.textDocument.uri);
    this.#hub.trust.add(notebook.directory);
    return kernelView(await this.#hub.selectKernel(notebook, this, params));
  }

  async readNotebook({ uri }: ReadNotebookParams): Promise<ReadNotebookResult> {
    const notebook = this.#notebook(uri);
    await notebook.live.loaded;
    await notebook.live.refreshFile();
    const { live } = notebook;
    if (live.file.ipynb === undefined) {
      const replica = await live.replicaFor(this.id, uri, true);
      return { text: replica.lines.toString(), languageId: replica.scanner.language, revision: live.revision };
    }
    const [problem] = live.file.ipynb.problems.filter(({ severity }) => severity === "error");
    if (problem !== undefined) throw new NblsError("unreadable", `${live.path}, line ${problem.line + 1}: ${problem.message}`);
    const { text, languageId } = textForm(live.path, live.file.ipynb);
    return { text, languageId, revision: live.revision };
  }

  async writeNotebook({
    uri,
    text,
    to,
    force = false,
  }: WriteNotebookParams): Promise<{ readonly uri: string; readonly changed: boolean }> {
    // Waiting is right, and not saving what there is: nobody would save again when the rest has come.
    await this.settled({ textDocument: { uri } });
    const { notebook, replica: current } = await this.#replica(uri, { fresh: true });
    const path = to === undefined ? notebook.live.path : realPathOf(pathOf(to));
    const replica = text === undefined ? current : notebook.live.replicaOfText(uri, text);
    const { changed } = await saveNotebook(notebook.live, replica, { path, force, fileBytesMax: this.#hub.limits.fileBytesMax });
    return { uri: to === undefined ? uri : uriOf(path), changed };
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
    if (!this.#notebook(textDocument.uri).answerInput(value))
      throw new NblsError("no_cell", "no cell of this notebook waits for input");
    return null;
  }

  async detach(): Promise<null> {
    for (const uri of this.#notebooks.keys()) this.didClose({ uri });
    this.#hub.left(this);
    return null;
  }

  /** The notebook behind a URI; this client hears of it from now on. */
  #notebook(uri: string): OpenNotebook {
    let notebook = this.#notebooks.get(uri);
    if (notebook === undefined) {
      const path = realPathOf(pathOf(uri));
      if (formatFor(path) === undefined)
        throw new NblsError("unsupported_format", `${path}: no notebook format is known for this kind of file`);
      notebook = this.#hub.notebook(path);
      notebook.join(this, uri);
      this.#notebooks.set(uri, notebook);
    }
    return notebook;
  }

  /** `fresh`: for who has no text of their own, the file as it is now and not as it was read last. */
  async #replica(uri: string, { fresh = false } = {}): Promise<{ readonly notebook: OpenNotebook; readonly replica: Replica }> {
    const notebook = this.#notebook(uri);
    return { notebook, replica: await notebook.live.replicaFor(this.id, uri, fresh) };
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

function offsetOf(source: string, line: number, character: number): number {
  let offset = 0;
  for (let passed = 0; passed < line; passed += 1) offset = source.indexOf("\n", offset) + 1;
  return Math.min(offset + character, source.length);
}

function documentPosition(
  replica: Replica,
  cell: Parameters<Replica["range"]>[0],
  source: string,
  offset: number,
): Position | undefined {
  const before = source.slice(0, offset);
  const line = before.split("\n").length - 1;
  return replica.scanner.toDocument(cell, line, offset - (before.lastIndexOf("\n") + 1));
}
