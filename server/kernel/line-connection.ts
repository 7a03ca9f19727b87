import { readFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "../base/log.ts";
import type { Trace } from "../base/trace.ts";
import { beatLine, decodeLine, encodeLine, type Line } from "../jupyter/json-lines.ts";
import type { Message, OutgoingMessage } from "../jupyter/message.ts";
import { type Heartbeat, startHeartbeat } from "./heartbeat.ts";

/** Between attempts to connect to a kernel that does not listen yet: it takes some 20 ms. */
const retryMs = 2;
/** Receiving gives way to everything else after this long, however much a kernel sends. */
const receiveMsMax = 8;

export interface LineAddress {
  readonly transport: "unix" | "tcp";
  /** The path of the socket; for tcp the connection file, into which the kernel writes its port. */
  readonly path: string;
  /** What a client must say first on tcp. */
  readonly key: string;
}

export interface LineConnectionOptions {
  readonly log: Log;
  readonly trace: Trace | undefined;
  readonly sessionId: string;
  readonly onMessage: (message: Message) => void;
}

/** The one connection to an embedded kernel, which carries all channels. */
export interface LineConnection {
  /** In order; dropped once closed. */
  send(message: OutgoingMessage): void;
  startHeartbeat(intervalMs: number, tell: (alive: boolean) => void): void;
  /** Settles when everything that the kernel sent was handed on and nothing more will come. */
  readonly ended: Promise<void>;
  close(): void;
}

/** A socket connected to the kernel as soon as it listens; `undefined` once `abort` fires. */
export async function connectWhenListening(address: LineAddress, abort: AbortSignal): Promise<Socket | undefined> {
  while (!abort.aborted) {
    const target = await targetOf(address);
    const socket = target === undefined ? undefined : await connected(target);
    if (socket !== undefined) {
      if (address.transport === "tcp") socket.setNoDelay().write(`${address.key}\n`);
      return socket;
    }
    await delay(retryMs);
  }
  return undefined;
}

async function targetOf(address: LineAddress): Promise<{ path: string } | { host: string; port: number } | undefined> {
  if (address.transport === "unix") return { path: address.path };
  const file: unknown = JSON.parse(await readFile(address.path, "utf8"));
  const port = typeof file === "object" && file !== null && "port" in file ? file.port : undefined;
  return typeof port === "number" ? { host: "127.0.0.1", port } : undefined;
}

async function connected(target: { path: string } | { host: string; port: number }): Promise<Socket | undefined> {
  const socket = connect(target);
  return await new Promise((resolve) => {
    // It stays for the life of the socket: an error after the connection is told by its close.
    socket.on("error", () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.once("connect", () => resolve(socket));
  });
}

/** Speaks Jupyter messages over a connected socket. */
export function openLineConnection(socket: Socket, options: LineConnectionOptions): LineConnection {
  const { log, trace, sessionId } = options;
  let heartbeat: Heartbeat | undefined;
  const take = (line: Line) => {
    if (line.type === "beat") {
      heartbeat?.answered();
      return;
    }
    const { message } = line;
    trace?.("kernel", "<==", `${message.channel} ${message.header.msg_type}`, message.content);
    try {
      options.onMessage(message);
    } catch (error) {
      log.error(`A message of the kernel was not handled: ${error instanceof Error ? error.stack : String(error)}`);
    }
  };
  const write = (line: string) => {
    if (socket.writable) socket.write(line);
  };
  return {
    send(message) {
      trace?.("kernel", "==>", `${message.channel} ${message.msgType}`, message.content);
      write(encodeLine(sessionId, message));
    },
    startHeartbeat(intervalMs, tell) {
      heartbeat = startHeartbeat(() => write(beatLine), intervalMs, tell);
    },
    ended: receive(socket, log, take),
    close() {
      heartbeat?.stop();
      socket.destroy();
    },
  };
}

/** Hands on line after line. While one is worked on the socket is not read, so that the kernel waits for us in the end. */
async function receive(socket: Socket, log: Log, take: (line: Line) => void): Promise<void> {
  let begun: Buffer[] = [];
  let pauseAt = performance.now() + receiveMsMax;
  const breathe = async () => {
    if (performance.now() < pauseAt) return;
    await new Promise((resolve) => setImmediate(resolve));
    pauseAt = performance.now() + receiveMsMax;
  };
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      let from = 0;
      for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, from)) {
        const rest = chunk.subarray(from, end);
        const decoding = decodeLine(begun.length === 0 ? rest : Buffer.concat([...begun, rest]));
        begun = [];
        from = end + 1;
        let step = decoding.next();
        while (step.done !== true) {
          await breathe();
          step = decoding.next();
        }
        if (step.value === undefined) log.warn("A line of the embedded kernel was ignored: it is no message");
        else take(step.value);
        await breathe();
      }
      if (from < chunk.length) begun.push(chunk.subarray(from));
    }
  } catch {
    // The socket broke: that is its end too.
  }
}
