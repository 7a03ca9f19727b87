import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { ExecutionReason, ExecutionState } from "../engine/execution.ts";
import type { Limits } from "../base/limits.ts";
import type { JsonObject } from "../jupyter/message.ts";
import type { CellKind } from "../notebook/model.ts";
import type { OutputFold } from "../outputs/fold.ts";
import type { BundleShelf } from "./bundle-shelf.ts";
import type { DiskSync } from "./disk-sync.ts";
import { reasonOf } from "./files.ts";
import { FrameFile, readFrames } from "./frames.ts";
import { OutputLog, readOutputLog } from "./output-log.ts";

/** A cell as it is remembered: its source only by its hash, which is enough to find it again. */
export interface StoredCell {
  readonly id: string;
  readonly kind: CellKind;
  readonly hash: string;
}

export interface StoredExecution {
  readonly id: string;
  readonly cellId: string;
  readonly source: string;
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
  | { readonly type: "cleared"; readonly cellIds: readonly string[] };

export function hashOf(source: string): string {
  return createHash("sha256").update(source).digest("hex").slice(0, 32);
}

/** Ids are ours; what else a journal may say names no file. */
const executionIdPattern = /^[\w-]{1,64}$/;

export interface NotebookStoreOptions {
  readonly stateDirectory: string;
  /** The notebook's real path. */
  readonly path: string;
  readonly limits: Pick<Limits, "outputLogMax">;
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
  readonly #outputLogMax: number;
  readonly #journalName = `${process.pid}-${randomBytes(4).toString("hex")}.journal`;
  readonly #journal: FrameFile;
  /** Of executions that may yet get outputs. */
  readonly #logs = new Map<string, { readonly log: OutputLog; clearCount: number }>();

  constructor({ stateDirectory, path, limits, shelf, sync, problem }: NotebookStoreOptions) {
    this.#outputLogMax = limits.outputLogMax;
    this.#stateDirectory = stateDirectory;
    this.#directory = join(stateDirectory, "notebooks", hashOf(path));
    this.#shelf = shelf;
    this.#sync = sync;
    this.#problem = problem;
    this.#journal = new FrameFile(join(this.#directory, this.#journalName), sync);
  }

  /** The cells as they were when this was last called with them; none if never. */
  readCells(): readonly StoredCell[] {
    try {
      const value: unknown = JSON.parse(readFileSync(join(this.#directory, "cells.json"), "utf8"));
      return typeof value === "object" && value !== null && "cells" in value && Array.isArray(value.cells)
        ? value.cells.filter(isStoredCell)
        : [];
    } catch {
      return [];
    }
  }

  writeCells(path: string, cells: readonly StoredCell[]): void {
    this.#attempt("the ids of cells", () => {
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
      const temporary = join(this.#directory, `cells.${process.pid}.tmp`);
      writeFileSync(temporary, JSON.stringify({ path, cells }), { mode: 0o600 });
      renameSync(temporary, join(this.#directory, "cells.json"));
      if (cells.length === 0) return;
      mkdirSync(join(this.#stateDirectory, "sequences"), { recursive: true, mode: 0o700 });
      writeFileSync(this.#sequenceFile(cells), basename(this.#directory), { mode: 0o600 });
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
      log: new OutputLog(this.#logPath(executionId), this.#shelf, this.#sync, this.#outputLogMax),
      clearCount: 0,
    };
    this.#logs.set(executionId, known);
    this.#attempt("outputs", () => {
      if (fold.clearCount !== known.clearCount) known.log.restart();
      known.clearCount = fold.clearCount;
      // One that clears what is not there, or is gone by now, has nothing to say to a reader.
      if (msgType !== "clear_output" || content["wait"] === true) known.log.append({ msgType, content }, fold);
    });
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
  }

  /**
   * The newest execution of each cell, oldest first. One without an end is `unknown`: the process that ran it is gone.
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
        if (record.type === "started") seen.add(record.id);
        replay(executions, record, live);
      }
    }
    const newestFirst = [...executions.values()].sort((a, b) => b.startedAt - a.startedAt);
    const shown = new Set<string>();
    const kept = newestFirst.filter((execution) => !shown.has(execution.cellId) && shown.add(execution.cellId)).reverse();
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
      const records = kept.flatMap(({ id, cellId, source, startedAt, ...end }): JournalRecord[] => [
        { type: "started", id, cellId, source, startedAt },
        { type: "ended", id, ...end },
      ]);
      const file = new FrameFile(temporary, this.#sync);
      for (const record of records) file.append(JSON.stringify(record));
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

  #attempt(what: string, action: () => void): void {
    try {
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
      const { id, cellId, source, startedAt } = record;
      const lost = live ? ({ state: "unknown" } as const) : ({ state: "unknown", reason: "hub_lost" } as const);
      executions.set(id, { id, cellId, source, startedAt, executionCount: null, ...lost });
      return;
    }
    case "ended": {
      const started = executions.get(record.id);
      if (started === undefined) return;
      const { id, cellId, source, startedAt } = started;
      const { state, executionCount, isIncomplete, message, durationMs } = record;
      const reason = isIncomplete === true ? ("output_may_be_missing" as const) : record.reason;
      executions.set(id, {
        ...{ id, cellId, source, startedAt, state, executionCount },
        ...(reason === undefined ? {} : { reason }),
        ...(message === undefined ? {} : { message }),
        ...(durationMs === undefined ? {} : { durationMs }),
      });
      return;
    }
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

function isStoredCell(value: unknown): value is StoredCell {
  return (
    typeof value === "object" &&
    value !== null &&
    "id" in value &&
    "kind" in value &&
    "hash" in value &&
    typeof value.id === "string" &&
    typeof value.hash === "string"
  );
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
