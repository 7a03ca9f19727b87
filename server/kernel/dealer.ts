import { connect, type NetConnectOpts, type Socket } from "node:net";
import { encodeMessage, FrameReader, greeting, greetingBytes, greetingProblem, readCommand, readyCommand } from "./zmtp.ts";

/** A kernel that listens is there within this time, one that does not yet is asked again after it. */
const reconnectMs = 5;
/** More of them waiting to be taken, and no more is read. */
const waitingMessagesMax = 1_000;

export interface DealerOptions {
  readonly address: NetConnectOpts;
  /** Under which the peer's ROUTER socket knows this one. */
  readonly routingId: string;
  /** The peer knows this socket; again after each new connection. */
  readonly onHandshake?: () => void;
  /** The peer cannot be talked to, and is not asked again. */
  readonly onProblem: (problem: string) => void;
}

/**
 * A DEALER socket of ZeroMQ in this thread: what is sent is on its way when `send` returns. libzmq hands every message to a
 * thread of its own and back, which for the short exchange around a cell takes longer than all the rest of ours.
 * Connects, and connects again, until it is closed; what is sent meanwhile waits. Messages come by iteration.
 */
export class Dealer {
  readonly #options: DealerOptions;
  readonly #unsent: Buffer[] = [];
  readonly #received: Buffer[][] = [];
  #wake: (() => void) | undefined;
  #socket: Socket | undefined;
  #isReady = false;
  #isClosed = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: DealerOptions) {
    this.#options = options;
    this.#connect();
  }

  get closed(): boolean {
    return this.#isClosed;
  }

  send(frames: readonly Buffer[]): void {
    if (this.#isClosed) return;
    const bytes = encodeMessage(frames);
    if (this.#isReady) this.#socket?.write(bytes);
    else this.#unsent.push(bytes);
  }

  /** What has not gone out yet does not. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    this.#socket?.destroy();
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer[], void> {
    while (!this.#isClosed) {
      const frames = this.#received.shift();
      if (frames !== undefined) {
        if (this.#received.length === 0) this.#socket?.resume();
        yield frames;
      } else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #connect(): void {
    const socket = connect(this.#options.address);
    this.#socket = socket;
    const reader = new FrameReader();
    let isGreeted = false;
    let parts: Buffer[] = [];
    const read = () => {
      if (!isGreeted) {
        const bytes = reader.bytes(greetingBytes);
        if (bytes === undefined) return;
        isGreeted = true;
        const problem = greetingProblem(bytes);
        if (problem !== undefined) throw new Error(problem);
        socket.write(readyCommand("DEALER", this.#options.routingId));
      }
      for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
        if (frame.isCommand) this.#command(frame.body);
        else {
          parts.push(frame.body);
          if (frame.hasMore) continue;
          this.#received.push(parts);
          parts = [];
        }
      }
      if (this.#received.length === 0) return;
      if (this.#received.length > waitingMessagesMax) socket.pause();
      this.#wake?.();
    };
    socket.setNoDelay(true);
    socket.on("connect", () => socket.write(greeting()));
    socket.on("data", (chunk) => {
      reader.push(chunk);
      try {
        read();
      } catch (error) {
        this.#options.onProblem(error instanceof Error ? error.message : String(error));
        this.close();
      }
    });
    // The end tells enough: nobody listens yet, or no more.
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#isReady = false;
      if (!this.#isClosed) this.#retry = setTimeout(() => this.#connect(), reconnectMs);
    });
  }

  #command(body: Buffer): void {
    const { name, rest } = readCommand(body);
    if (name === "ERROR") throw new Error(`it refuses the connection: ${rest.toString("utf8", 1)}`);
    if (name !== "READY" || this.#isReady) return;
    this.#isReady = true;
    for (const bytes of this.#unsent.splice(0)) this.#socket?.write(bytes);
    this.#options.onHandshake?.();
  }
}
