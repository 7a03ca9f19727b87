import { CancellationTokenSource } from "vscode-jsonrpc";
import { deferred, type Deferred } from "../base/deferred.ts";
import { requestInput, type RequestInputParams } from "../protocol/input.ts";
import { field } from "./client.ts";
import type { ClientPort } from "./client-port.ts";

type Answer = { readonly value: string } | null;

/** The questions that kernels ask, each open until the client answers or the kernel no longer wants to know. */
export class InputRequests {
  readonly #client: ClientPort;
  readonly #canAsk: boolean;
  readonly #open = new Map<string, { readonly source: CancellationTokenSource; readonly withdrawn: Deferred<Answer> }>();

  constructor(client: ClientPort, canAsk: boolean) {
    this.#client = client;
    this.#canAsk = canAsk;
  }

  /** Asks the client. One that cannot be asked is told how to answer, and the question stays open for its command. */
  async ask(params: RequestInputParams): Promise<Answer> {
    const key = keyOf(params.textDocument.uri, params.cellId);
    this.#withdraw(key);
    const entry = { source: new CancellationTokenSource(), withdrawn: deferred<Answer>() };
    this.#open.set(key, entry);
    try {
      if (this.#canAsk) return await Promise.race([this.#request(params, entry.source), entry.withdrawn.promise]);
      const prompt = params.prompt.trim();
      this.#client.showMessage(
        "info",
        `The kernel asks${prompt === "" ? "" : `: ${prompt}`} (answer with the command nbls.replyInput)`,
      );
      return await entry.withdrawn.promise;
    } finally {
      if (this.#open.get(key) === entry) this.#open.delete(key);
      entry.source.dispose();
    }
  }

  /** Whether a cell of the document waits for an answer. */
  isAsked(uri: string): boolean {
    return [...this.#open.keys()].some((key) => key.startsWith(`${uri}#`));
  }

  withdrawn(uri: string, cellId: string): void {
    this.#withdraw(keyOf(uri, cellId));
  }

  dispose(): void {
    for (const key of this.#open.keys()) this.#withdraw(key);
  }

  async #request(params: RequestInputParams, source: CancellationTokenSource): Promise<Answer> {
    const value = field(await this.#client.request(requestInput.method, params, source.token), "value");
    return typeof value === "string" ? { value } : null;
  }

  #withdraw(key: string): void {
    const entry = this.#open.get(key);
    this.#open.delete(key);
    entry?.withdrawn.resolve(null);
    try {
      entry?.source.cancel();
    } catch {
      // The connection throws where the client is gone, and with it the question.
    }
  }
}

function keyOf(uri: string, cellId: string): string {
  return `${uri}#${cellId}`;
}
