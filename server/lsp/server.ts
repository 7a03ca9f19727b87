import type { Readable, Writable } from "node:stream";
import { ResponseError, type CancellationToken } from "vscode-jsonrpc";
import { within } from "../base/deferred.ts";
import type { Log } from "../base/log.ts";
import type { Trace } from "../base/trace.ts";
import { object } from "../protocol/validate.ts";
import { initializeResult } from "./capabilities.ts";
import { readClient, type Client } from "./client.ts";
import { openConnection } from "./connection.ts";
import type { Door } from "./door.ts";
import { guardNotification, guardRequest, route, rpcCodes, stackOf, type Route } from "./guard.ts";
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
  /** The program of the thread that decodes pictures. */
  readonly imageWorker?: string | undefined;
  /** Ours, for `serverInfo`. */
  readonly version?: string | undefined;
  /** Ends the process; called once, when everything is closed. */
  readonly exit: (code: number) => void;
}

/** Kernels end before the answer to `shutdown` where they do so quickly; an editor waits no longer than this. */
const shutdownReplyMs = 500;

/** How long requests that are under way may keep a server whose client went away. */
const lastAnswersMs = 1_000;

type Phase = { readonly name: "new" } | { readonly name: "open" | "shutDown"; readonly client: Client };

/** Serves one client on two streams until it says `exit`, goes away, or its process ends. */
export function runLspServer(options: LspServerOptions): void {
  const { input, output, log } = options;
  const { rpc: connection, answered } = openConnection(input, output, log, options.trace);
  let phase: Phase = { name: "new" };
  let door: Promise<Door> | undefined;
  let stopWatching = () => {};
  let isEnding = false;

  /** Loaded by the first message after `initialize`, so that the answer to that one waits for nothing. */
  const doorFor = (client: Client): Promise<Door> => {
    door ??= import("./door.ts").then(({ openDoor }) => openDoor(options, client, connection));
    return door;
  };

  const end = async (): Promise<void> => {
    if (isEnding) return;
    isEnding = true;
    stopWatching();
    // 0 after `shutdown`, 1 otherwise, as LSP asks.
    const code = phase.name === "shutDown" ? 0 : 1;
    await (await door)?.close();
    connection.dispose();
    options.exit(code);
  };
  const endNow = () => {
    end().catch((error: unknown) => {
      log.error(`ending: ${stackOf(error)}`);
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
      phase = { name: "open", client };
      if (client.processId !== undefined) stopWatching = watchProcess(client.processId, endNow);
      return initializeResult(client, options.version);
    },
  };
  const shutDown: Route = {
    method: "shutdown",
    async run() {
      if (phase.name !== "open") return null;
      phase = { name: "shutDown", client: phase.client };
      const closing = door?.then(async (opened) => await opened.close());
      if (closing !== undefined) await within(closing, shutdownReplyMs, undefined);
      return null;
    },
  };

  const ownRoute = (method: string): Route | undefined => {
    if (method === "initialize") return open;
    if (phase.name === "new") return refusal(method, rpcCodes.serverNotInitialized, "came before initialize");
    if (phase.name === "shutDown") return refusal(method, rpcCodes.invalidRequest, "came after shutdown");
    return method === "shutdown" ? shutDown : undefined;
  };

  // Requests and notifications take the same number of steps to their handlers, so that their order is kept.
  connection.onRequest(async (method: string, params: unknown, token: CancellationToken) => {
    const own = ownRoute(method);
    if (own !== undefined || phase.name === "new") return await guardRequest(log, own ?? open, params, token);
    const { routes } = await doorFor(phase.client);
    const request = routes.get(method) ?? refusal(method, rpcCodes.methodNotFound, "is not a method of this server");
    return await guardRequest(log, request, params, token);
  });
  connection.onNotification(async (method: string, params: unknown) => {
    if (method === "exit") return endNow();
    // LSP: notifications before `initialize` and after `shutdown` are dropped.
    if (phase.name !== "open") return log.debug(`${method} ignored`);
    const { routes } = await doorFor(phase.client);
    const notification = routes.get(method);
    if (notification === undefined) return log.debug(`${method} ignored`);
    return await guardNotification(log, notification, params);
  });

  // Whoever writes requests and closes its side at once still reads the answers.
  const endAnswered = () => {
    answered(lastAnswersMs).then(endNow, endNow);
  };
  for (const event of ["end", "close", "error"]) input.once(event, endAnswered);
  for (const event of ["close", "error"]) output.once(event, endNow);
  // A stream may report its broken pipe again while we end.
  output.on("error", (error: Error) => log.debug(`output: ${error.message}`));
  connection.listen();
}

function refusal(method: string, code: number, why: string): Route {
  return {
    method,
    run() {
      throw new ResponseError(code, `${method} ${why}`);
    },
  };
}
