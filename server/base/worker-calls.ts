import { Worker } from "node:worker_threads";

export interface WorkerOptions {
  /** What takes longer is given up, and its thread with it. */
  readonly timeoutMs: number;
  /** A thread that has nothing to do for so long ends, and gives its memory back. */
  readonly idleMs: number;
  /** JavaScript's own memory in the thread; buffers are beside it. */
  readonly heapMegabytesMax: number;
}

/**
 * Calls into a thread of its own, one after the other, for work that takes its time or may not be trusted to end. The file
 * is loaded at the first call. In the thread a message `{ id, request }` is answered by `{ id, result }` or `{ id, error }`.
 */
export class WorkerCalls {
  readonly #file: string;
  readonly #options: WorkerOptions;
  #worker: Worker | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #idle: NodeJS.Timeout | undefined;
  #lastId = 0;
  #isDisposed = false;

  constructor(file: string, options: WorkerOptions) {
    this.#file = file;
    this.#options = options;
  }

  /** Rejects where the thread does, takes too long, or cannot be started. */
  call(request: unknown): Promise<unknown> {
    const answer = this.#queue.then(() => this.#callNow(request));
    this.#queue = answer.catch(() => {});
    return answer;
  }

  /** Ends the thread; what still waits is rejected. */
  async dispose(): Promise<void> {
    this.#isDisposed = true;
    await this.#end();
  }

  async #callNow(request: unknown): Promise<unknown> {
    if (this.#isDisposed) throw new Error("the thread has ended");
    clearTimeout(this.#idle);
    const worker = (this.#worker ??= this.#start());
    const id = (this.#lastId += 1);
    try {
      return await answerOf(worker, { id, request }, this.#options.timeoutMs);
    } catch (error) {
      // After an error of its own it goes on; after any other one its state is not known.
      if (!(error instanceof RefusedRequest)) await this.#end();
      throw error;
    } finally {
      this.#idle = setTimeout(() => void this.#end(), this.#options.idleMs).unref();
    }
  }

  #start(): Worker {
    const resourceLimits = { maxOldGenerationSizeMb: this.#options.heapMegabytesMax };
    const worker = new Worker(this.#file, { resourceLimits, stdout: true, stderr: true, env: {} });
    // An idle thread keeps no process alive.
    worker.unref();
    worker.on("error", () => {});
    return worker;
  }

  async #end(): Promise<void> {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }
}

/** The thread answered, by an error. */
class RefusedRequest extends Error {}

async function answerOf(worker: Worker, message: { readonly id: number; readonly request: unknown }, timeoutMs: number) {
  worker.ref();
  const stop = new AbortController();
  try {
    return await new Promise<unknown>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
      const onMessage = (answer: { readonly id: number; readonly result?: unknown; readonly error?: string }) => {
        if (answer.id !== message.id) return;
        if (answer.error === undefined) resolve(answer.result);
        else reject(new RefusedRequest(answer.error));
      };
      const onExit = () => reject(new Error("the thread has ended"));
      worker.on("message", onMessage).on("error", reject).on("exit", onExit);
      stop.signal.addEventListener("abort", () => {
        clearTimeout(timer);
        worker.off("message", onMessage).off("error", reject).off("exit", onExit);
      });
      worker.postMessage(message);
    });
  } finally {
    stop.abort();
    worker.unref();
  }
}
