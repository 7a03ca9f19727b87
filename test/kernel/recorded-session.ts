import { randomUUID } from "node:crypto";
import { onTestFailed, onTestFinished } from "vitest";
import { type Limits, defaultLimits } from "../../server/base/limits.ts";
import { silentLog } from "../../server/base/log.ts";
import { createTrace } from "../../server/base/trace.ts";
import type { Message, OutgoingMessage } from "../../server/jupyter/message.ts";
import { createEmbeddedProvider } from "../../server/kernel/embedded.ts";
import { createKernelSession } from "../../server/kernel/kernel-session.ts";
import type { KernelLaunch, KernelProvider, RunningKernel } from "../../server/kernel/provider.ts";
import type { ExecuteEnd, ExecuteRequest, KernelSession, SessionListener } from "../../server/kernel/session.ts";
import { createZeromqProvider } from "../../server/kernel/zeromq.ts";
import { tempDirectory } from "../real-kernels.ts";

/** What a session told its listener, in order. */
export type SessionEvent =
  | { readonly type: "status"; readonly status: string; readonly detail?: string }
  | { readonly type: "started"; readonly executionId: string; readonly executionCount: number | null }
  | { readonly type: "output"; readonly executionId: string; readonly message: Message }
  | { readonly type: "input"; readonly executionId: string; readonly prompt: string; readonly password: boolean }
  | { readonly type: "inputWithdrawn"; readonly executionId: string };

export interface RecordedSessionOptions {
  readonly limits?: Partial<Limits>;
  readonly cwd?: string;
  readonly env?: { readonly [name: string]: string };
  readonly runtimeDirectory?: string;
  /** `false`: the caller ends the session; by default the running test's end does. */
  readonly endWithTest?: boolean;
}

/** Shorter than the time limits of tests, so that what did not come is named: fake kernels answer at once. */
const eventDeadlineMs = (launch: KernelLaunch) => (launch.name === "fake" ? 4_000 : 10_000);

/** A session whose events and whose wire are kept, so that tests wait for what happened and read what it was. */
export class RecordedSession {
  readonly session: KernelSession;
  readonly events: SessionEvent[] = [];
  /** Every message the kernel sent, ours or not. */
  readonly messages: Message[] = [];
  readonly heartbeats: boolean[] = [];
  readonly transcript: string[] = [];
  readonly cwd: string;
  readonly runtimeDirectory: string;
  #kernel: RunningKernel | undefined;
  readonly #streams = new Map<string, string>();
  readonly #watchers = new Set<() => void>();

  constructor(launch: KernelLaunch, options: RecordedSessionOptions = {}) {
    this.cwd = options.cwd ?? tempDirectory();
    this.runtimeDirectory = options.runtimeDirectory ?? tempDirectory();
    const trace = createTrace("kernel", (line) => this.transcript.push(`${line.trimEnd().slice(0, 500)}\n`));
    const logged = { log: silentLog, ...(trace === undefined ? {} : { trace }) };
    const createProvider = launch.provider === "embedded" ? createEmbeddedProvider : createZeromqProvider;
    const provider = createProvider({ ...logged, heartbeatMs: 200 });
    this.session = createKernelSession(
      {
        log: silentLog,
        limits: { ...defaultLimits, ...options.limits },
        id: randomUUID(),
        launch,
        provider: this.#tapped(provider),
        launchOptions: {
          cwd: this.cwd,
          env: { ...process.env, ...options.env },
          runtimeDirectory: this.runtimeDirectory,
          lifetime: "door",
          useLauncher: true,
        },
      },
      this.#listener(),
    );
    if (options.endWithTest === false) return;
    onTestFailed(() => {
      process.stderr.write(`wire:\n${this.transcript.slice(-200).join("")}`);
    });
    onTestFinished(() => this.session.shutdown());
  }

  /** Starts the kernel; fails with its detail. */
  async start(): Promise<this> {
    const started = await this.session.start();
    if (!started.ok) throw new Error(started.detail);
    return this;
  }

  /** The kernel process of this moment, to speak to it past the session. */
  get kernel(): RunningKernel {
    if (this.#kernel === undefined) throw new Error("no kernel was launched");
    return this.#kernel;
  }

  /** The pid of the newest process, also before it is ready. */
  get launchedPid(): number | undefined {
    return this.#kernel?.pid;
  }

  /** Executes and gives back its end and its id; outputs are asked for by id. */
  async execute(code: string, more: Partial<ExecuteRequest> = {}): Promise<{ readonly id: string; readonly end: ExecuteEnd }> {
    const { id, ended } = this.begin(code, more);
    return { id, end: await ended };
  }

  /** Executes without waiting. */
  begin(code: string, more: Partial<ExecuteRequest> = {}): { readonly id: string; readonly ended: Promise<ExecuteEnd> } {
    const id = more.executionId ?? randomUUID();
    const request = { code, cellId: "cell", allowStdin: false, ...more, executionId: id };
    return { id, ended: this.session.execute(request) };
  }

  /** Executes and gives back what it wrote to stdout by its end. */
  async stdout(code: string): Promise<string> {
    const { id } = await this.execute(code);
    return this.stream(id, "stdout");
  }

  /** Executes code that prints, and gives back the first whole lines: kernels exist that print them after idle. */
  async printed(code: string): Promise<string> {
    const { id, end } = await this.execute(code);
    if (end.type !== "succeeded") throw new Error(`not executed: ${JSON.stringify(end)}`);
    return await this.until("a line", () => (this.stream(id, "stdout").endsWith("\n") ? this.stream(id, "stdout") : undefined));
  }

  /** What the execution has written so far. */
  stream(executionId: string, name: "stdout" | "stderr"): string {
    return this.#streams.get(`${executionId} ${name}`) ?? "";
  }

  /** The output messages of an execution, of all types or of one. */
  outputs(executionId: string, type?: string): Message[] {
    return this.events
      .filter((event) => event.type === "output" && event.executionId === executionId)
      .map((event) => (event as Extract<SessionEvent, { type: "output" }>).message)
      .filter((message) => type === undefined || message.header.msg_type === type);
  }

  get statuses(): string[] {
    return this.events.flatMap((event) => (event.type === "status" ? [event.status] : []));
  }

  /** The first event that matches, past or to come. */
  async event<T extends SessionEvent["type"]>(
    type: T,
    matches: (event: Extract<SessionEvent, { type: T }>) => boolean = () => true,
  ): Promise<Extract<SessionEvent, { type: T }>> {
    type Wanted = Extract<SessionEvent, { type: T }>;
    return await this.until(`a ${type} event`, () =>
      this.events.find((event): event is Wanted => event.type === type && matches(event as Wanted)),
    );
  }

  /** Sends past the session and gives back the reply, whatever its content. */
  async ask(channel: "shell" | "control", msgType: string, content: OutgoingMessage["content"]): Promise<Message> {
    const msgId = randomUUID();
    this.kernel.send({ channel, msgId, msgType, content });
    return await this.until(`the reply to ${msgType}`, () =>
      this.messages.find((message) => message.channel === channel && message.parentHeader.msg_id === msgId),
    );
  }

  /** The first value that `read` finds, now or after something came; fails with the wire's transcript. */
  async until<T>(what: string, read: () => T | undefined): Promise<T> {
    const found = read();
    if (found !== undefined) return found;
    return await new Promise<T>((resolve, reject) => {
      const watcher = () => {
        const value = read();
        if (value === undefined) return;
        clearTimeout(timer);
        this.#watchers.delete(watcher);
        resolve(value);
      };
      const timer = setTimeout(() => {
        this.#watchers.delete(watcher);
        reject(new Error(`${what} did not come\n${this.transcript.slice(-40).join("")}`));
      }, eventDeadlineMs(this.session.launch));
      this.#watchers.add(watcher);
    });
  }

  #record(event: SessionEvent): void {
    this.events.push(event);
    if (event.type === "output" && event.message.header.msg_type === "stream") {
      const key = `${event.executionId} ${String(event.message.content["name"])}`;
      this.#streams.set(key, `${this.#streams.get(key) ?? ""}${String(event.message.content["text"])}`);
    }
    this.#wake();
  }

  #wake(): void {
    for (const watcher of this.#watchers) watcher();
  }

  #listener(): SessionListener {
    return {
      statusChanged: (status, detail) => this.#record({ type: "status", status, ...(detail === undefined ? {} : { detail }) }),
      executionStarted: (executionId, executionCount) => this.#record({ type: "started", executionId, executionCount }),
      output: (executionId, message) => this.#record({ type: "output", executionId, message }),
      inputRequested: (executionId, prompt, password) => this.#record({ type: "input", executionId, prompt, password }),
      inputWithdrawn: (executionId) => this.#record({ type: "inputWithdrawn", executionId }),
    };
  }

  /** The true provider, overheard. */
  #tapped(provider: KernelProvider): KernelProvider {
    return {
      launch: async (launch, options, listener) => {
        this.#kernel = await provider.launch(launch, options, {
          message: (message) => {
            this.messages.push(message);
            listener.message(message);
            this.#wake();
          },
          heartbeat: (alive) => {
            this.heartbeats.push(alive);
            listener.heartbeat(alive);
            this.#wake();
          },
        });
        this.#wake();
        return this.#kernel;
      },
    };
  }
}
