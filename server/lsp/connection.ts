import type { Readable, Writable } from "node:stream";
import {
  AbstractMessageWriter,
  createMessageConnection,
  Message,
  StreamMessageReader,
  type DataCallback,
  type Disposable,
  type MessageConnection,
  type MessageWriter,
} from "vscode-jsonrpc/node";
import { deferred, within } from "../base/deferred.ts";
import type { Log } from "../base/log.ts";
import type { Trace, TraceArrow } from "../base/trace.ts";

const parseError = -32700;

export interface Connection {
  readonly rpc: MessageConnection;
  /** Resolves when every request that came has its answer, or after `timeoutMs`. */
  answered(timeoutMs: number): Promise<void>;
}

/** JSON-RPC over two streams. Every message in either direction goes through `trace`. */
export function openConnection(input: Readable, output: Writable, log: Log, trace: Trace | undefined): Connection {
  const traffic = new Traffic(trace);
  const reader = new WatchedReader(input, traffic);
  const writer = new BatchedWriter(output, traffic);
  const rpc = createMessageConnection(reader, writer, {
    error: (message) => log.error(message),
    warn: (message) => log.warn(message),
    info: (message) => log.debug(message),
    log: (message) => log.debug(message),
  });
  reader.onError((error) => {
    log.error(`message not understood: ${error.message}`);
    // JSON-RPC wants an answer with a null id; the typed writer knows no such response.
    const response = { jsonrpc: "2.0", id: null, error: { code: parseError, message: error.message } };
    writer.write(response).catch((failure: unknown) => log.debug(`no answer to a bad message: ${String(failure)}`));
  });
  return { rpc, answered: async (timeoutMs) => await traffic.untilAnswered(timeoutMs) };
}

/** What went in and out. */
class Traffic {
  readonly #trace: Trace | undefined;
  #unanswered = 0;
  #allAnswered = deferred<void>();

  constructor(trace: Trace | undefined) {
    this.#trace = trace;
  }

  read(message: Message): void {
    if (Message.isRequest(message)) this.#unanswered += 1;
    if (this.#trace !== undefined) traceMessage(this.#trace, "-->", message);
  }

  written(message: Message): void {
    if (this.#trace !== undefined) traceMessage(this.#trace, "<--", message);
  }

  answered(message: Message): void {
    if (!Message.isResponse(message) || message.id === null) return;
    this.#unanswered -= 1;
    if (this.#unanswered > 0) return;
    this.#allAnswered.resolve();
    this.#allAnswered = deferred();
  }

  async untilAnswered(timeoutMs: number): Promise<void> {
    // What was read last is decoded in later turns of the event loop.
    for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
    if (this.#unanswered > 0) await within(this.#allAnswered.promise, timeoutMs, undefined);
  }
}

class WatchedReader extends StreamMessageReader {
  readonly #traffic: Traffic;

  constructor(input: Readable, traffic: Traffic) {
    super(input);
    this.#traffic = traffic;
  }

  override listen(callback: DataCallback): Disposable {
    return super.listen((message) => {
      this.#traffic.read(message);
      callback(message);
    });
  }
}

/**
 * Writes all messages of one turn of the event loop at once: an ending cell is announced by several, and each write costs
 * more than the messages themselves.
 */
class BatchedWriter extends AbstractMessageWriter implements MessageWriter {
  readonly #output: Writable;
  readonly #traffic: Traffic;
  #pending: Message[] = [];
  #written: Promise<void> | undefined;

  constructor(output: Writable, traffic: Traffic) {
    super();
    this.#output = output;
    this.#traffic = traffic;
    output.on("error", (error) => this.fireError(error));
    output.on("close", () => this.fireClose());
  }

  /** Resolves when the message went out; a reader that does not read holds it up. */
  async write(message: Message): Promise<void> {
    this.#traffic.written(message);
    this.#pending.push(message);
    this.#written ??= new Promise((resolve, reject) => {
      process.nextTick(() => {
        const batch = this.#pending.map(framed).join("");
        this.#pending = [];
        this.#written = undefined;
        this.#output.write(batch, (error) => (error ? reject(error) : resolve()));
      });
    });
    await this.#written;
    this.#traffic.answered(message);
  }

  end(): void {}
}

function framed(message: Message): string {
  const content = JSON.stringify(message);
  return `Content-Length: ${Buffer.byteLength(content)}\r\n\r\n${content}`;
}

function traceMessage(trace: Trace, arrow: TraceArrow, message: Message): void {
  if (typeof message !== "object" || message === null) trace("lsp", arrow, "invalid", message);
  else if ("method" in message) trace("lsp", arrow, String(message.method), "params" in message ? message.params : {});
  else if ("error" in message && message.error !== undefined) trace("lsp", arrow, "error", message.error);
  else trace("lsp", arrow, "result", "result" in message ? message.result : null);
}
