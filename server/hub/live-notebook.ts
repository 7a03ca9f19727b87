import type { Limits } from "../base/limits.ts";
import type { Log } from "../base/log.ts";
import type { TextChange } from "../base/text.ts";
import { isOver, type Execution } from "../engine/execution.ts";
import { formatFor } from "../formats/registry.ts";
import type { JsonObject } from "../jupyter/message.ts";
import { matchCells } from "../notebook/match.ts";
import type { CellKind, Problem } from "../notebook/model.ts";
import { unseenMessageTypes } from "../outputs/fold.ts";
import type { Cell } from "../protocol/cells.ts";
import { NblsError } from "../protocol/errors.ts";
import type { FileText } from "./files.ts";
import { Folds } from "./folds.ts";
import { CellRecord, type OutputSource, type ShownOutputs } from "./cell-record.ts";
import { cellHashes, NotebookFile } from "./notebook-file.ts";
import { NotebookStore, type NotebookStoreOptions, type StoredExecution } from "./notebook-store.ts";
import { SpillFile } from "./spill-file.ts";
import { Replica, type Splice } from "./replica.ts";
import { hashOf, matchStored, type StoredCell } from "./stored-cells.ts";

export interface LiveNotebookOptions extends NotebookStoreOptions {
  readonly log: Log;
  readonly limits: Limits;
}

/**
 * One notebook as everybody sees it: the texts that clients have of it, its cells' executions and outputs, and its file.
 * Clients write source; only this writes outputs and states (invariant 1).
 */
export class LiveNotebook {
  /** The real path: the notebook's key. */
  readonly path: string;
  /** Counts changes of source, for those that have no document version. */
  revision = 0;
  readonly #log: Log;
  readonly #limits: Limits;
  readonly #store: NotebookStore;
  readonly #replicas = new Map<string, Replica>();
  readonly #records = new Map<string, CellRecord>();
  readonly #executions = new Map<string, Execution>();
  readonly folds: Folds;
  readonly file: NotebookFile;
  /** The file's own text, for those who have no text of their own. */
  #fileReplica: Replica | undefined;
  #cellsDirty = false;
  /** Resolves when ids, executions and outputs of earlier days are known. Before, no id has been told to anybody. */
  readonly loaded: Promise<void>;
  isLoaded = false;
  constructor(options: LiveNotebookOptions) {
    const { log, limits, stateDirectory, path, shelf, problem } = options;
    this.#log = log;
    this.#limits = limits;
    this.path = path;
    this.#store = new NotebookStore(options);
    this.folds = new Folds({
      store: this.#store,
      shelf,
      lengthMax: limits.outputBytesMax,
      createSpill: () => new SpillFile(stateDirectory, problem),
    });
    this.file = new NotebookFile(path, limits.fileBytesMax);
    this.loaded = this.#load().then(() => {
      this.isLoaded = true;
    });
  }

  openReplica(clientId: string, uri: string, languageId: string, version: number, text: string): Replica {
    const replica = this.#createReplica(uri, languageId, version, text);
    const known = this.#replicas.get(clientId) ?? this.newestReplica();
    if (known !== undefined) this.#adopt(replica, known.sources());
    else if (this.isLoaded) this.#adoptStored(replica, this.#store.readCells());
    this.#replicas.set(clientId, replica);
    this.revision += 1;
    return replica;
  }

  changeReplica(clientId: string, version: number, changes: readonly TextChange[]): Splice | undefined {
    const replica = this.#replicas.get(clientId);
    if (replica === undefined) throw new NblsError("no_notebook", `${this.path} is not open`);
    const splice = replica.change(version, changes);
    // The newest replica is the last in the map: agents and other readers mean that one.
    this.#replicas.delete(clientId);
    this.#replicas.set(clientId, replica);
    this.revision += 1;
    this.#cellsDirty ||= splice !== undefined;
    return splice;
  }

  closeReplica(clientId: string): void {
    const replica = this.#replicas.get(clientId);
    if (replica === undefined) return;
    if (this.#replicas.size === 1) this.saveCells(replica);
    this.#replicas.delete(clientId);
  }

  replicaOf(clientId: string): Replica | undefined {
    return this.#replicas.get(clientId);
  }

  newestReplica(): Replica | undefined {
    return [...this.#replicas.values()].at(-1);
  }

  /** The client's own text, else the one last typed in, else the file's: as it is now if it shall be `fresh`. */
  async replicaFor(clientId: string, uri: string, fresh: boolean): Promise<Replica> {
    await this.loaded;
    const known = this.#replicas.get(clientId) ?? this.newestReplica();
    if (known !== undefined) return known;
    if (fresh || this.#fileReplica === undefined) await this.refreshFile();
    this.#fileReplica ??= this.#readReplica(uri);
    return this.#fileReplica;
  }

  /** A text of the notebook that no client has open, with the ids of what it is a text of. */
  replicaOfText(uri: string, text: string): Replica {
    const replica = this.#createReplica(uri, undefined, null, text);
    const known = this.newestReplica();
    if (known === undefined) this.#adoptStored(replica, this.#store.readCells());
    else this.#adopt(replica, known.sources());
    return replica;
  }

  cellView(replica: Replica, index: number): Cell {
    const span = replica.scanner.cells[index];
    const id = replica.ids[index];
    if (span === undefined || id === undefined) throw new Error(`no cell ${index}`);
    const execution = this.#records.get(id)?.execution;
    return {
      id,
      kind: span.kind,
      language: span.language,
      range: replica.range(span),
      bodyRange: replica.bodyRange(span),
      ...(span.title === undefined ? {} : { title: span.title }),
      tags: span.tags,
      state: execution?.state ?? "idle",
      executionId: execution?.id ?? null,
      executionCount: execution === undefined ? (this.file.cell(id)?.executionCount ?? null) : execution.executionCount,
      ...(this.isStale(replica, index) ? { stale: { reason: "edited", cellIds: [] } } : {}),
    };
  }

  /** Whether what the cell shows is of another source than the one that it has now. Costs what the cell is long. */
  isStale(replica: Replica, index: number): boolean {
    const span = replica.scanner.cells[index];
    const ran = this.#records.get(replica.ids[index] ?? "")?.ran;
    if (span?.kind !== "code" || ran === undefined) return false;
    // Blank lines at a cell's end mean nothing, and not every text of a notebook has them.
    return (ran.cellSource ?? ran.source).trimEnd() !== replica.scanner.source(span).trimEnd();
  }

  /** What is wrong with the text or the file. */
  problems(replica: Replica): readonly Problem[] {
    const { ipynb } = this.file;
    if (replica !== this.#fileReplica || ipynb === undefined) return replica.scanner.problems;
    // An old notebook can be read and converted, but neither run nor saved as it is.
    return ipynb.isWritable ? ipynb.problems : ipynb.problems.map((problem) => ({ ...problem, severity: "error" }));
  }

  execution(id: string): Execution | undefined {
    return this.#executions.get(id);
  }

  /** Oldest first. */
  executions(): readonly Execution[] {
    return [...this.#executions.values()];
  }

  /** The cell is this execution's from now on; what it showed goes when the new one shows something, or ends. */
  addExecution(execution: Execution): void {
    this.#executions.set(execution.id, execution);
    this.#record(execution.cellId).run(execution);
    this.#forgetOldest();
  }

  executionStarted(execution: Execution): void {
    const { id, cellId, source, cellSource, startedAt = Date.now() } = execution;
    this.#store.append({ type: "started", id, cellId, source, cellSource, startedAt });
    const replica = this.newestReplica() ?? this.#fileReplica;
    if (replica !== undefined) this.saveCells(replica);
  }

  executionEnded(execution: Execution): void {
    // What never ran left nothing that would be worth keeping.
    if (execution.startedAt === undefined || execution.state === "queued" || execution.state === "running") return;
    const { id, state, reason, message, executionCount, durationMs } = execution;
    this.#store.append({ type: "ended", id, state, reason, message, executionCount, durationMs });
  }

  /** Whether the end of this execution, which showed nothing, changes what its cell shows. */
  endChangesView({ id, cellId }: Execution): boolean {
    const record = this.#record(cellId);
    if (record.execution?.id !== id || !record.endChangesView((source) => this.#isEmpty(cellId, source))) return false;
    record.seq += 1;
    return true;
  }

  /** Returns the cell's new `seq` if the cell shows this execution. */
  outputFolded(execution: Execution, msgType: string, content: JsonObject, changed: boolean): number | undefined {
    const { id, fold } = execution;
    if (changed || (unseenMessageTypes.has(msgType) && fold.seq > 0))
      this.#store.appendOutput(id, msgType, content, fold, isOver(execution));
    const record = this.#records.get(execution.cellId);
    // Until the next run shows something, the cell shows this one.
    if (!changed || record === undefined) return undefined;
    if (record.execution !== execution && this.visible(execution.cellId).execution !== execution) return undefined;
    record.seq += 1;
    return record.seq;
  }

  /** The outputs that are the cell's, to read and to save. */
  shown(cellId: string): ShownOutputs {
    const record = this.#record(cellId);
    return { ...this.#outputsOf(cellId, record.result), seq: record.seq, isPrevious: false };
  }

  /** The outputs that a reader sees: those of the run before while the new one has none. */
  visible(cellId: string): ShownOutputs {
    const record = this.#record(cellId);
    const { source, isPrevious } = record.visible((candidate) => this.#isEmpty(cellId, candidate));
    return { ...this.#outputsOf(cellId, source), seq: record.seq, isPrevious };
  }

  #outputsOf(cellId: string, source: OutputSource): Pick<ShownOutputs, "executionId" | "execution" | "outputs" | "fold"> {
    if (source === undefined || source === "file") {
      const outputs = () => (source === "file" ? (this.file.cell(cellId)?.outputs ?? []) : []);
      return { executionId: null, execution: undefined, outputs, fold: () => this.folds.ofFile(outputs()) };
    }
    return { executionId: source.id, execution: source, outputs: () => source.fold.outputs(), fold: () => source.fold };
  }

  /** Cells (of the given ones) that have something to show. */
  cellsWithOutputs(ids: readonly string[]): readonly string[] {
    return ids.filter((id) => !this.#isEmpty(id, this.#records.get(id)?.result ?? "file"));
  }

  #isEmpty(cellId: string, source: OutputSource): boolean {
    if (source === undefined) return true;
    if (source === "file") return (this.file.cell(cellId)?.outputs.length ?? 0) === 0;
    return this.folds.isEmpty(source);
  }

  /** Returns the cells that changed: they show nothing now, or what their file holds. Those that are queued or running keep what they have. */
  clearOutputs(ids: readonly string[], source?: "file"): readonly string[] {
    const cleared = ids.filter((id) => {
      const execution = this.#records.get(id)?.execution;
      return execution === undefined ? source === "file" || this.cellsWithOutputs([id]).length > 0 : isOver(execution);
    });
    if (cleared.length > 0) this.#store.append({ type: "cleared", cellIds: cleared });
    for (const id of cleared) {
      const record = this.#record(id);
      for (const before of [record.execution, record.result])
        if (before !== undefined && before !== "file") this.#store.forgetOutputs(before.id);
      record.clear(source);
    }
    return cleared;
  }

  /** Remembers the ids of a format that cannot hold them itself. */
  saveCells(replica: Replica): void {
    if (!this.#cellsDirty) return;
    this.#cellsDirty = false;
    this.#store.writeCells(
      this.path,
      replica.sources().map(({ id, kind, source }) => ({ id, kind, hash: hashOf(source) })),
    );
  }

  /** Takes the file for what it is now, after we wrote it. */
  fileWritten(file: FileText, ids: readonly string[]): void {
    this.file.written(file, ids);
    if (this.file.isIpynb) this.#store.append({ type: "saved", stamp: file.stamp, at: Date.now() });
    this.#fileReplica = undefined;
  }

  /** Reads the file anew if another program wrote it; the cells' ids are found again by their sources. */
  async refreshFile(): Promise<void> {
    const before = this.#fileReplica;
    if (!(await this.file.refresh(() => this.#store.readCells())) || before === undefined) return;
    this.saveCells(before);
    this.#fileReplica = this.#readReplica(before.uri);
  }

  close(): void {
    const replica = this.newestReplica() ?? this.#fileReplica;
    if (replica !== undefined && this.#records.size > 0) this.saveCells(replica);
    this.folds.close();
    this.#store.close();
  }

  async #load(): Promise<void> {
    let stored = this.#store.readCells();
    if (stored.length === 0 && this.#store.adoptMoved(await cellHashes(this.path))) stored = this.#store.readCells();
    if (this.file.isIpynb) {
      try {
        await this.file.refresh(() => stored);
      } catch (error) {
        // A client may hold a notebook that is not on disk yet; who needs the file itself reads it again and is told.
        if (!(error instanceof NblsError)) throw error;
      }
    }
    const writtenAt = await this.file.writtenAt();
    for (const old of this.#store.load()) {
      if (this.file.cell(old.cellId) !== undefined && this.#isOlder(old, writtenAt)) continue;
      const fold = this.folds.stored(old.id);
      const execution: Execution = {
        ...old,
        get fold() {
          return fold();
        },
        ...{ notebookKey: this.path, mayFail: false, origin: "user", allowStdin: false, timeoutMs: 0 },
      };
      this.#executions.set(execution.id, execution);
      this.#record(execution.cellId).run(execution);
    }
    for (const replica of this.#replicas.values()) this.#adoptStored(replica, stored);
    this.#forgetOldest();
    this.#log.debug(`${this.path}: ${this.#executions.size} executions of earlier`);
  }

  /** Whether the file's outputs are newer than the execution's. */
  #isOlder({ startedAt, durationMs = 0, reason }: StoredExecution, writtenAt: number): boolean {
    // We wrote it: of what it holds everything is stored, and what came later, but for what the disk refused.
    const isOurs = this.#store.isSavedAs(this.file.stamp);
    return isOurs ? reason === "output_may_be_missing" : startedAt + durationMs < writtenAt;
  }

  #readReplica(uri: string): Replica {
    const replica = this.#createReplica(uri, undefined, null, this.file.text);
    this.#adoptStored(replica, this.#store.readCells());
    return replica;
  }

  #createReplica(uri: string, languageId: string | undefined, version: number | null, text: string): Replica {
    this.#cellsDirty = true;
    const format = formatFor(this.path, text);
    if (format === undefined)
      throw new NblsError("unsupported_format", `${this.path}: no notebook format is known for this kind of file`);
    // An `.ipynb` shown as text has the language of its cells, whatever the editor calls the file.
    const language = format.id !== "ipynb" ? (this.file.ipynb?.language ?? languageId) : languageId;
    return new Replica(uri, version, text, format, { path: this.path, languageId: language }, this.#limits.graveyardCellsMax);
  }

  #adoptStored(replica: Replica, stored: readonly StoredCell[]): void {
    const { ipynb, ids: fileIds } = this.file;
    if (ipynb !== undefined) {
      this.#adopt(
        replica,
        ipynb.notebook.cells.map(({ kind, source }, index) => ({ id: fileIds[index] ?? "", kind, source })),
      );
      return;
    }
    const cells = replica.sources();
    replica.identity.adopt(
      matchStored(
        stored,
        cells.map(({ kind, source }) => ({ kind, hash: hashOf(source) })),
      ),
    );
  }

  #adopt(replica: Replica, known: readonly { readonly id: string; readonly kind: CellKind; readonly source: string }[]): void {
    replica.identity.adopt(matchCells(known, replica.sources()));
  }

  #record(cellId: string): CellRecord {
    let record = this.#records.get(cellId);
    if (record === undefined) {
      record = new CellRecord();
      this.#records.set(cellId, record);
    }
    return record;
  }

  /**
   * While there are too many or too much lies on disk, those that no cell shows go, the oldest first; then those of gone cells.
   */
  #forgetOldest(): void {
    const isMuch = () => this.#store.outputsLength > this.#limits.notebookOutputsMax;
    const isTooMuch = () => this.#executions.size > this.#limits.executionsKeptMax || isMuch();
    if (!isTooMuch()) return;
    const shown = new Set<OutputSource>();
    for (const [id, record] of this.#records) shown.add(record.execution).add(record.result).add(this.visible(id).execution);
    const oldestFirst = this.executions().filter(isOver);
    for (const execution of oldestFirst) if (isTooMuch() && !shown.has(execution)) this.#forget(execution.id);
    if (!isMuch()) return;
    const living = new Set([...this.#replicas.values(), this.#fileReplica].flatMap((replica) => replica?.ids ?? []));
    for (const { id, goneAt } of living.size > 0 ? [] : this.#store.readCells()) if (goneAt === undefined) living.add(id);
    for (const { id, cellId } of oldestFirst) {
      if (!isMuch() || !this.#executions.has(id) || living.has(cellId)) continue;
      this.#store.append({ type: "cleared", cellIds: [cellId] });
      this.#records.delete(cellId);
      this.#forget(id);
    }
  }

  #forget(id: string): void {
    if (this.#executions.delete(id)) this.folds.forget(id);
  }
}
