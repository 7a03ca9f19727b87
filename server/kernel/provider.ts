import type { Message, OutgoingMessage } from "../jupyter/message.ts";

/** How a kernel is started: a kernelspec, an interpreter without one, or the embedded kernel. Plain data. */
export interface KernelLaunch {
  /** Unique among candidates: the kernelspec's name, or the interpreter's path. */
  readonly name: string;
  readonly displayName: string;
  readonly language: string;
  readonly provider: "zeromq" | "embedded";
  /** Where it was found, as in `KernelCandidate.source` of the protocol. */
  readonly source: "notebook" | "setting" | "kernelspec" | "environment" | "path" | "embedded";
  /** Why it was chosen or stands where it does: a sentence for people. */
  readonly reason: string;
  /** The interpreter behind it, where there is one. */
  readonly interpreter?: string;
  /** Command line with `{connection_file}` and `{resource_dir}` in place; interpreter already resolved. */
  readonly argv: readonly string[];
  /** Set on top of the client's environment. */
  readonly env: { readonly [name: string]: string };
  readonly interruptMode: "signal" | "message";
  readonly resourceDirectory?: string;
  /** Whether argv runs ipykernel, so that the launcher applies and its quirks are known. */
  readonly isIpykernel: boolean;
}

export interface LaunchOptions {
  readonly cwd: string;
  /** The whole environment of the client that asked; never `process.env`. */
  readonly env: { readonly [name: string]: string | undefined };
  /** Private directory (0700) for connection files and sockets. Short: a socket path has at most 107 bytes. */
  readonly runtimeDirectory: string;
  /** `door`: ends with this process, however that ends. */
  readonly lifetime: "door" | "detached";
  /** ipykernel through our launcher (`kernel.launcher`). */
  readonly useLauncher: boolean;
  /** IPython's history over all sessions; absent: kept. Off only through our launcher. */
  readonly keepHistory?: boolean;
  /** `header.session` and the routing id of our sockets. */
  readonly sessionId: string;
  readonly stderrTailBytes: number;
}

export interface KernelExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** The last bytes it wrote to stderr, decoded. */
  readonly stderrTail: string;
}

export interface KernelListener {
  /** Every message that is well-formed and rightly signed, in the order of its channel. */
  message(message: Message): void;
  /** The heartbeat missed several beats in a row, or came back. Busy is not dead: it is a hint, no verdict. */
  heartbeat(alive: boolean): void;
}

/** A kernel process and the connection to it. */
export interface RunningKernel {
  readonly pid: number;
  /** In order per channel. Never throws; what is sent to a dead kernel is dropped. */
  send(message: OutgoingMessage): void;
  /**
   * Resolves when a message published from now on will reach us: the kernel answers on shell and its iopub is connected.
   * Rejects never; `false` once `abort` fires or the process ended.
   */
  ready(abort: AbortSignal): Promise<{ readonly content: Message["content"] } | false>;
  /** Settles once, when the process has ended. */
  readonly exited: Promise<KernelExit>;
  /** Sends a signal to the kernel's process group; `false` if it is gone. */
  signal(name: "SIGINT" | "SIGTERM" | "SIGKILL"): boolean;
  /** Closes sockets, kills what is left of the process group, removes files. Idempotent. */
  dispose(): Promise<void>;
}

export interface KernelProvider {
  /** Throws only `NodeJS.ErrnoException`s of spawning (ENOENT, EACCES): the program cannot be started. */
  launch(launch: KernelLaunch, options: LaunchOptions, listener: KernelListener): Promise<RunningKernel>;
}
