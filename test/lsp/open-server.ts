import { PassThrough } from "node:stream";
import { onTestFailed, onTestFinished } from "vitest";
import { createLog } from "../../server/base/log.ts";
import type { Trace } from "../../server/base/trace.ts";
import type { HubSource } from "../../server/lsp/hub-link.ts";
import { runLspServer } from "../../server/lsp/server.ts";
import { LspClient } from "../fakes/lsp-client.ts";

export interface OpenServer {
  readonly client: LspClient;
  /** The code that the server ends with. */
  readonly exited: Promise<number>;
  readonly log: readonly string[];
  /** What the server writes: paused, it is a client that does not read. */
  readonly output: PassThrough;
}

export interface OpenOptions {
  readonly hub: HubSource;
  readonly cwd?: string;
  readonly env?: { readonly [name: string]: string | undefined };
  readonly trace?: Trace;
}

/** A server in this process behind two streams. A test that fails prints what was said, and the server's log. */
export function openServer(options: OpenOptions): OpenServer {
  const input = new PassThrough();
  const output = new PassThrough();
  const log: string[] = [];
  const client = new LspClient(input, output);
  const exited = new Promise<number>((resolve) => {
    runLspServer({
      input,
      output,
      hub: options.hub,
      cwd: options.cwd ?? "/",
      env: options.env ?? {},
      log: createLog("debug", (line) => log.push(line)),
      trace: options.trace,
      exit: (code) => {
        output.end();
        resolve(code);
      },
    });
  });
  onTestFailed(() => void process.stderr.write(`${client.transcript.join("\n")}\n${log.join("")}`));
  onTestFinished(async () => {
    client.end();
    await exited;
  });
  return { client, exited, log, output };
}

/** Initializes as an editor does; the answer. */
export async function initialize(
  client: LspClient,
  capabilities: unknown = {},
  options: { readonly initializationOptions?: unknown; readonly rootUri?: string } = {},
  // oxlint-disable-next-line typescript/no-explicit-any
): Promise<any> {
  const params = { processId: process.pid, rootUri: null, capabilities, ...options };
  const result: unknown = await client.request("initialize", params);
  client.notify("initialized", {});
  return result;
}
