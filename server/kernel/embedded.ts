import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeDirectory } from "./make-directory.ts";
import { deferred, within } from "../base/deferred.ts";
import type { Log } from "../base/log.ts";
import type { Trace } from "../base/trace.ts";
import type { JsonObject, OutgoingMessage } from "../jupyter/message.ts";
import { commandLine, environment } from "./command-line.ts";
import { connectWhenListening, type LineAddress, type LineConnection, openLineConnection } from "./line-connection.ts";
import { type GroupProcess, startProcess } from "./process.ts";
import type { KernelExit, KernelLaunch, KernelListener, KernelProvider, LaunchOptions, RunningKernel } from "./provider.ts";
import { createReadiness, readyUnless } from "./readiness.ts";
import { resourcePath } from "./resources.ts";
import { createWatchdog, type Watchdog } from "./watchdog.ts";

/** `sun_path` has 104 bytes on macOS and 108 on Linux, its final zero included. */
const socketPathBytesMax = 103;
/** What a dead kernel still wrote may take this long to be read, before its end is told. */
const drainMs = 2_000;

/**
 * Imports the kernel instead of running it: Python keeps the bytecode of modules and not that of scripts, and compiling
 * takes longer than all the rest of the start. The notebook's folder is not on the path meanwhile, where a `socket.py`
 * would be taken for Python's.
 */
const bootstrap = [
  "import sys",
  "sys.path[:sys.path[:1] == ['']] = sys.argv[1:2]",
  "kept, sys.dont_write_bytecode = sys.dont_write_bytecode, False",
  "import embedded_kernel",
  "sys.dont_write_bytecode = kept",
  "embedded_kernel.main(*sys.argv[1:])",
].join("; ");

/** The embedded kernel run by `interpreter`; `reason` says why it was chosen. */
export function embeddedLaunch(interpreter: string, reason: string): KernelLaunch {
  return {
    name: `embedded:${interpreter}`,
    displayName: "Python (basic)",
    language: "python",
    provider: "embedded",
    source: "embedded",
    reason,
    interpreter,
    argv: [interpreter, "-c", bootstrap, dirname(resourcePath("embedded_kernel.py")), "{connection_file}"],
    env: {},
    interruptMode: "signal",
    isIpykernel: false,
  };
}

export interface EmbeddedProviderOptions {
  readonly log: Log;
  readonly trace?: Trace | undefined;
  /** Between two beats of the heartbeat; three missed in a row make a kernel silent. */
  readonly heartbeatMs?: number;
  /** `tcp`: loopback with a key, also where Unix domain sockets are. */
  readonly transport?: "unix" | "tcp";
}

/** Starts our own Python kernel, which needs an interpreter and nothing else, and talks to it over a private socket. */
export function createEmbeddedProvider({ log, trace, heartbeatMs = 2_000, transport }: EmbeddedProviderOptions): KernelProvider {
  let watchdog: Watchdog | undefined;
  return {
    async launch(launch, options, listener) {
      if (options.lifetime === "door") watchdog ??= createWatchdog(log, options.env["PATH"] ?? "/usr/bin:/bin");
      const watch = options.lifetime === "door" ? watchdog : undefined;
      return await startEmbedded({ log, trace, heartbeatMs, transport, watchdog: watch, launch, options, listener });
    },
  };
}

interface KernelParts {
  readonly log: Log;
  readonly trace: Trace | undefined;
  readonly heartbeatMs: number;
  readonly transport: "unix" | "tcp" | undefined;
  readonly watchdog: Watchdog | undefined;
  readonly launch: KernelLaunch;
  readonly options: LaunchOptions;
  readonly listener: KernelListener;
}

/** Starts the process. Throws the error of spawning. */
async function startEmbedded(parts: KernelParts): Promise<EmbeddedKernel> {
  const { launch, options, watchdog, transport } = parts;
  makeDirectory(options.runtimeDirectory);
  const directory = await mkdtemp(join(options.runtimeDirectory, "k"));
  try {
    const { address, file } = await writeConnectionFile(directory, options.sessionId, transport);
    const process = await startProcess({
      argv: [...commandLine(launch, options, file), options.lifetime],
      cwd: options.cwd,
      env: environment(launch, options),
      stderrTailBytes: options.stderrTailBytes,
      onSpawn: (pid) => watchdog?.add(pid, directory),
    });
    return new EmbeddedKernel(parts, directory, process, address);
  } catch (error) {
    await remove(directory);
    throw error;
  }
}

class EmbeddedKernel implements RunningKernel {
  readonly exited: Promise<KernelExit>;
  readonly #parts: KernelParts;
  /** Private to this kernel: its connection file and socket. */
  readonly #directory: string;
  readonly #process: GroupProcess;
  readonly #ready = deferred<JsonObject>();
  #connection: LineConnection | undefined;
  #disposed: Promise<void> | undefined;

  constructor(parts: KernelParts, directory: string, process: GroupProcess, address: LineAddress) {
    this.#parts = parts;
    this.#directory = directory;
    this.#process = process;
    const connected = this.#connect(address);
    this.exited = process.exited.then(async (exit) => {
      parts.watchdog?.remove(process.pid);
      await connected;
      if (this.#connection !== undefined) await within(this.#connection.ended, drainMs, undefined);
      this.#connection?.close();
      return exit;
    });
  }

  get pid(): number {
    return this.#process.pid;
  }

  send(message: OutgoingMessage): void {
    this.#connection?.send(message);
  }

  ready(abort: AbortSignal): Promise<{ readonly content: JsonObject } | false> {
    return readyUnless(this.#ready.promise, this.exited, abort);
  }

  signal(name: "SIGINT" | "SIGTERM" | "SIGKILL"): boolean {
    return this.#process.signal(name);
  }

  dispose(): Promise<void> {
    this.#disposed ??= this.#dispose();
    return this.#disposed;
  }

  async #dispose(): Promise<void> {
    this.#process.signal("SIGKILL");
    this.#connection?.close();
    await this.exited;
    await remove(this.#directory);
  }

  async #connect(address: LineAddress): Promise<void> {
    const { log, trace, options, listener, heartbeatMs } = this.#parts;
    const gone = new AbortController();
    void this.#process.exited.then(() => gone.abort());
    const socket = await connectWhenListening(address, gone.signal);
    if (socket === undefined) return;
    const readiness = createReadiness();
    const connection = openLineConnection(socket, {
      log,
      trace,
      sessionId: options.sessionId,
      onMessage: (message) => {
        readiness.message(message);
        listener.message(message);
      },
    });
    readiness.start((channel, msgId) => connection.send({ channel, msgId, msgType: "kernel_info_request", content: {} }));
    this.#connection = connection;
    void readiness.ready.then((content) => {
      connection.startHeartbeat(heartbeatMs, (alive) => listener.heartbeat(alive));
      this.#ready.resolve(content);
    });
    void connection.ended.then(() => {
      readiness.stop();
      // A kernel that nobody can talk to any more is no kernel. One that is about to end by itself is let.
      void within(this.#process.exited, drainMs, undefined).then(() => this.#process.signal("SIGKILL"));
    });
  }
}

/** Where the kernel shall listen: a Unix domain socket in its private directory where that can be. */
async function writeConnectionFile(
  directory: string,
  session: string,
  wanted: "unix" | "tcp" | undefined,
): Promise<{ readonly address: LineAddress; readonly file: string }> {
  const file = join(directory, "connection.json");
  const socketPath = join(directory, "s");
  const fits = process.platform !== "win32" && Buffer.byteLength(socketPath) <= socketPathBytesMax;
  const transport = wanted ?? (fits ? "unix" : "tcp");
  const key = randomBytes(32).toString("hex");
  await writeFile(file, JSON.stringify({ transport, address: socketPath, key, session }), { mode: 0o600 });
  return { address: { transport, path: transport === "unix" ? socketPath : file, key }, file };
}

async function remove(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true, maxRetries: 3 });
}
