import type { Readable, Writable } from "node:stream";
import {
  createMessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type DataCallback,
  type Disposable,
  type Message,
  type MessageConnection,
} from "vscode-jsonrpc/node";
import type { Log } from "../base/log.ts";
import type { Trace, TraceArrow } from "../base/trace.ts";

const parseError = -32700;

/** JSON-RPC over two streams. Every message in either direction goes through `trace`. */
export function openConnection(input: Readable, output: Writable, log: Log, trace: Trace | undefined): MessageConnection {
  const reader = new TracedReader(input, trace);
  const writer = new TracedWriter(output, trace);
  const connection = createMessageConnection(reader, writer, {
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
  return connection;
}

class TracedReader extends StreamMessageReader {
  readonly #trace: Trace | undefined;

  constructor(input: Readable, trace: Trace | undefined) {
    super(input);
    this.#trace = trace;
  }

  override listen(callback: DataCallback): Disposable {
    const trace = this.#trace;
    if (trace === undefined) return super.listen(callback);
    return super.listen((message) => {
      traceMessage(trace, "-->", message);
      callback(message);
    });
  }
}

class TracedWriter extends StreamMessageWriter {
  readonly #trace: Trace | undefined;

  constructor(output: Writable, trace: Trace | undefined) {
    super(output);
    this.#trace = trace;
  }

  override write(message: Message): Promise<void> {
    if (this.#trace !== undefined) traceMessage(this.#trace, "<--", message);
    return super.write(message);
  }
}

function traceMessage(trace: Trace, arrow: TraceArrow, message: Message): void {
  if (typeof message !== "object" || message === null) trace("lsp", arrow, "invalid", message);
  else if ("method" in message) trace("lsp", arrow, String(message.method), "params" in message ? message.params : {});
  else if ("error" in message && message.error !== undefined) trace("lsp", arrow, "error", message.error);
  else trace("lsp", arrow, "result", "result" in message ? message.result : null);
}
