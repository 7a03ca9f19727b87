import { createHash, randomBytes } from "node:crypto";
import {
  appendFileSync,
  closeSync,
  existsSync,
  fdatasync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { basename, join } from "node:path";
import { crc32 } from "node:zlib";
import type { ExecutionReason, ExecutionState } from "../engine/execution.ts";
import type { JsonObject } from "../jupyter/message.ts";
import type { CellKind } from "../notebook/model.ts";
import { OutputFold } from "../outputs/fold.ts";

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
  readonly fold: OutputFold;
}

export type JournalRecord =
  | {
      readonly type: "started";
      readonly id: string;
      readonly cellId: string;
      readonly source: string;
      readonly startedAt: number;
    }
  | { readonly type: "output"; readonly id: string; readonly msgType: string; readonly content: JsonObject }
  | {
      readonly type: "ended";
      readonly id: string;
      readonly state: StoredExecution["state"];
      readonly reason?: ExecutionReason;
      readonly message?: string;
      readonly executionCount: number | null;
      readonly durationMs?: number;
    }
  | { readonly type: "cleared"; readonly cellIds: readonly string[] };

/** How long written records may wait for the disk (invariant 13: survives power loss within 250 ms). */
const syncMs = 250;

export function hashOf(source: string): string {
  return createHash("sha256").update(source).digest("hex").slice(0, 32);
}

/**
 * What is kept of one notebook outside of its file: cell ids of text formats and a journal of executions.
 * Each process appends to a journal of its own, so that two of them never write into each other's records;
 * a reader merges all. A record is `length checksum JSON\n`; a torn tail is cut off.
 */
export class NotebookStore {
  readonly #stateDirectory: string;
  readonly #directory: string;
  readonly #textMax: number;
  readonly #journalName = `${process.pid}-${randomBytes(4).toString("hex")}.journal`;
  #file: number | undefined;
  #syncTimer: NodeJS.Timeout | undefined;

  /** `path` is the notebook's real path; `textMax` as in `OutputFold`. */
  constructor(stateDirectory: string, path: string, textMax: number) {
    this.#stateDirectory = stateDirectory;
    this.#directory = join(stateDirectory, "notebooks", hashOf(path));
    this.#textMax = textMax;
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
    this.#makeDirectory();
    const temporary = join(this.#directory, `cells.${process.pid}.tmp`);
    writeFileSync(temporary, JSON.stringify({ path, cells }), { mode: 0o600 });
    renameSync(temporary, join(this.#directory, "cells.json"));
    if (cells.length === 0) return;
    mkdirSync(join(this.#stateDirectory, "sequences"), { recursive: true, mode: 0o700 });
    writeFileSync(this.#sequenceFile(cells), basename(this.#directory), { mode: 0o600 });
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
    if (this.#file === undefined) {
      this.#makeDirectory();
      this.#file = openSync(join(this.#directory, this.#journalName), "a", 0o600);
    }
    writeSync(this.#file, frame(record));
    this.#syncTimer ??= setTimeout(() => {
      this.#syncTimer = undefined;
      // An error here has been one of the write already, or the disk is going.
      if (this.#file !== undefined) fdatasync(this.#file, () => {});
    }, syncMs).unref();
  }

  /**
   * Every execution of the journals, oldest first. One without an end ends `unknown`: the process that ran it is gone.
   * Journals of dead processes are rewritten into ours once they hold more than is shown.
   */
  load(): readonly StoredExecution[] {
    let names: string[];
    try {
      names = readdirSync(this.#directory).filter((name) => name.endsWith(".journal"));
    } catch {
      return [];
    }
    const executions = new Map<string, StoredExecution>();
    for (const name of names) {
      const live = isProcessAlive(Number.parseInt(name, 10));
      for (const record of readRecords(join(this.#directory, name))) this.#replay(executions, record, live);
    }
    const newestFirst = [...executions.values()].sort((a, b) => b.startedAt - a.startedAt);
    const shown = new Set<string>();
    const kept = newestFirst.filter((execution) => !shown.has(execution.cellId) && shown.add(execution.cellId));
    this.#compact(names, kept);
    return kept.reverse();
  }

  close(): void {
    clearTimeout(this.#syncTimer);
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #replay(executions: Map<string, StoredExecution>, record: JournalRecord, live: boolean): void {
    switch (record.type) {
      case "started": {
        const { id, cellId, source, startedAt } = record;
        const lost = live ? ({ state: "unknown" } as const) : ({ state: "unknown", reason: "hub_lost" } as const);
        executions.set(id, { id, cellId, source, startedAt, executionCount: null, fold: new OutputFold(this.#textMax), ...lost });
        return;
      }
      case "output":
        executions.get(record.id)?.fold.apply(record.msgType, record.content);
        return;
      case "ended": {
        const started = executions.get(record.id);
        if (started === undefined) return;
        const { reason: _, ...rest } = started;
        const { type: __, ...end } = record;
        executions.set(record.id, { ...rest, ...end });
        return;
      }
      case "cleared":
        for (const [id, execution] of executions) if (record.cellIds.includes(execution.cellId)) executions.delete(id);
    }
  }

  /** Only journals that nobody writes any more, and only when there are several: a rewrite costs their size. */
  #compact(names: readonly string[], kept: readonly StoredExecution[]): void {
    const dead = names.filter((name) => name !== this.#journalName && !isProcessAlive(Number.parseInt(name, 10)));
    if (dead.length < 3 || dead.length < names.length) return;
    const temporary = join(this.#directory, `${this.#journalName}.tmp`);
    try {
      rmSync(temporary, { force: true });
      for (const { id, cellId, source, startedAt, fold, ...end } of kept.toReversed()) {
        const outputs = fold
          .outputs()
          .map((output) => ({ type: "output", id, msgType: output.output_type, content: { ...output } }) as const);
        const records: readonly JournalRecord[] = [
          { type: "started", id, cellId, source, startedAt },
          ...outputs,
          { type: "ended", id, ...end },
        ];
        appendFileSync(temporary, records.map(frame).join(""), { mode: 0o600 });
      }
      renameSync(temporary, join(this.#directory, `0-${this.#journalName}`));
      for (const name of dead) rmSync(join(this.#directory, name), { force: true });
    } catch {
      // The old journals are still there; the next load tries again.
      rmSync(temporary, { force: true });
    }
  }

  #makeDirectory(): void {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
  }
}

function frame(record: JournalRecord): string {
  const json = JSON.stringify(record);
  return `${Buffer.byteLength(json)} ${crc32(json).toString(16)} ${json}\n`;
}

function* readRecords(path: string): Generator<JournalRecord> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    return;
  }
  for (let offset = 0; offset < bytes.length;) {
    const header = /^(\d{1,10}) ([0-9a-f]{1,8}) /.exec(bytes.toString("latin1", offset, offset + 24));
    if (header === null) return;
    const start = offset + header[0].length;
    const end = start + Number(header[1]);
    const json = bytes.subarray(start, end);
    if (end >= bytes.length || crc32(json) !== Number.parseInt(header[2] ?? "", 16)) return;
    // The checksum says that these are our own bytes.
    yield JSON.parse(json.toString("utf8")) as JournalRecord;
    offset = end + 1;
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
