import { deferred } from "../base/deferred.ts";
import { TextLines, type Position, type Range, type TextChange } from "../base/text.ts";
import type { HubEvent } from "../hub/hub.ts";
import type { Problem } from "../notebook/model.ts";
import type { Cell, CellsChangeEntry, CellState } from "../protocol/cells.ts";
import type { DidChangeExecutionParams } from "../protocol/execution.ts";
import type { Kernel } from "../protocol/kernels.ts";
import type { ShownOutput } from "./shown-output.ts";

/** A cell as the hub told it. Lines added above only raise `#shift`, so that a keystroke does not copy every later cell. */
export class MirrorCell {
  readonly cell: Cell;
  #shift = 0;
  /** The newest news of the execution that the cell shows. */
  execution: DidChangeExecutionParams | undefined;
  /** Its outputs were cleared: it shows no execution any more. */
  #isCleared = false;

  constructor(cell: Cell, execution: DidChangeExecutionParams | undefined) {
    this.cell = cell;
    this.execution = execution?.executionId === cell.executionId ? execution : undefined;
  }

  get id(): string {
    return this.cell.id;
  }
  get state(): CellState {
    return this.#isCleared ? "idle" : (this.execution?.state ?? this.cell.state);
  }
  get executionCount(): number | null {
    if (this.#isCleared) return null;
    return this.execution === undefined ? this.cell.executionCount : (this.execution.executionCount ?? null);
  }
  /** Why what it shows is not what it would show now. */
  get stale(): Cell["stale"] {
    return this.#isCleared ? undefined : this.cell.stale;
  }
  get startLine(): number {
    return this.cell.range.start.line + this.#shift;
  }
  /** Where it stood when the hub told it, `lineShift` lines further down. */
  get lineShift(): number {
    return this.#shift;
  }
  /** The text before the first marker is a cell without one. A marker in the last line has its body at its end. */
  get hasMarker(): boolean {
    const { start } = this.cell.bodyRange;
    return start.line > this.cell.range.start.line || start.character > 0;
  }

  show(execution: DidChangeExecutionParams): void {
    this.execution = execution;
    this.#isCleared = false;
  }

  /** A cell that no execution of ours made keeps the count that its file gives. */
  clear(): void {
    if (this.execution === undefined && this.cell.executionId === null) return;
    this.execution = undefined;
    this.#isCleared = true;
  }

  move(lineCount: number): void {
    this.#shift += lineCount;
  }
}

/** One open document: the client's text, and what the hub said of its cells. */
export class MirrorDocument {
  readonly uri: string;
  readonly languageId: string;
  readonly text: TextLines;
  version: number;
  kernel: Kernel | undefined;
  problems: readonly Problem[] = [];
  /** What each cell's outputs look like in this client, by cell id. */
  readonly shown = new Map<string, ShownOutput>();
  /** What cells wait to be answered, by cell id. */
  readonly questions = new Map<string, string>();
  /** Where the client's cursor was seen last, 0-based: what it asked about, or where it typed. */
  cursorLine: number | undefined;
  #changed = deferred<void>();
  /** Cells whose outputs the user hid. */
  readonly hiddenOutputs = new Set<string>();
  /** The client has asked for inlay hints: it shows them. */
  asksHints = false;
  #cells: MirrorCell[] = [];
  readonly #byId = new Map<string, MirrorCell>();
  /** Lines of the text when the cells were put in their places last. */
  #settledLineCount: number;

  constructor(uri: string, languageId: string, version: number, text: string) {
    this.uri = uri;
    this.languageId = languageId;
    this.version = version;
    this.text = new TextLines(text);
    this.#settledLineCount = this.text.lineCount;
  }

  get cells(): readonly MirrorCell[] {
    return this.#cells;
  }

  /** Whether the document is more than a plain script: only then does it get lenses, symbols and hints. */
  get isNotebook(): boolean {
    return this.uri.toLowerCase().endsWith(".ipynb") || this.#cells.length > 1 || (this.#cells[0]?.hasMarker ?? false);
  }

  cell(id: string): MirrorCell | undefined {
    return this.#byId.get(id);
  }

  /** The cell that `line` lies in; the last one for lines behind it. */
  cellAt(line: number): MirrorCell | undefined {
    const index = this.indexAt(line);
    return index < 0 ? undefined : this.#cells[index];
  }

  /** -1 for lines before the first cell. */
  indexAt(line: number): number {
    let low = 0;
    let high = this.#cells.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#cells[middle]?.startLine ?? 0) <= line) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** To the next cell, or to where the last one ends. */
  range(cell: MirrorCell): Range {
    const start = { line: cell.startLine, character: 0 };
    const next = this.#cells[this.indexAt(cell.startLine) + 1];
    if (next !== undefined) return { start, end: { line: next.startLine, character: 0 } };
    const { end } = cell.cell.range;
    const isAtEnd = end.line + cell.lineShift >= this.text.lineCount - 1;
    return { start, end: isAtEnd ? this.text.end() : this.#lineEnd(end, cell.lineShift) };
  }

  /** Its ends of lines are those of the text: the hub does not tell a cell again because a line of it got longer. */
  bodyRange(cell: MirrorCell): Range {
    const { start, end } = cell.cell.bodyRange;
    // The marker was the last line, which may be followed by another one now.
    if (start.line === cell.cell.range.start.line && cell.hasMarker) {
      const body = this.#lineEnd({ line: start.line + 1, character: 0 }, cell.lineShift);
      return { start: body, end: body };
    }
    return { start: this.#lineEnd(start, cell.lineShift), end: this.#lineEnd(end, cell.lineShift) };
  }

  /** The end of the line that the cell's output belongs under. */
  anchor(cell: MirrorCell): Position {
    const { start, end } = this.bodyRange(cell);
    const isEmpty = start.line === end.line && start.character === end.character;
    const line = isEmpty ? cell.startLine : end.line;
    return { line, character: this.text.line(line).length };
  }

  /** A position at the beginning or the end of a line, as the text is now. */
  #lineEnd({ line, character }: Position, lineShift: number): Position {
    const now = line + lineShift;
    if (now >= this.text.lineCount) return this.text.end();
    return { line: now, character: character === 0 ? 0 : this.text.line(now).length };
  }

  applyEdits(edits: readonly TextChange[], version: number): void {
    for (const edit of edits) {
      const { start, inserted } = this.text.apply(edit);
      if (edit.range !== undefined) this.cursorLine = start + inserted - 1;
    }
    this.version = version;
    this.#changed.resolve();
    this.#changed = deferred();
  }

  /** Resolves with the client's next change. */
  get changed(): Promise<void> {
    return this.#changed.promise;
  }

  /** Takes in what the hub found in the text: all cells behind it moved by the lines that came or went. */
  applyCells(changes: readonly CellsChangeEntry[]): void {
    for (const { start, deleteCount, cells } of changes) {
      const removed = this.#cells.slice(start, start + deleteCount);
      const executions = new Map(removed.map((cell) => [cell.id, cell.execution]));
      const inserted = cells.map((cell) => new MirrorCell(cell, executions.get(cell.id)));
      this.#cells.splice(start, deleteCount, ...inserted);
      this.#moveFrom(start + inserted.length);
      for (const cell of removed) if (this.#byId.get(cell.id) === cell) this.#byId.delete(cell.id);
      for (const cell of inserted) this.#byId.set(cell.id, cell);
      for (const cell of removed) if (!this.#byId.has(cell.id)) this.shown.delete(cell.id);
    }
  }

  /** An edit of which the hub has nothing to tell moved all cells, if it moved any: it was above the first one. */
  settle(): void {
    this.#moveFrom(0);
  }

  #moveFrom(index: number): void {
    const lineCount = this.text.lineCount - this.#settledLineCount;
    this.#settledLineCount = this.text.lineCount;
    if (lineCount === 0) return;
    for (let at = index; at < this.#cells.length; at += 1) this.#cells[at]?.move(lineCount);
  }

  applyExecution(execution: DidChangeExecutionParams): void {
    this.#byId.get(execution.cellId)?.show(execution);
  }
}

/** The open documents of one client. It holds nothing that could not be built again from them and from the hub. */
export class Mirror {
  readonly #documents = new Map<string, MirrorDocument>();
  #cursorSeen = deferred<void>();

  open(uri: string, languageId: string, version: number, text: string): void {
    // Opened again: it counts as the newest.
    this.#documents.delete(uri);
    this.#documents.set(uri, new MirrorDocument(uri, languageId, version, text));
  }

  /** `false` where the document is not open. */
  change(uri: string, version: number, changes: readonly TextChange[]): boolean {
    const document = this.#documents.get(uri);
    if (document === undefined) return false;
    document.applyEdits(changes, version);
    this.#touch(uri, document);
    return true;
  }

  close(uri: string): boolean {
    return this.#documents.delete(uri);
  }

  /** The client's cursor is in that line of the document, which makes it the newest one. */
  sawCursor(uri: string, line: number): void {
    const document = this.#documents.get(uri);
    if (document === undefined) return;
    document.cursorLine = line;
    this.#touch(uri, document);
    this.#cursorSeen.resolve();
    this.#cursorSeen = deferred();
  }

  /** Resolves when the client's cursor is seen next. */
  get cursorSeen(): Promise<void> {
    return this.#cursorSeen.promise;
  }

  #touch(uri: string, document: MirrorDocument): void {
    this.#documents.delete(uri);
    this.#documents.set(uri, document);
  }

  get(uri: string): MirrorDocument | undefined {
    return this.#documents.get(uri);
  }

  /** The one in which the client was seen last comes first: opened it, typed in it, or asked about a place in it. */
  newestFirst(): readonly MirrorDocument[] {
    return [...this.#documents.values()].reverse();
  }

  /** Takes in what the hub tells; everything else in the door reads it from here. */
  apply(event: HubEvent): void {
    switch (event.type) {
      case "cells":
        this.#documents.get(event.uri)?.applyCells(event.changes);
        break;
      case "execution":
        this.#documents.get(event.execution.textDocument.uri)?.applyExecution(event.execution);
        break;
      case "kernel": {
        const document = event.uri === undefined ? undefined : this.#documents.get(event.uri);
        if (document !== undefined) document.kernel = event.kernel;
        break;
      }
      case "problems": {
        const document = this.#documents.get(event.uri);
        if (document !== undefined) document.problems = event.problems;
        break;
      }
      case "outputs":
        // Outputs that belong to no execution: those of the file, for a cell that none of ours ran, or none at all.
        if (event.executionId === null) this.#documents.get(event.uri)?.cell(event.cellId)?.clear();
        break;
      case "inputWithdrawn":
      case "message":
        break;
    }
  }
}
