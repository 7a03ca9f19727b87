import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeDirectory } from "./make-directory.ts";
import { deferred, within } from "../base/deferred.ts";
import type { Log } from "../base/log.ts";
import type { Trace } from "../base/trace.ts";
import { printConnectionFile } from "../jupyter/connection-file.ts";
import type { JsonObject, OutgoingMessage } from "../jupyter/message.ts";
import { chooseConnection } from "./address.ts";
import { openChannels, type Channels } from "./channels.ts";
import { commandLine, environment, usesLauncher } from "./command-line.ts";
import { startProcess, type GroupProcess } from "./process.ts";
import type { KernelExit, KernelLaunch, KernelListener, KernelProvider, LaunchOptions, RunningKernel } from "./provider.ts";
import { kernelQuirks } from "./quirks.ts";
import { createReadiness, readyUnless, type Readiness } from "./readiness.ts";
import { createWatchdog, type Watchdog } from "./watchdog.ts";

/** A kernel whose port was taken by somebody else in the meantime is started again this often. */
const startsMax = 5;
/** A process that SIGKILL does not end in this time hangs in the system, and is not waited for. */
const killedMsMax = 5_000;
const stdinMsMax = 1_000;
const addressInUse = /address (?:is )?already in use|EADDRINUSE|AddrInUse|address in use/i;

export interface ZeromqProviderOptions {
  readonly log: Log;
  readonly trace?: Trace | undefined;
  /** Between two beats of the heartbeat; three missed in a row make a kernel silent. */
  readonly heartbeatMs?: number;
}

/** Starts Jupyter kernels as processes of ours and talks to them over ZeroMQ. */
export function createZeromqProvider({ log, trace, heartbeatMs = 2_000 }: ZeromqProviderOptions): KernelProvider {
  let watchdog: Watchdog | undefined;
  return {
    async launch(launch, options, listener) {
      if (options.lifetime === "door") watchdog ??= createWatchdog(log, options.env["PATH"] ?? "/usr/bin:/bin");
      const watch = options.lifetime === "door" ? watchdog : undefined;
      const kernel = new ZeromqKernel({ log, trace, heartbeatMs, watchdog: watch, launch, options, listener });
      await kernel.start();
      return kernel;
    },
  };
}

interface KernelParts {
  readonly log: Log;
  readonly trace: Trace | undefined;
  readonly heartbeatMs: number;
  readonly watchdog: Watchdog | undefined;
  readonly launch: KernelLaunch;
  readonly options: LaunchOptions;
  readonly listener: KernelListener;
}

/** One start of the kernel's process and what belongs to it. */
interface Attempt {
  /** Private to this start: its connection file and sockets. */
  readonly directory: string;
  readonly process: GroupProcess;
  readonly channels: Channels;
  readonly readiness: Readiness;
}

class ZeromqKernel implements RunningKernel {
  readonly exited: Promise<KernelExit>;
  readonly #parts: KernelParts;
  readonly #exit = deferred<KernelExit>();
  readonly #ready = deferred<JsonObject>();
  #attempt: Attempt | undefined;
  #starts = 0;
  #disposed: Promise<void> | undefined;

  constructor(parts: KernelParts) {
    this.#parts = parts;
    this.exited = this.#exit.promise;
  }

  get pid(): number {
    return this.#attempt?.process.pid ?? 0;
  }

  send(message: OutgoingMessage): void {
    if (this.#disposed === undefined) this.#attempt?.channels.send(message);
  }

  ready(abort: AbortSignal): Promise<{ readonly content: JsonObject } | false> {
    return readyUnless(this.#ready.promise, this.exited, abort);
  }

  signal(name: "SIGINT" | "SIGTERM" | "SIGKILL"): boolean {
    return this.#attempt?.process.signal(name) ?? false;
  }

  dispose(): Promise<void> {
    this.#disposed ??= this.#dispose();
    return this.#disposed;
  }

  async #dispose(): Promise<void> {
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    attempt.process.signal("SIGKILL");
    await within(attempt.process.exited, killedMsMax, undefined);
    await close(attempt);
  }

  /** Starts the process. Throws the error of spawning. */
  async start(): Promise<void> {
    const { log, trace, heartbeatMs, watchdog, launch, options, listener } = this.#parts;
    this.#starts += 1;
    makeDirectory(options.runtimeDirectory);
    const directory = await mkdtemp(join(options.runtimeDirectory, "k"));
    try {
      const connection = await chooseConnection(directory, kernelQuirks(launch, {}).ipc, launch.name);
      const connectionFile = join(directory, "connection.json");
      await writeFile(connectionFile, printConnectionFile(connection), { mode: 0o600 });
      const process = await startProcess({
        argv: commandLine(launch, options, connectionFile),
        cwd: options.cwd,
        env: environment(launch, options),
        stderrTailBytes: options.stderrTailBytes,
        onSpawn: (pid) => watchdog?.add(pid, directory),
      });
      void process.exited.then(() => watchdog?.remove(process.pid));
      const readiness = createReadiness();
      let heard = false;
      const channels = await openChannels({
        log,
        trace,
        connection,
        sessionId: options.sessionId,
        waitsForReaders: usesLauncher(launch, options.useLauncher),
        heartbeatMs,
        onMessage: (message) => {
          heard = true;
          readiness.message(message);
          listener.message(message);
        },
        onHeartbeat: (alive) => listener.heartbeat(alive),
      }).catch(async (error: unknown) => {
        process.signal("SIGKILL");
        await process.exited;
        throw error;
      });
      readiness.start((channel, msgId) => channels.send({ channel, msgId, msgType: "kernel_info_request", content: {} }));
      const attempt = { directory, process, channels, readiness };
      this.#attempt = attempt;
      void readiness.ready.then(async (content) => {
        // A kernel that has no stdin channel must run nevertheless.
        await within(channels.canAsk, stdinMsMax, undefined);
        channels.startHeartbeat();
        this.#ready.resolve(content);
      });
      void process.exited.then(async (exit) => {
        const taken = !heard && connection.transport === "tcp" && addressInUse.test(exit.stderrTail);
        if (taken && this.#starts < startsMax && this.#disposed === undefined) await this.#startAgain(attempt, exit);
        else this.#exit.resolve(exit);
      });
    } catch (error) {
      await remove(directory);
      throw error;
    }
  }

  async #startAgain(attempt: Attempt, exit: KernelExit): Promise<void> {
    await close(attempt);
    try {
      await this.start();
      // Disposed while it started: then nobody but us knows of it.
      if (this.#disposed !== undefined) await this.#dispose();
    } catch {
      this.#exit.resolve(exit);
    }
  }
}

async function close({ directory, channels, readiness }: Attempt): Promise<void> {
  readiness.stop();
  channels.close();
  await remove(directory);
}

async function remove(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true, maxRetries: 3 });
}
