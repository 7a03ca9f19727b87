import type { CancellationToken, MessageConnection } from "vscode-jsonrpc";
import type { Log } from "../base/log.ts";
import { sanitize } from "../render/ansi.ts";
import { messageOf } from "./guard.ts";

const messageTypes = { error: 1, warning: 2, info: 3 } as const;
export type MessageSeverity = keyof typeof messageTypes;

/** What the door says to its client. A client that went away is no error: what it should have heard is dropped. */
export class ClientPort {
  readonly #log: Log;
  readonly #connection: MessageConnection;
  #told: Promise<void> = Promise.resolve();

  constructor(log: Log, connection: MessageConnection) {
    this.#log = log;
    this.#connection = connection;
  }

  /** Resolves when the client has taken all that it was told so far. One that stops reading keeps it waiting. */
  async taken(): Promise<void> {
    await this.#told;
  }

  notify(method: string, params: unknown): void {
    try {
      this.#told = this.#connection.sendNotification(method, params).catch((error: unknown) => this.#dropped(method, error));
    } catch (error) {
      // A client that closed its side hears no more: the connection says so at once, not by its promise.
      this.#dropped(method, error);
    }
  }

  /**
   * The client's answer; `undefined` where it gave none, or an error. Editors answer requests that they do not know in
   * several ways, so an answer proves nothing.
   */
  async request(method: string, params: unknown, token?: CancellationToken): Promise<unknown> {
    try {
      return token === undefined
        ? await this.#connection.sendRequest(method, params)
        : await this.#connection.sendRequest(method, params, token);
    } catch (error) {
      this.#dropped(method, error);
      return undefined;
    }
  }

  /** Like `request`, where nobody needs the answer. */
  ask(method: string, params?: unknown): void {
    this.request(method, params ?? null).catch((error: unknown) => this.#dropped(method, error));
  }

  showMessage(severity: MessageSeverity, text: string): void {
    this.notify("window/showMessage", { type: messageTypes[severity], message: sanitize(text) });
  }

  #dropped(method: string, error: unknown): void {
    this.#log.debug(`${method}: ${messageOf(error)}`);
  }
}
