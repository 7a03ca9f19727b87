import type { Readable, Writable } from "node:stream";

export interface RpcFailure {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** A response that is an error. */
export class RpcError extends Error {
  readonly failure: RpcFailure;

  constructor(failure: RpcFailure) {
    super(`${failure.code} ${failure.message} ${JSON.stringify(failure.data ?? null)}`);
    this.failure = failure;
  }
}

interface Incoming {
  readonly id?: number | string | null;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: RpcFailure;
}

export interface Received {
  readonly method: string;
  readonly params: Params;
}

// What a server sends is looked into by tests field by field; a wrong shape fails the test by itself.
// oxlint-disable-next-line typescript/no-explicit-any
type Params = any;

interface Waiter {
  readonly accepts: (message: Received) => boolean;
  readonly resolve: (params: Params) => void;
}

/**
 * A language client with a framing of its own, no relation of the server's library: what it cannot read, an editor cannot.
 * Every message is in the transcript, which every failed wait prints.
 */
export class LspClient {
  readonly transcript: string[] = [];
  /** Every notification and request of the server, in order. */
  readonly received: Received[] = [];
  /** How requests of the server are answered; any other gets `MethodNotFound`. */
  readonly answers = new Map<string, (params: Params) => unknown>();
  /** Resolves when the server has closed its side. */
  readonly closed: Promise<void>;
  readonly #output: Writable;
  readonly #pending = new Map<number, { resolve(result: Params): void; reject(error: Error): void }>();
  readonly #waiters = new Set<Waiter>();
  /** How many of `received` earlier `expect`s have passed, by method. */
  readonly #passed = new Map<string, number>();
  #buffer = Buffer.alloc(0);
  #lastId = 0;

  constructor(toServer: Writable, fromServer: Readable) {
    this.#output = toServer;
    toServer.on("error", (error: Error) => this.transcript.push(`!!! ${error.message}`));
    fromServer.on("data", (chunk: Buffer) => this.#take(chunk));
    this.closed = new Promise((resolve) => fromServer.once("close", resolve).once("end", resolve));
  }

  /** The result, or an `RpcError`. */
  async request(method: string, params?: unknown, deadlineMs = 10_000): Promise<Params> {
    this.#lastId += 1;
    const id = this.#lastId;
    const answer = new Promise<Params>((resolve, reject) => this.#pending.set(id, { resolve, reject }));
    this.#send({ jsonrpc: "2.0", id, method, params });
    return await this.#before(answer, deadlineMs, `an answer to ${method}`);
  }

  /** The error that the request must get. */
  async requestError(method: string, params?: unknown): Promise<RpcFailure> {
    try {
      await this.request(method, params);
    } catch (error) {
      if (error instanceof RpcError) return error.failure;
      throw error;
    }
    throw new Error(`${method} succeeded; an error was expected\n${this.transcript.join("\n")}`);
  }

  notify(method: string, params?: unknown): void {
    this.#send({ jsonrpc: "2.0", method, params });
  }

  /** Bytes as they are: for servers that must survive what is no message. */
  sendRaw(text: string): void {
    this.transcript.push(`--> ${JSON.stringify(text)}`);
    this.#output.write(text);
  }

  /** Closes our side, as an editor does that crashed. */
  end(): void {
    this.#output.end();
  }

  /**
   * The params of the next message of that method that `accepts` takes, be it here or still to come. Messages of the method
   * before it count as passed, for this and later calls.
   */
  async expect(method: string, accepts: (params: Params) => boolean = () => true, deadlineMs = 10_000): Promise<Params> {
    const mine = this.received.filter((message) => message.method === method);
    for (let index = this.#passed.get(method) ?? 0; index < mine.length; index += 1) {
      const message = mine[index];
      if (message === undefined || !accepts(message.params)) continue;
      this.#passed.set(method, index + 1);
      return message.params;
    }
    this.#passed.set(method, mine.length);
    const arrived = new Promise<Params>((resolve) => {
      const waiter: Waiter = {
        accepts: (message) => {
          if (message.method !== method) return false;
          this.#passed.set(method, (this.#passed.get(method) ?? 0) + 1);
          return accepts(message.params);
        },
        resolve: (params) => {
          this.#waiters.delete(waiter);
          resolve(params);
        },
      };
      this.#waiters.add(waiter);
    });
    return await this.#before(arrived, deadlineMs, method);
  }

  /** All params of one method so far. */
  all(method: string): Params[] {
    return this.received.filter((message) => message.method === method).map(({ params }) => params);
  }

  #send(message: unknown): void {
    const body = JSON.stringify(message);
    this.transcript.push(`--> ${body}`);
    this.#output.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }

  #take(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    for (;;) {
      const headerEnd = this.#buffer.indexOf("\r\n\r\n");
      if (headerEnd < 0) return;
      const length = Number(/content-length: *(\d+)/i.exec(this.#buffer.toString("latin1", 0, headerEnd))?.[1]);
      if (!Number.isInteger(length)) throw new Error(`no length in ${this.#buffer.toString("latin1", 0, headerEnd)}`);
      const bodyStart = headerEnd + 4;
      if (this.#buffer.length < bodyStart + length) return;
      const body = this.#buffer.toString("utf8", bodyStart, bodyStart + length);
      this.#buffer = this.#buffer.subarray(bodyStart + length);
      this.transcript.push(`<-- ${body}`);
      this.#dispatch(JSON.parse(body) as Incoming);
    }
  }

  #dispatch(message: Incoming): void {
    const { id, method, params } = message;
    if (method === undefined) {
      const pending = typeof id === "number" ? this.#pending.get(id) : undefined;
      if (pending === undefined || typeof id !== "number") return;
      this.#pending.delete(id);
      if (message.error === undefined) pending.resolve(message.result);
      else pending.reject(new RpcError(message.error));
      return;
    }
    const received = { method, params };
    this.received.push(received);
    if (id !== undefined) this.#answer(id, method, params);
    // One message may satisfy several waits: each has its own place in the order.
    for (const waiter of this.#waiters) if (waiter.accepts(received)) waiter.resolve(params);
  }

  #answer(id: number | string | null, method: string, params: Params): void {
    const answer = this.answers.get(method);
    if (answer === undefined) {
      this.#send({ jsonrpc: "2.0", id, error: { code: -32601, message: `${method} is not known here` } });
      return;
    }
    const value = answer(params);
    // A promise that never settles is a client that never answers.
    void Promise.resolve(value).then((result: unknown) => this.#send({ jsonrpc: "2.0", id, result: result ?? null }));
  }

  async #before<T>(promise: Promise<T>, deadlineMs: number, what: string): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`waited ${deadlineMs} ms for ${what}\n${this.transcript.join("\n")}`)),
        deadlineMs,
      );
    });
    try {
      return await Promise.race([promise, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
