import { randomUUID } from "node:crypto";
import { deferred } from "../base/deferred.ts";
import type { JsonObject, Message } from "../jupyter/message.ts";

/** A kernel that answered without a sign of life on iopub is asked again: soon at first, as most connect within 5 ms. */
const askAgainMsMin = 10;
const askAgainMsMax = 50;

type Ask = (channel: "shell" | "control", msgId: string) => void;

/** Finds out when a kernel answers on shell *and* our subscription to its iopub stands, without a blind wait. */
export interface Readiness {
  /** The content of its `kernel_info_reply`, once both are so. */
  readonly ready: Promise<JsonObject>;
  /** Begins to send `kernel_info_request`s, with the message ids that are given. */
  start(ask: Ask): void;
  /** To be told of every message of the kernel. */
  message(message: Message): void;
  stop(): void;
}

/**
 * Any message on iopub proves the subscription: a welcome (JEP 65), the kernel's first status, or the status around one of
 * our questions; hence asking again when none came.
 */
export function createReadiness(): Readiness {
  const { promise, resolve } = deferred<JsonObject>();
  const asked = new Set<string>();
  let info: JsonObject | undefined;
  let heard = false;
  let askAgainMs = askAgainMsMin;
  let timer: NodeJS.Timeout | undefined;
  let ask: Ask = () => {};

  const question = (channel: "shell" | "control") => {
    const msgId = randomUUID();
    asked.add(msgId);
    ask(channel, msgId);
  };

  return {
    ready: promise,
    start(asker) {
      ask = asker;
      question("shell");
      question("control");
    },
    message(message) {
      if (message.channel === "iopub") heard = true;
      else if (message.channel === "shell" && asked.delete(message.parentHeader.msg_id)) {
        info = message.content;
        clearTimeout(timer);
        if (!heard) timer = setTimeout(() => question("shell"), askAgainMs).unref();
        askAgainMs = Math.min(askAgainMs * 2, askAgainMsMax);
      }
      if (heard && info !== undefined) {
        clearTimeout(timer);
        resolve(info);
      }
    },
    stop: () => clearTimeout(timer),
  };
}

/** What `RunningKernel.ready` tells: the reply once there is one, `false` where the kernel ended or `abort` fired before. */
export async function readyUnless(
  ready: Promise<JsonObject>,
  exited: Promise<unknown>,
  abort: AbortSignal,
): Promise<{ readonly content: JsonObject } | false> {
  if (abort.aborted) return false;
  const aborted = deferred<false>();
  const stop = () => aborted.resolve(false);
  abort.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([ready.then((content) => ({ content })), exited.then(() => false as const), aborted.promise]);
  } finally {
    abort.removeEventListener("abort", stop);
  }
}
