import { defaultLimits, type Limits } from "../../server/base/limits.ts";
import { BlobStore } from "../../server/hub/blobs.ts";
import { BundleShelf } from "../../server/hub/bundle-shelf.ts";
import { DiskSync } from "../../server/hub/disk-sync.ts";
import { Folds } from "../../server/hub/folds.ts";
import { NotebookStore } from "../../server/hub/notebook-store.ts";
import { SpillFile } from "../../server/hub/spill-file.ts";
import { unseenMessageTypes, type OutputFold } from "../../server/outputs/fold.ts";
import { tempDirectory } from "../real-kernels.ts";

/** The store of one notebook and the folds over it, as a hub has them; several over one directory are several processes. */
export function openStore(stateDirectory = tempDirectory(), limits: Partial<Limits> = {}) {
  const problems: string[] = [];
  const problem = (sentence: string) => void problems.push(sentence);
  const sync = new DiskSync();
  const blobs = new BlobStore(stateDirectory, sync);
  const shelf = new BundleShelf(blobs, { ...defaultLimits, ...limits }, problem);
  const store = new NotebookStore({
    stateDirectory,
    path: "/a.py",
    limits: { ...defaultLimits, ...limits },
    shelf,
    sync,
    problem,
  });
  const createSpill = () => new SpillFile(stateDirectory, problem);
  const folds = new Folds({ store, shelf, lengthMax: limits.outputBytesMax ?? defaultLimits.outputBytesMax, createSpill });
  let lastStart = 0;
  return {
    stateDirectory,
    problems,
    blobs,
    shelf,
    store,
    folds,
    start(id: string, cellId = "c"): Run {
      lastStart += 1;
      store.append({ type: "started", id, cellId, source: "print()", startedAt: lastStart });
      const fold = folds.create(id);
      return {
        fold,
        message(msgType, content) {
          if (!fold.apply(msgType, content) && !unseenMessageTypes.has(msgType)) return;
          store.appendOutput(id, msgType, content, fold, false);
        },
        end: (state = "succeeded") => store.append({ type: "ended", id, state, executionCount: 1 }),
      };
    },
  };
}

interface Run {
  readonly fold: OutputFold;
  message(msgType: string, content: { readonly [name: string]: unknown }): void;
  end(state?: "succeeded" | "failed"): void;
}

export const stdout = (text: string) => ["stream", { name: "stdout", text }] as const;
