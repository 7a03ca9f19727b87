import type { Log } from "../base/log.ts";
import type { ClientDescription, Hub, HubClient, HubListener } from "../hub/hub.ts";
import { errorCodeOf, NblsError } from "../protocol/errors.ts";
import { messageOf, stackOf } from "./guard.ts";

/** A hub that is at hand, or one that is loaded when it is needed first: `initialize` never waits for it. */
export type HubSource = Hub | (() => Promise<Hub>);

/**
 * The door's way to its hub. It attaches at first need; what must reach the hub in order (texts, settings) is kept until
 * it is there and then goes out before anything that waited.
 */
export class HubLink {
  readonly #log: Log;
  readonly #source: HubSource;
  readonly #describe: () => ClientDescription;
  readonly #listener: HubListener;
  #hub: Hub | undefined;
  #client: HubClient | undefined;
  #attaching: Promise<HubClient> | undefined;
  #kept: ((client: HubClient) => void)[] = [];
  #closing: Promise<void> | undefined;

  constructor(log: Log, source: HubSource, describe: () => ClientDescription, listener: HubListener) {
    this.#log = log;
    this.#source = source;
    this.#describe = describe;
    this.#listener = listener;
  }

  /** Rejects with `hub_unavailable` where there is no hub; the next call tries again. */
  async client(): Promise<HubClient> {
    if (this.#client !== undefined) return this.#client;
    if (this.#closing !== undefined) throw new NblsError("hub_unavailable", "the server is shutting down");
    this.#attaching ??= this.#attach();
    return await this.#attaching;
  }

  /** Sends in order, at once where the hub is attached. Attaches it otherwise. */
  tell(send: (client: HubClient) => void): void {
    if (this.#client !== undefined) {
      this.#send(this.#client, send);
      return;
    }
    this.#kept.push(send);
    this.client().catch((error: unknown) => this.#log.error(messageOf(error)));
  }

  /** Like `tell`, for what a hub that is attached later learns anyway: it loads none. */
  tellIfAttached(send: (client: HubClient) => void): void {
    if (this.#client !== undefined || this.#attaching !== undefined) this.tell(send);
  }

  /** Leaves the hub and closes it: kernels that live by this door end. Never rejects; may be called again. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #attach(): Promise<HubClient> {
    try {
      this.#hub ??= typeof this.#source === "function" ? await this.#source() : this.#source;
      const client = await this.#hub.attach(this.#describe(), this.#listener);
      this.#client = client;
      const kept = this.#kept;
      this.#kept = [];
      for (const send of kept) this.#send(client, send);
      return client;
    } catch (error) {
      this.#attaching = undefined;
      if (errorCodeOf(error) !== undefined) throw error;
      throw new NblsError("hub_unavailable", `the notebook hub cannot be reached: ${messageOf(error)}`);
    }
  }

  /** Editors send texts that are no notebooks (a language they share with one): the hub refuses them, and all goes on. */
  #send(client: HubClient, send: (client: HubClient) => void): void {
    try {
      send(client);
    } catch (error) {
      if (errorCodeOf(error) === undefined) this.#log.error(stackOf(error));
      else this.#log.debug(messageOf(error));
    }
  }

  async #close(): Promise<void> {
    try {
      // Attaching may be under way: a kernel started in the meantime must end as well.
      await this.#attaching;
      await this.#client?.detach({});
    } catch (error) {
      this.#log.debug(`detaching: ${messageOf(error)}`);
    }
    try {
      await this.#hub?.close();
    } catch (error) {
      this.#log.error(`closing the hub: ${messageOf(error)}`);
    }
  }
}
