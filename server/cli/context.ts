import type { Readable, Writable } from "node:stream";
import type { Hub } from "../hub/hub.ts";

export type SignalName = "SIGINT" | "SIGTERM" | "SIGHUP";

/** A stream to write to, and what is known of the terminal behind it. */
export type Output = Writable & {
  readonly fd?: number;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};
/** Where `input()` reads from. */
export type Input = Readable & { readonly isTTY?: boolean; readonly isRaw?: boolean; setRawMode?(raw: boolean): unknown };

/** Everything of the process that a verb may touch. */
export interface CliContext {
  readonly version: string;
  readonly cwd: string;
  readonly env: { readonly [name: string]: string | undefined };
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  /** The program of the thread that decodes pictures; absent: only those are shown that need no decoding. */
  readonly imageWorker?: string | undefined;
  /** Loaded only when a verb needs it. */
  openHub(): Promise<Hub>;
  /** Serves the client on stdin and stdout from now on; the process ends with it. */
  startLanguageServer(): Promise<void>;
  /** Calls `listener` instead of ending the process; returns how to stop that. */
  onSignal(listener: (name: SignalName) => void): () => void;
  /** Ends the process now, whatever is under way. */
  exitNow(status: number): void;
}
