import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import type { Readable } from "node:stream";
import { deferred, within } from "../base/deferred.ts";
import type { KernelExit } from "./provider.ts";
import { createStderrTail } from "./stderr-tail.ts";

export interface ProcessOptions {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: { readonly [name: string]: string | undefined };
  readonly stderrTailBytes: number;
  /** Called in the very turn in which the process came to be, so that nothing can happen to us in between. */
  readonly onSpawn: (pid: number) => void;
}

/** A process that leads its own group, with its stdout and stderr drained. */
export interface GroupProcess {
  readonly pid: number;
  /** Settles when the process has ended; what was left of its group has then been killed. */
  readonly exited: Promise<KernelExit>;
  /** Signals the whole group; `false` if the process is gone. */
  signal(name: NodeJS.Signals): boolean;
}

/** Starts a process in a group of its own. Throws the error of spawning: ENOENT, EACCES, … */
export async function startProcess(options: ProcessOptions): Promise<GroupProcess> {
  const [program = "", ...args] = options.argv;
  // Spawning reports ENOENT for the program when it is the directory that is missing.
  if (!existsSync(options.cwd)) throw missingDirectory(options.cwd);
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...options.env },
    // Its own group: ^C in our terminal does not reach it, and a signal reaches the processes it starts.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (child.pid !== undefined) options.onSpawn(child.pid);
  const exited = watchExit(child, child.stderr, options.stderrTailBytes);
  child.stdout.resume();
  const pid = await spawned(child);
  let gone = false;
  void exited.then(() => (gone = true));
  return {
    pid,
    exited,
    signal: (name) => !gone && child.exitCode === null && child.signalCode === null && signalGroup(pid, name),
  };
}

/** Sends a signal to every process of a group; `false` if there is none. */
export function signalGroup(group: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(-group, name);
  } catch {
    return false;
  }
}

async function spawned(child: ChildProcess): Promise<number> {
  const { promise, resolve, reject } = deferred<number>();
  child.once("spawn", () => resolve(child.pid ?? 0));
  child.once("error", reject);
  return await promise;
}

function watchExit(child: ChildProcess, stderr: Readable, tailBytes: number): Promise<KernelExit> {
  const { promise, resolve } = deferred<KernelExit>();
  const tail = createStderrTail(tailBytes);
  const closed = deferred<undefined>();
  stderr.on("data", (chunk: Buffer) => tail.add(chunk));
  stderr.once("close", () => closed.resolve(undefined));
  child.once("exit", (code, signal) => {
    // At once: while members are left the group's number cannot be given to anybody else.
    if (child.pid !== undefined) signalGroup(child.pid, "SIGKILL");
    // A process outside of the group may hold stderr open for ever.
    void within(closed.promise, 200, undefined).then(() => {
      stderr.destroy();
      resolve({ code, signal, stderrTail: tail.text() });
    });
  });
  return promise;
}

function missingDirectory(path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`ENOENT: the working directory does not exist: ${path}`), { code: "ENOENT", path });
}
