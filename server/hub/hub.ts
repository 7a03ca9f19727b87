import type { Position, Range, TextChange } from "../base/text.ts";
import type { JsonObject } from "../jupyter/message.ts";
import type { Output } from "../jupyter/nbformat.ts";
import type { CellKind, Problem } from "../notebook/model.ts";
import type { CellsChangeEntry, CellsResult } from "../protocol/cells.ts";
import type {
  CancelParams,
  CancelResult,
  DidChangeExecutionParams,
  ExecuteParams,
  ExecuteResult,
} from "../protocol/execution.ts";
import type { RequestInputParams } from "../protocol/input.ts";
import type { Kernel, KernelspecsResult, SelectKernelParams } from "../protocol/kernels.ts";
import type { ReadNotebookParams, ReadNotebookResult, WriteNotebookParams } from "../protocol/notebooks.ts";
import type { ClearOutputsParams, OutputsParams, OutputsResult } from "../protocol/outputs.ts";
import type { Settings } from "../protocol/settings.ts";

/** Who attaches, and in what surroundings: discovery and spawning see this environment and no other (invariant 12). */
export interface ClientDescription {
  readonly name: string;
  readonly cwd: string;
  readonly env: { readonly [name: string]: string | undefined };
  readonly settings: Settings;
  /** Whether somebody can answer `input()`; otherwise kernels are told not to ask. */
  readonly canAnswerInput: boolean;
}

type DocumentParams = { readonly textDocument: { readonly uri: string } };

/** One edit of the list of cells; `line`, 0-based, is of the document and begins the second part. */
export type CellEditRequest =
  | { readonly type: "insertAbove" | "insertBelow" | "delete" | "moveUp" | "moveDown" | "mergeBelow" }
  | { readonly type: "split"; readonly line: number }
  /** Without a kind, code becomes Markdown and everything else code. */
  | { readonly type: "changeKind"; readonly kind?: CellKind | undefined };

export interface EditCellParams extends DocumentParams {
  /** Absent: the newest one. */
  readonly version?: number | undefined;
  /** May be absent where there is no cell yet, to insert the first. */
  readonly cellId?: string | undefined;
  readonly edit: CellEditRequest;
}

export interface EditCellResult {
  /** The version of the client's text that the change is for. */
  readonly version: number;
  /** Absent where the text stays as it is: equal cells changed places. */
  readonly change?: Required<TextChange>;
  /** Where the cursor belongs afterwards. */
  readonly cursor: Position;
}

export interface OpenAsTextResult {
  readonly uri: string;
  /** A sentence for people, of edits that the notebook does not have. */
  readonly warning?: string;
  /** They are in the text that is shown: saving it puts them into the notebook. */
  readonly hasEdits?: true;
}

export interface CompletionResult {
  readonly items: readonly { readonly text: string; readonly type?: string; readonly signature?: string }[];
  /** The text that a chosen item replaces. */
  readonly start: Position;
  readonly end: Position;
}

/** The part of an execution's outputs that a door can show. */
export interface OutputWindowParams extends DocumentParams {
  readonly cellId: string;
  /** Absent: the execution that the cell shows, or the outputs of its file. */
  readonly executionId?: string;
  /** Only the last lines of streams and texts, together. Absent: all. */
  readonly tailLines?: number;
  /** With `tailLines`: of each text only so many UTF-16 units from its end. */
  readonly tailLength?: number;
  /** Leave out outputs before `output`, and lines before `line` of that one if it is a stream. */
  readonly from?: { readonly output: number; readonly line: number };
  /** A page: only so many outputs and whole lines as it takes to reach this many UTF-16 units. */
  readonly lengthMax?: number;
}

export interface OutputWindow {
  readonly executionId: string | null;
  readonly seq: number;
  /** Outputs from index `firstOutput` on; the first may be a stream that begins at `firstLine`. */
  readonly outputs: readonly Output[];
  readonly firstOutput: number;
  readonly firstLine: number;
  readonly hiddenLineCount: number;
  /** With `lengthMax`: the `from` of the next page. Absent: this was the last one. */
  readonly next?: { readonly output: number; readonly line: number };
  /** They are of the run before: a new one waits or runs and has shown nothing yet. Drawn dimmed. */
  readonly isPrevious?: true;
  /** How often the outputs were cleared: after a change of it, `from` means places that are gone. */
  readonly clearCount: number;
  /** Of the last output, if it is a stream: so many of its lines, from its first one on, never change again. */
  readonly settledLineCount: number;
  /** Outputs that are no streams and change all the same: their places, and how often they did since they could be seen. */
  readonly changing?: readonly { readonly output: number; readonly changeCount: number }[];
}

/** Where an error stands in the client's document as it is now. */
export interface ErrorPlace {
  /** What failed in the cell that raised: the innermost frame there. Absent: the traceback names no line that still stands. */
  readonly range?: Range;
  /** What else is to be said: which cell defines the name that is missed. */
  readonly hint?: string;
  /** The cell that defines the name, and the other frames in cells, the innermost first. */
  readonly related: readonly { readonly range: Range; readonly message: string }[];
}

/**
 * State, not events: each says what changed, and the door reads what its client can show (`outputWindow`) at its own pace.
 * `seq` rises with every change of a cell's outputs.
 */
export type HubEvent =
  | {
      readonly type: "cells";
      readonly uri: string;
      readonly version: number | null;
      readonly changes: readonly CellsChangeEntry[];
    }
  | { readonly type: "execution"; readonly execution: DidChangeExecutionParams }
  | {
      readonly type: "outputs";
      readonly uri: string;
      readonly cellId: string;
      readonly executionId: string | null;
      readonly seq: number;
    }
  | { readonly type: "kernel"; readonly uri?: string; readonly kernel: Kernel }
  | { readonly type: "problems"; readonly uri: string; readonly problems: readonly Problem[] }
  /** The answer is no longer wanted. */
  | { readonly type: "inputWithdrawn"; readonly uri: string; readonly cellId: string }
  | { readonly type: "message"; readonly severity: "error" | "warning" | "info"; readonly text: string };

export interface HubListener {
  event(event: HubEvent): void;
  /** `null`: this client does not answer. */
  requestInput(params: RequestInputParams): Promise<{ readonly value: string } | null>;
}

/**
 * What one attached client can ask. Every params and result is plain JSON, every method is a request that resolves or
 * rejects with an `NblsError`, or a notification that returns nothing and is handled in order: so one generic proxy
 * carries the whole interface over a socket.
 */
export interface HubClient {
  didOpen(params: { readonly uri: string; readonly languageId: string; readonly version: number; readonly text: string }): void;
  didChange(params: { readonly uri: string; readonly version: number; readonly changes: readonly TextChange[] }): void;
  /** A text beside an `.ipynb` (`openAsText`) was written: the notebook is saved, and a message says so, or why not. */
  didSave(params: { readonly uri: string }): void;
  didClose(params: { readonly uri: string }): void;
  configure(params: { readonly settings: Settings }): void;

  cells(params: DocumentParams): Promise<CellsResult>;
  /** What is wrong with the text or the file: with an error it is no notebook that could be run or saved. */
  problems(params: DocumentParams): Promise<readonly Problem[]>;
  /**
   * What the client's text must become for an edit of its cells; the client makes it, and its own `didChange` says so.
   * Refused with `edit_refused` where the text cannot say it, and with `stale_version`.
   */
  editCell(params: EditCellParams): Promise<EditCellResult>;
  execute(params: ExecuteParams): Promise<ExecuteResult>;
  cancel(params: CancelParams): Promise<CancelResult>;
  outputs(params: OutputsParams): Promise<OutputsResult>;
  outputWindow(params: OutputWindowParams): Promise<OutputWindow>;
  /** Where the last error among a cell's visible outputs stands; `null`: there is none. */
  errorPlace(params: DocumentParams & { readonly cellId: string }): Promise<ErrorPlace | null>;
  clearOutputs(params: ClearOutputsParams): Promise<null>;
  /** Resolves when no output of executions that ended is expected any more: some kernels print after they said to have ended. */
  settled(params: DocumentParams): Promise<null>;
  kernelspecs(params: DocumentParams): Promise<KernelspecsResult>;
  kernels(params: unknown): Promise<{ readonly kernels: readonly Kernel[] }>;
  startKernel(params: DocumentParams): Promise<Kernel>;
  interruptKernel(params: DocumentParams): Promise<Kernel>;
  restartKernel(params: DocumentParams): Promise<Kernel>;
  shutdownKernel(params: DocumentParams): Promise<Kernel>;
  selectKernel(params: SelectKernelParams): Promise<Kernel>;
  readNotebook(params: ReadNotebookParams): Promise<ReadNotebookResult>;
  /**
   * Puts an `.ipynb` as text into a file beside it, for editors that show files only; answers with that one. Its document is
   * one of the same notebook; it goes when the client closes it and the notebook has all that it says.
   */
  openAsText(params: ReadNotebookParams): Promise<OpenAsTextResult>;
  writeNotebook(params: WriteNotebookParams): Promise<{ readonly uri: string; readonly changed: boolean }>;
  complete(params: DocumentParams & { readonly position: Position }): Promise<CompletionResult | null>;
  /** A mime bundle from the kernel. */
  inspect(params: DocumentParams & { readonly position: Position }): Promise<JsonObject | null>;
  /** Answers the question that a kernel of this document asks, if it asks one. */
  replyInput(params: DocumentParams & { readonly value: string }): Promise<null>;
  /** The client leaves. Kernels that live by their door end when the hub closes. */
  detach(params: Record<string, never>): Promise<null>;
}

export interface Hub {
  attach(client: ClientDescription, listener: HubListener): Promise<HubClient>;
  /** Ends every kernel that lives by its door and writes what is not yet written. */
  close(): Promise<void>;
}
