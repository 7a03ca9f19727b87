import type { Readable, Writable } from "node:stream";
import { ResponseError, type CancellationToken } from "vscode-jsonrpc";
import { within } from "../base/deferred.ts";
import type { Log } from "../base/log.ts";
import type { Trace } from "../base/trace.ts";
import { object } from "../protocol/validate.ts";
import { initializeResult } from "./capabilities.ts";
import { readClient } from "./client.ts";
import { ClientPort } from "./client-port.ts";
import { openConnection } from "./connection.ts";
import { Door } from "./door.ts";
import { guardNotification, guardRequest, route, rpcCodes, type Route } from "./guard.ts";
import type { HubSource } from "./hub-link.ts";
import { watchProcess } from "./process-watch.ts";

export interface LspServerOptions {
  readonly input: Readable;
  readonly output: Writable;
  readonly hub: HubSource;
  readonly cwd: string;
  readonly env: { readonly [name: string]: string | undefined };
  readonly log: Log;
  readonly trace?: Trace | undefined;
  /** Ours, for `serverInfo`. */
  readonly version?: string | undefined;
  /** Ends the process; called once, when everything is closed. */
  readonly exit: (code: number) => void;
}

/** Kernels end before the answer to `shutdown` where they do so quickly; an editor waits no longer than this. */
const shutdownReplyMs = 500;

type Phase =
  | { readonly name: "new" }
  | { readonly name: "open"; readonly door: Door }
  | { readonly name: "shutDown"; readonly door: Door };

/** Serves one client on two streams until it says `exit`, goes away, or its process ends. */
export function runLspServer(options: LspServerOptions): void {
  const { input, output, log } = options;
  const connection = openConnection(input, output, log, options.trace);
  const port = new ClientPort(log, connection);
  let phase: Phase = { name: "new" };
  let stopWatching = () => {};
  let isEnding = false;

  const end = async (): Promise<void> => {
    if (isEnding) return;
    isEnding = true;
    stopWatching();
    // 0 after `shutdown`, 1 otherwise, as LSP asks.
    const code = phase.name === "shutDown" ? 0 : 1;
    if (phase.name !== "new") await phase.door.close();
    connection.dispose();
    options.exit(code);
  };
  const endNow = () => {
    end().catch((error: unknown) => {
      log.error(`ending: ${String(error)}`);
      options.exit(1);
    });
  };

  const initialize = route("initialize", object({}), () => undefined);
  const open: Route = {
    method: "initialize",
    run(params, token) {
      if (phase.name !== "new") throw new ResponseError(rpcCodes.invalidRequest, "initialize was sent before");
      initialize.run(params, token);
      const client = readClient(params);
      phase = { name: "open", door: new Door(options, client, port) };
      if (client.processId !== undefined) stopWatching = watchProcess(client.processId, endNow);
      return initializeResult(client, options.version);
    },
  };
  const shutDown: Route = {
    method: "shutdown",
    async run() {
      if (phase.name !== "open") return null;
      const { door } = phase;
      phase = { name: "shutDown", door };
      await within(door.close(), shutdownReplyMs, undefined);
      return null;
    },
  };

  const requestRoute = (method: string): Route => {
    if (method === "initialize") return open;
    const refuse = (code: number, message: string): Route => ({
      method,
      run() {
        throw new ResponseError(code, message);
      },
    });
    switch (phase.name) {
      case "new":
        return refuse(rpcCodes.serverNotInitialized, `${method} came before initialize`);
      case "shutDown":
        return refuse(rpcCodes.invalidRequest, `${method} came after shutdown`);
      case "open":
        if (method === "shutdown") return shutDown;
        return phase.door.routes.get(method) ?? refuse(rpcCodes.methodNotFound, `${method} is not a method of this server`);
    }
  };

  connection.onRequest((method: string, params: unknown, token: CancellationToken) =>
    guardRequest(log, requestRoute(method), params, token),
  );
  connection.onNotification((method: string, params: unknown) => {
    if (method === "exit") return endNow();
    // LSP: notifications before `initialize` and after `shutdown` are dropped.
    const notification = phase.name === "open" ? phase.door.routes.get(method) : undefined;
    if (notification === undefined) return log.debug(`${method} ignored`);
    return guardNotification(log, notification, params);
  });

  for (const event of ["end", "close", "error"]) input.once(event, endNow);
  for (const event of ["close", "error"]) output.once(event, endNow);
  // A stream may report its broken pipe again while we end.
  output.on("error", (error: Error) => log.debug(`output: ${error.message}`));
  connection.listen();
}
