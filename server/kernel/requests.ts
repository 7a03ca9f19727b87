import { randomUUID } from "node:crypto";
import { type Deferred, deferred, within } from "../base/deferred.ts";
import type { JsonObject, Message, OutgoingMessage } from "../jupyter/message.ts";

/**
 * Questions to a kernel and their replies, matched by parent. Kernels answer what they do not understand with silence,
 * so every question has a time limit; a reply that comes later matches nothing and is dropped.
 */
export class Requests {
  readonly #send: (message: OutgoingMessage) => void;
  readonly #pending = new Map<string, Deferred<JsonObject | undefined>>();
  /** Who waits for the idle that follows a question. */
  readonly #idles = new Map<string, Deferred<boolean>>();

  constructor(send: (message: OutgoingMessage) => void) {
    this.#send = send;
  }

  /** The content of the reply; `undefined` when none came in time or the kernel ended. */
  async ask(
    channel: "shell" | "control",
    msgType: string,
    content: JsonObject,
    timeoutMs: number,
  ): Promise<JsonObject | undefined> {
    const msgId = randomUUID();
    const reply = deferred<JsonObject | undefined>();
    this.#pending.set(msgId, reply);
    this.#send({ channel, msgId, msgType, content });
    const answer = await within(reply.promise, timeoutMs, undefined);
    this.#pending.delete(msgId);
    return answer;
  }

  /**
   * Resolves when the kernel has dealt with everything that was sent on shell before: whatever of it did not come by then
   * will never come. `false`: the kernel ended. It takes as long as the code that runs, so there is no time limit.
   */
  async passed(idleGraceMs: number): Promise<boolean> {
    const msgId = randomUUID();
    const reply = deferred<JsonObject | undefined>();
    const idle = deferred<boolean>();
    this.#pending.set(msgId, reply);
    this.#idles.set(msgId, idle);
    this.#send({ channel: "shell", msgId, msgType: "kernel_info_request", content: {} });
    const answer = await reply.promise;
    if (answer !== undefined) await within(idle.promise, idleGraceMs, false);
    this.#pending.delete(msgId);
    this.#idles.delete(msgId);
    return answer !== undefined;
  }

  /** Takes a reply on shell or control; what answers none of our questions is ignored. */
  answer(message: Message): void {
    this.#pending.get(message.parentHeader.msg_id)?.resolve(message.content);
  }

  /** Takes the idle after a question. */
  idle(message: Message): void {
    this.#idles.get(message.parentHeader.msg_id)?.resolve(true);
  }

  /** The kernel ended: nobody waits any longer. */
  abandon(): void {
    for (const reply of this.#pending.values()) reply.resolve(undefined);
    this.#pending.clear();
  }
}
