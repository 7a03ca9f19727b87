import { randomBytes } from "node:crypto";
import { existsSync, lstatSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { ExecutionReason, ExecutionState } from "../engine/execution.ts";
import type { Limits } from "../base/limits.ts";
import { makeDirectory } from "../kernel/make-directory.ts";
import type { JsonObject } from "../jupyter/message.ts";
import type { OutputFold } from "../outputs/fold.ts";
import type { BundleShelf } from "./bundle-shelf.ts";
import type { DiskSync } from "./disk-sync.ts";
import { reasonOf } from "./files.ts";
import { FrameFile, readFrames } from "./frames.ts";
import { OutputLog, readOutputLog } from "./output-log.ts";
import { checkOwn } from "./directories.ts";
import { hashOf, isStoredCell, withGone, type StoredCell } from "./stored-cells.ts";

export interface StoredExecution {
  readonly id: string;
  readonly cellId: string;
  readonly source: string;
  /** All of the cell's, where `source` is a part of it. */
  readonly cellSource?: string;
  readonly state: Exclude<ExecutionState, "queued" | "running">;
  readonly reason?: ExecutionReason;
  readonly message?: string;
  readonly executionCount: number | null;
  readonly startedAt: number;
  readonly durationMs?: number;
}

export type JournalRecord =
  | {
      readonly type: "started";
      readonly id: string;
      readonly cellId: string;
      readonly source: string;
      readonly cellSource?: string | undefined;
      readonly startedAt: number;
    }
  | {
      readonly type: "ended";
      readonly id: string;
      readonly state: StoredExecution["state"];
      readonly reason?: ExecutionReason | undefined;
      readonly message?: string | undefined;
      readonly executionCount: number | null;
      readonly durationMs?: number | undefined;
      /** Outputs could not be written: what is stored is not all there was. */
      readonly isIncomplete?: boolean;
    }
  | { readonly type: "cleared"; readonly cellIds: readonly string[] }
  /** The notebook's file was written with what its cells showed: it is ours while its stamp is this. */
  | { readonly type: "saved"; readonly stamp: string; readonly at: number };

/** Ids are ours; what else a journal may say names no file. */
const executionIdPattern = /^[\w-]{1,64}$/;

export interface NotebookStoreOptions {
  readonly stateDirectory: string;
  /** The notebook's real path. */
  readonly path: string;
  readonly limits: Pick<Limits, "outputLogMax" | "graveyardCellsMax">;
  readonly shelf: BundleShelf;
  readonly sync: DiskSync;
  /** Told what cannot be written, and why: the work goes on without. */
  problem(sentence: string): void;
}

/** What nobody can ask for any more goes this long after a notebook was opened. */
const tidyDelayMs = 500;

/**
 * What is kept of one notebook outside of its file: cell ids of text formats, a journal of executions, and for each of them
 * a log of its outputs. Each process appends to a journal of its own, so that two of them never write into each other's
 * records; a reader merges all.
 */
export class NotebookStore {
  readonly #stateDirectory: string;
  readonly #directory: string;
  readonly #shelf: BundleShelf;
  readonly #sync: DiskSync;
  readonly #problem: (sentence: string) => void;
  readonly #limits: NotebookStoreOptions["limits"];
  readonly #journalName = `${process.pid}-${randomBytes(4).toString("hex")}.journal`;
  readonly #journal: FrameFile;
  /** What was written of cells last: kept where the disk refuses. */
  #cells: readonly StoredCell[] = [];
  #saved: { readonly stamp: string; readonly at: number } | undefined;
  /** How much lies on disk of each execution that has outputs. */
  readonly #lengths = new Map<string, number>();
  #outputsLength = 0;
  #isChecked = false;
  /** Of executions that may yet get outputs. */
  readonly #logs = new Map<string, { readonly log: OutputLog; clearCount: number }>();

  constructor({ stateDirectory, path, limits, shelf, sync, problem }: NotebookStoreOptions) {
    this.#limits = limits;
    this.#stateDirectory = stateDirectory;
    this.#directory = join(stateDirectory, "notebooks", hashOf(path));
    this.#shelf = shelf;
    this.#sync = sync;
    this.#problem = problem;
    this.#journal = new FrameFile(join(this.#directory, this.#journalName), sync);
  }

  /** The cells as they were written last, and at their places those that have gone since; none if never. */
  readCells(): readonly StoredCell[] {
    try {
      const value: unknown = JSON.parse(readFileSync(join(this.#directory, "cells.json"), "utf8"));
      return typeof value === "object" && value !== null && "cells" in value && Array.isArray(value.cells)
        ? value.cells.filter(isStoredCell)
        : [];
    } catch {
      return this.#cells;
    }
  }

  /** Those that are not among them any more wait for their source to come back. */
  writeCells(path: string, living: readonly StoredCell[]): void {
    const cells = (this.#cells = withGone(this.readCells(), living, this.#limits.graveyardCellsMax));
    this.#attempt("the ids of cells", () => {
      const temporary = join(this.#directory, `cells.${process.pid}.tmp`);
      writeFileSync(temporary, JSON.stringify({ path, cells }), { mode: 0o600 });
      renameSync(temporary, join(this.#directory, "cells.json"));
      if (living.length === 0) return;
      makeDirectory(join(this.#stateDirectory, "sequences"));
      writeFileSync(this.#sequenceFile(living), basename(this.#directory), { mode: 0o600 });
    });
  }

  /**
   * Takes over what is kept of a file that had these cells and is not there any more: it was moved here.
   * Only where nothing is kept of this one yet.
   */
  adoptMoved(cells: readonly Omit<StoredCell, "id">[]): boolean {
    if (cells.length === 0 || existsSync(this.#directory)) return false;
    try {
      const from = join(this.#stateDirectory, "notebooks", readFileSync(this.#sequenceFile(cells), "utf8"));
      const { path } = JSON.parse(readFileSync(join(from, "cells.json"), "utf8")) as { readonly path?: unknown };
      if (typeof path !== "string" || existsSync(path)) return false;
      renameSync(from, this.#directory);
      return true;
    } catch {
      // Nobody had these cells.
      return false;
    }
  }

  #sequenceFile(cells: readonly Omit<StoredCell, "id">[]): string {
    return join(this.#stateDirectory, "sequences", hashOf(cells.map(({ kind, hash }) => `${kind} ${hash}`).join("\n")));
  }

  /** Written before it is delivered to anybody, so that it survives our death at any moment. */
  append(record: JournalRecord): void {
    if (record.type === "ended") this.#logs.get(record.id)?.log.release();
    const isIncomplete = record.type === "ended" && this.#logs.get(record.id)?.log.isBroken === true;
    this.#attempt("states of cells", () =>
      this.#journal.append(JSON.stringify(isIncomplete ? { ...record, isIncomplete } : record)),
    );
  }

  /**
   * Like `append`, for a message that made or changed the outputs in `fold`. Where it took them back, what was stored of them
   * goes. `isOver`: more is not expected.
   */
  appendOutput(executionId: string, msgType: string, content: JsonObject, fold: OutputFold, isOver: boolean): void {
    const known = this.#logs.get(executionId) ?? {
      log: new OutputLog(this.#logPath(executionId), this.#shelf, this.#sync, this.#limits.outputLogMax),
      clearCount: 0,
    };
    this.#logs.set(executionId, known);
    this.#attempt("outputs", () => {
      if (fold.clearCount !== known.clearCount) known.log.restart();
      known.clearCount = fold.clearCount;
      // One that clears what is not there, or is gone by now, has nothing to say to a reader.
      if (msgType !== "clear_output" || content["wait"] === true) known.log.append({ msgType, content }, fold);
    });
    this.#measured(executionId, known.log.length);
    if (isOver) known.log.release();
  }

  /** The messages that made the outputs of a stored execution. */
  outputsOf(executionId: string): ReturnType<typeof readOutputLog> {
    return readOutputLog(this.#logPath(executionId), this.#shelf);
  }

  hasOutputs(executionId: string): boolean {
    return existsSync(this.#logPath(executionId));
  }

  /** Outputs that nobody can ask for any more. */
  forgetOutputs(executionId: string): void {
    this.#logs.get(executionId)?.log.release();
    this.#logs.delete(executionId);
    rmSync(this.#logPath(executionId), { force: true });
    this.#measured(executionId, 0);
  }

  /**
   * How much lies on disk of all executions: UTF-16 units of text and data, those in blobs included; of earlier processes'
   * the bytes of their logs.
   */
  get outputsLength(): number {
    return this.#outputsLength;
  }

  #measured(executionId: string, length: number): void {
    this.#outputsLength += length - (this.#lengths.get(executionId) ?? 0);
    if (length === 0) this.#lengths.delete(executionId);
    else this.#lengths.set(executionId, length);
  }

  /** Whether the notebook's file, by its stamp, is the one that was saved last: then what is stored is all that it shows, or more. */
  isSavedAs(stamp: string | undefined): boolean {
    return stamp !== undefined && this.#saved?.stamp === stamp;
  }

  /**
   * The newest execution of each cell that is there or may come back, oldest first. One without an end is `unknown`: the process that ran it is gone.
   * What belongs to the others goes, if no process that could write it is alive.
   */
  load(): readonly StoredExecution[] {
    const names = namesIn(this.#directory).filter((name) => name.endsWith(".journal"));
    const executions = new Map<string, StoredExecution>();
    const seen = new Set<string>();
    for (const name of names) {
      const live = isProcessAlive(Number.parseInt(name, 10));
      for (const payload of readFrames(join(this.#directory, name))) {
        const record = recordIn(payload);
        if (record === undefined) break;
        if (record.type === "saved" && record.at >= (this.#saved?.at ?? 0)) this.#saved = record;
        if (record.type === "started") seen.add(record.id);
        replay(executions, record, live);
      }
    }
    const newestFirst = [...executions.values()].sort((a, b) => b.startedAt - a.startedAt);
    const cells = new Set(this.readCells().map(({ id }) => id));
    const shown = new Set<string>();
    const kept = newestFirst
      .filter(({ cellId }) => (cells.size === 0 || cells.has(cellId)) && !shown.has(cellId) && shown.add(cellId))
      .reverse();
    for (const { id } of kept) this.#measured(id, sizeOf(this.#logPath(id)));
    if (names.every((name) => !isProcessAlive(Number.parseInt(name, 10)))) {
      for (const { id } of kept) seen.delete(id);
      // Whoever waits for the notebook does not wait for this.
      setTimeout(() => {
        for (const id of seen) rmSync(this.#logPath(id), { force: true });
      }, tidyDelayMs).unref();
      this.#compact(names, kept);
    }
    return kept;
  }

  close(): void {
    this.#journal.release();
    for (const { log } of this.#logs.values()) log.release();
  }

  /** Only when there are several, and nobody writes them any more. */
  #compact(names: readonly string[], kept: readonly StoredExecution[]): void {
    if (names.length < 3) return;
    const temporary = join(this.#directory, `${this.#journalName}.tmp`);
    try {
      const records = kept.flatMap(({ id, cellId, source, cellSource, startedAt, ...end }): JournalRecord[] => [
        { type: "started", id, cellId, source, cellSource, startedAt },
        { type: "ended", id, ...end },
      ]);
      const file = new FrameFile(temporary, this.#sync);
      for (const record of records) file.append(JSON.stringify(record));
      if (this.#saved !== undefined) file.append(JSON.stringify(this.#saved));
      file.release();
      renameSync(temporary, join(this.#directory, `0-${this.#journalName}`));
      for (const name of names) rmSync(join(this.#directory, name), { force: true });
    } catch {
      // The old journals are still there; the next load tries again.
      rmSync(temporary, { force: true });
    }
  }

  #logPath(executionId: string): string {
    return join(this.#directory, "outputs", executionIdPattern.test(executionId) ? executionId : "none");
  }

  /** Throws if what is to be written would go through a link, or to another user. */
  #check(): void {
    if (this.#isChecked) return;
    makeDirectory(this.#directory);
    checkOwn(this.#directory);
    this.#isChecked = true;
  }

  #attempt(what: string, action: () => void): void {
    try {
      this.#check();
      action();
    } catch (error) {
      this.#problem(
        `${what} are not being kept on disk: ${reasonOf(error)}. They are lost when this program ends: save the notebook`,
      );
    }
  }
}

/** Every log of outputs in a state directory. */
export function outputLogs(stateDirectory: string): readonly string[] {
  const notebooks = join(stateDirectory, "notebooks");
  return namesIn(notebooks).flatMap((name) => {
    const folder = join(notebooks, name, "outputs");
    return namesIn(folder).map((log) => join(folder, log));
  });
}

function replay(executions: Map<string, StoredExecution>, record: JournalRecord, live: boolean): void {
  switch (record.type) {
    case "started": {
      const { id, cellId, source, cellSource, startedAt } = record;
      const part = cellSource === undefined ? {} : { cellSource };
      const lost = live ? ({ state: "unknown" } as const) : ({ state: "unknown", reason: "hub_lost" } as const);
      executions.set(id, { id, cellId, source, ...part, startedAt, executionCount: null, ...lost });
      return;
    }
    case "ended": {
      const started = executions.get(record.id);
      if (started === undefined) return;
      const { id, cellId, source, cellSource, startedAt } = started;
      const { state, executionCount, isIncomplete, message, durationMs } = record;
      const reason = isIncomplete === true ? ("output_may_be_missing" as const) : record.reason;
      executions.set(id, {
        ...{ id, cellId, source, startedAt, state, executionCount },
        ...(cellSource === undefined ? {} : { cellSource }),
        ...(reason === undefined ? {} : { reason }),
        ...(message === undefined ? {} : { message }),
        ...(durationMs === undefined ? {} : { durationMs }),
      });
      return;
    }
    case "saved":
      return;
    case "cleared":
      for (const [id, execution] of executions) if (record.cellIds.includes(execution.cellId)) executions.delete(id);
  }
}

/** The checksum says that these are our own bytes. */
function recordIn(payload: Buffer): JournalRecord | undefined {
  try {
    return JSON.parse(payload.toString("utf8")) as JournalRecord;
  } catch {
    return undefined;
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** 0 where there is no such file. */
function sizeOf(path: string): number {
  try {
    return lstatSync(path).size;
  } catch {
    return 0;
  }
}

function isProcessAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
