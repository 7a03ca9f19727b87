import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { deferred, within } from "../base/deferred.ts";
import type { Log } from "../base/log.ts";
import type { Trace } from "../base/trace.ts";
import { commandLine, environment } from "./command-line.ts";
import { connectWhenListening, type LineAddress, openLineConnection } from "./line-connection.ts";
import { startProcess } from "./process.ts";
import type { KernelLaunch, KernelProvider, RunningKernel } from "./provider.ts";
import { createReadiness } from "./readiness.ts";
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
export function createEmbeddedProvider(options: EmbeddedProviderOptions): KernelProvider {
  const { log, trace, heartbeatMs = 2_000 } = options;
  let watchdog: Watchdog | undefined;
  return {
    async launch(launch, launchOptions, listener): Promise<RunningKernel> {
      const { lifetime, runtimeDirectory, cwd, stderrTailBytes, sessionId } = launchOptions;
      if (lifetime === "door") watchdog ??= createWatchdog(log, launchOptions.env["PATH"] ?? "/usr/bin:/bin");
      const watch = lifetime === "door" ? watchdog : undefined;

      await mkdir(runtimeDirectory, { recursive: true, mode: 0o700 });
      const directory = await mkdtemp(join(runtimeDirectory, "k"));
      const removeDirectory = () => rm(directory, { recursive: true, force: true, maxRetries: 3 });
      const stopped = new AbortController();
      try {
        const { address, file } = await writeConnectionFile(directory, sessionId, options.transport);
        const child = await startProcess({
          argv: [...commandLine(launch, false, file), lifetime],
          cwd,
          env: environment(launch, launchOptions),
          stderrTailBytes,
          onSpawn: (pid) => watch?.add(pid, directory),
        });
        void child.exited.then(() => {
          watch?.remove(child.pid);
          stopped.abort();
        });

        const ready = deferred<{ readonly content: { readonly [key: string]: unknown } }>();
        const opened = connectWhenListening(address, stopped.signal).then((socket) => {
          if (socket === undefined) return undefined;
          const connection = openLineConnection(socket, {
            log,
            trace,
            sessionId,
            onMessage: (message) => {
              readiness.message(message);
              listener.message(message);
            },
          });
          const readiness = createReadiness((channel, msgId) =>
            connection.send({ channel, msgId, msgType: "kernel_info_request", content: {} }),
          );
          void readiness.ready.then((content) => {
            connection.startHeartbeat(heartbeatMs, (alive) => listener.heartbeat(alive));
            ready.resolve({ content });
          });
          // A kernel that nobody can talk to any more is no kernel.
          void connection.ended.then(() => {
            readiness.stop();
            child.signal("SIGKILL");
          });
          return connection;
        });
        let connection: Awaited<typeof opened>;
        void opened.then((value) => (connection = value));

        const exited = child.exited.then(async (exit) => {
          const last = await opened;
          if (last !== undefined) await within(last.ended, drainMs, undefined);
          last?.close();
          return exit;
        });
        let disposed: Promise<void> | undefined;
        return {
          pid: child.pid,
          exited,
          send: (message) => connection?.send(message),
          signal: (name) => child.signal(name),
          async ready(abort) {
            const aborted = deferred<false>();
            const stop = () => aborted.resolve(false);
            if (abort.aborted) return false;
            abort.addEventListener("abort", stop, { once: true });
            try {
              return await Promise.race([ready.promise, exited.then(() => false as const), aborted.promise]);
            } finally {
              abort.removeEventListener("abort", stop);
            }
          },
          dispose() {
            disposed ??= (async () => {
              child.signal("SIGKILL");
              connection?.close();
              await exited;
              await removeDirectory();
            })();
            return disposed;
          },
        };
      } catch (error) {
        await removeDirectory();
        throw error;
      }
    },
  };
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
