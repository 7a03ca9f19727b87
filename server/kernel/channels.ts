import { randomUUID } from "node:crypto";
import type { NetConnectOpts } from "node:net";
import type { Subscriber } from "zeromq";
import { deferred } from "../base/deferred.ts";
import type { Log } from "../base/log.ts";
import type { Trace } from "../base/trace.ts";
import { endpoint, type Connection } from "../jupyter/connection-file.ts";
import type { Channel, Message, OutgoingMessage } from "../jupyter/message.ts";
import { createSigner, type Signer } from "../jupyter/signature.ts";
import { decode, decodeInSteps, encode, isLarge } from "../jupyter/wire.ts";
import { Dealer } from "./dealer.ts";
import { type Heartbeat, startHeartbeat } from "./heartbeat.ts";

/** libzmq waits 100 ms between attempts to connect, by default: far longer than a fast kernel takes to start. */
const reconnectMs = 5;
/**
 * How many messages may wait for us where the kernel waits in turn (see launcher.py); elsewhere there is no mark, since a
 * kernel drops what does not fit.
 */
const waitingMessagesMax = 200;
/**
 * How much what a kernel printed may come behind the question that it asked then: they have no order between them, as they
 * come through different sockets.
 */
const outputBehindMs = 30;
/** Receiving gives way to everything else after this long, however much a kernel sends. */
const receiveMsMax = 8;

export interface ChannelOptions {
  readonly log: Log;
  readonly trace: Trace | undefined;
  readonly connection: Connection;
  /** `header.session`, and the routing id that lets a kernel's `input_request` find us. */
  readonly sessionId: string;
  /** The kernel waits for a reader that lags, instead of dropping. */
  readonly waitsForReaders: boolean;
  readonly heartbeatMs: number;
  readonly onMessage: (message: Message) => void;
  readonly onHeartbeat: (alive: boolean) => void;
}

/** The five sockets of one kernel. */
export interface Channels {
  /** In order per channel; dropped once closed. */
  send(message: OutgoingMessage): void;
  startHeartbeat(): void;
  /** Resolves when the kernel knows our stdin socket: it drops an `input_request` to one that it does not know. */
  readonly canAsk: Promise<void>;
  close(): void;
}

/** Connects to a kernel, which need not listen yet. Throws for a signature scheme that this Node does not know. */
export async function openChannels(options: ChannelOptions): Promise<Channels> {
  const { connection, log, trace, sessionId } = options;
  const signer = createSigner(connection.signatureScheme, connection.key);
  if (signer === undefined) throw new Error(`Unknown signature scheme: ${connection.signatureScheme}`);

  // libzmq's own thread reads on while this one is busy: a kernel drops what nobody takes. It is loaded at the first kernel,
  // so that a server without kernels does not pay for the native addon.
  const { Subscriber } = await import("zeromq");

  const dealer = (channel: Channel | "hb", onHandshake?: () => void) =>
    new Dealer({
      address: addressOf(connection, channel),
      routingId: sessionId,
      ...(onHandshake === undefined ? {} : { onHandshake }),
      onProblem: (problem) => log.error(`The ${channel} channel of a kernel cannot be used: ${problem}`),
    });
  const shell = dealer("shell");
  const control = dealer("control");
  const known = deferred<void>();
  const stdin = dealer("stdin", known.resolve);
  const heartbeat = dealer("hb");
  const receiveHighWaterMark = options.waitsForReaders ? waitingMessagesMax : 0;
  const iopub = new Subscriber({ linger: 0, reconnectInterval: reconnectMs, receiveHighWaterMark });
  iopub.subscribe("");
  // A kernel may welcome only the first subscriber of a topic, and of this one we are the first.
  iopub.subscribe(randomUUID());
  iopub.connect(endpoint(connection, "iopub"));
  const sockets = { shell, control, stdin, iopub, hb: heartbeat };

  const onMessage = (message: Message) => {
    trace?.("kernel", "<==", `${message.channel} ${message.header.msg_type}`, message.content);
    try {
      options.onMessage(message);
    } catch (error) {
      log.error(`A message of the kernel was not handled: ${error instanceof Error ? error.stack : String(error)}`);
    }
  };
  const onQuestion = (message: Message) => {
    setTimeout(() => {
      if (!stdin.closed) onMessage(message);
    }, outputBehindMs);
  };
  for (const channel of ["shell", "control", "stdin", "iopub"] as const)
    receive(sockets[channel], channel, signer, log, channel === "stdin" ? onQuestion : onMessage).catch((error: unknown) => {
      if (!sockets[channel].closed) log.error(`The ${channel} channel of a kernel broke: ${String(error)}`);
    });

  let beating: Heartbeat | undefined;
  return {
    canAsk: known.promise,
    send(message) {
      trace?.("kernel", "==>", `${message.channel} ${message.msgType}`, message.content);
      sockets[message.channel].send(encode(signer, sessionId, message));
    },
    startHeartbeat() {
      // The empty frame lets it pass through kernels that answer with a REP socket.
      const beat = () => heartbeat.send([Buffer.alloc(0), Buffer.from("beat")]);
      const started = startHeartbeat(beat, options.heartbeatMs, options.onHeartbeat);
      beating = started;
      void listen(heartbeat, started);
    },
    close() {
      beating?.stop();
      for (const socket of Object.values(sockets)) socket.close();
    },
  };
}

async function listen(socket: Dealer, heartbeat: Heartbeat): Promise<void> {
  for await (const _ of socket) heartbeat.answered();
}

function addressOf({ transport, ip, ports }: Connection, channel: Channel | "hb"): NetConnectOpts {
  return transport === "ipc" ? { path: `${ip}-${ports[channel]}` } : { host: ip, port: ports[channel] };
}

async function receive(
  socket: Dealer | Subscriber,
  channel: Channel,
  signer: Signer,
  log: Log,
  onMessage: (message: Message) => void,
): Promise<void> {
  let pauseAt = performance.now() + receiveMsMax;
  for await (const frames of socket) {
    // Awaited one after the other, so that a large message is not overtaken by the small ones behind it.
    const decoded = isLarge(frames) ? await decodeInSteps(signer, channel, frames) : decode(signer, channel, frames);
    if (decoded.ok) onMessage(decoded.message);
    else log.warn(`A message of the kernel on ${channel} was ignored: ${decoded.reason}`);
    if (performance.now() < pauseAt) continue;
    await new Promise((resolve) => setImmediate(resolve));
    pauseAt = performance.now() + receiveMsMax;
  }
}
