import { lazy } from "../base/lazy.ts";
import type { Output } from "../jupyter/nbformat.ts";
import { OutputFold } from "../outputs/fold.ts";
import type { BundleShelf } from "./bundle-shelf.ts";
import type { NotebookStore } from "./notebook-store.ts";
import { SpillFile } from "./spill-file.ts";

export interface FoldsOptions {
  readonly store: NotebookStore;
  readonly shelf: BundleShelf;
  /** As in `OutputFold`. */
  readonly lengthMax: number;
  createSpill(): SpillFile;
}

/** The outputs of a notebook's executions and of its file: in memory is a part of each, on disk the rest. */
export class Folds {
  readonly #options: FoldsOptions;
  readonly #spills = new Map<string, SpillFile>();
  /** Executions of earlier days that have outputs: known without reading them. */
  readonly #stored = new Set<string>();
  #ofFile: { readonly outputs: readonly Output[]; readonly fold: OutputFold; readonly spill: SpillFile } | undefined;

  constructor(options: FoldsOptions) {
    this.#options = options;
  }

  create(executionId: string): OutputFold {
    const { lengthMax, shelf } = this.#options;
    const spill = this.#options.createSpill();
    this.#spills.set(executionId, spill);
    return new OutputFold(lengthMax, spill, shelf.shelve);
  }

  /** That of an execution of an earlier day, read when it is first looked at. */
  stored(executionId: string): () => OutputFold {
    const { store } = this.#options;
    if (store.hasOutputs(executionId)) this.#stored.add(executionId);
    return lazy(() => {
      const fold = this.create(executionId);
      for (const { msgType, content } of store.outputsOf(executionId)) fold.apply(msgType, content);
      return fold;
    });
  }

  isEmpty(execution: { readonly id: string; readonly fold: OutputFold }): boolean {
    return !this.#stored.has(execution.id) && execution.fold.seq === 0;
  }

  /** Outputs of the file. Those asked for last are kept, since a reader asks for one page after the other. */
  ofFile(outputs: readonly Output[]): OutputFold {
    if (this.#ofFile?.outputs === outputs) return this.#ofFile.fold;
    this.#ofFile?.spill.close();
    const spill = this.#options.createSpill();
    const fold = new OutputFold(Number.MAX_SAFE_INTEGER, spill);
    for (const output of outputs) fold.apply(output.output_type, { ...output });
    this.#ofFile = { outputs, fold, spill };
    return fold;
  }

  /** Nobody can ask for it any more. */
  forget(executionId: string): void {
    this.#options.store.forgetOutputs(executionId);
    this.#spills.get(executionId)?.close();
    this.#spills.delete(executionId);
    this.#stored.delete(executionId);
  }

  close(): void {
    for (const spill of this.#spills.values()) spill.close();
    this.#ofFile?.spill.close();
  }
}
