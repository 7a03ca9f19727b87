/** Every bound of the program, in one place, passed explicitly. Units are in the names. */
export interface Limits {
  /** A file larger than this is not opened. */
  readonly fileBytesMax: number;
  /** How long a request waits for a document version that was not yet seen. */
  readonly versionWaitMs: number;
  /** How long a kernel may take from its start to its first answer. */
  readonly kernelStartTimeoutMs: number;
  /** After the reply of an execution, how long its `idle` may take (it can be lost in a flood). */
  readonly idleGraceMs: number;
  /** After the end of an execution, how long a save may wait for output that some kernels send late. */
  readonly lateOutputMsMax: number;
  /** After `shutdown_request`, how long a kernel may take to end before signals follow. */
  readonly shutdownGraceMs: number;
  /** How long completion and inspection may keep an editor waiting. */
  readonly introspectionMs: number;
  /** The tail of a kernel's stderr that is kept for messages. */
  readonly stderrTailBytes: number;
  /** Queued executions of one kernel. */
  readonly queuedExecutionsMax: number;
  /** Finished executions kept in memory for each notebook; older ones are read from the state store. */
  readonly executionsKeptMax: number;
  /** Removed cells that wait to be put back by an undo or a paste, and of those that are remembered on disk. */
  readonly graveyardCellsMax: number;
  /** Text and data of one execution that are kept, in UTF-16 units; most of it lies on disk. What exceeds it is dropped behind a marker. */
  readonly outputBytesMax: number;
  /** Messages of one execution on disk, in UTF-16 units, with their blobs: from there on what was overwritten goes. */
  readonly outputLogMax: number;
  /**
   * Outputs of all executions of a notebook on disk, counted as in `outputLogMax`: from there on those that no cell shows go,
   * the oldest first, then those of cells that are gone. What a cell shows stays.
   */
  readonly notebookOutputsMax: number;
  /** Data of an output up to this many UTF-16 units lie in memory and in the journal; larger ones are blobs. */
  readonly inlineDataMax: number;
  /** Data read from blobs that stay in memory, in UTF-16 units; those not wanted for longest go first. */
  readonly blobCacheMax: number;
}

export const defaultLimits: Limits = {
  fileBytesMax: 512 * 1024 * 1024,
  versionWaitMs: 1_000,
  kernelStartTimeoutMs: 60_000,
  idleGraceMs: 4_000,
  lateOutputMsMax: 10_000,
  shutdownGraceMs: 1_000,
  introspectionMs: 150,
  stderrTailBytes: 4_096,
  queuedExecutionsMax: 10_000,
  executionsKeptMax: 1_000,
  graveyardCellsMax: 1_000,
  outputBytesMax: 256 * 1024 * 1024,
  outputLogMax: 512 * 1024 * 1024,
  notebookOutputsMax: 2 * 1024 * 1024 * 1024,
  inlineDataMax: 8 * 1024,
  blobCacheMax: 16 * 1024 * 1024,
};
