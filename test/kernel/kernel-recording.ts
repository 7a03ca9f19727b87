import { randomUUID } from "node:crypto";
import { onTestFinished } from "vitest";
import { createLog } from "../../server/base/log.ts";
import type { Message, OutgoingMessage } from "../../server/jupyter/message.ts";
import type { KernelLaunch, KernelListener, KernelProvider, LaunchOptions, RunningKernel } from "../../server/kernel/provider.ts";
import { createZeromqProvider } from "../../server/kernel/zeromq.ts";
import { tempDirectory } from "../real-kernels.ts";

/** A kernel started straight through the provider, with all that it sends kept. */
export class RecordedKernel implements KernelListener {
  readonly messages: Message[] = [];
  readonly heartbeats: boolean[] = [];
  readonly log: string[] = [];
  readonly options: LaunchOptions;
  readonly provider: KernelProvider;
  readonly #byParent = new Map<string, Message[]>();
  readonly #replied = new Set<string>();
  readonly #idle = new Set<string>();
  #kernel: RunningKernel | undefined;
  readonly #watchers = new Set<() => void>();

  constructor(options: Partial<LaunchOptions> = {}) {
    const log = createLog("debug", (line) => this.log.push(line));
    this.provider = createZeromqProvider({ log, heartbeatMs: 50 });
    this.options = {
      cwd: tempDirectory(),
      env: process.env,
      runtimeDirectory: tempDirectory(),
      lifetime: "door",
      useLauncher: true,
      sessionId: randomUUID(),
      stderrTailBytes: 4_096,
      ...options,
    };
    onTestFinished(async () => await this.#kernel?.dispose());
  }

  get kernel(): RunningKernel {
    if (this.#kernel === undefined) throw new Error("not launched");
    return this.#kernel;
  }

  /** Launches and does not wait for the kernel's answer. */
  async launch(launch: KernelLaunch): Promise<this> {
    this.#kernel = await this.provider.launch(launch, this.options, this);
    return this;
  }

  /** Launches, and waits until it is ready. */
  async start(launch: KernelLaunch): Promise<this> {
    await this.launch(launch);
    const ready = await this.kernel.ready(AbortSignal.timeout(20_000));
    if (ready === false) throw new Error(`not ready: ${JSON.stringify(this.log)}`);
    return this;
  }

  message(message: Message): void {
    this.messages.push(message);
    const parent = message.parentHeader.msg_id;
    const siblings = this.#byParent.get(parent);
    if (siblings === undefined) this.#byParent.set(parent, [message]);
    else siblings.push(message);
    if (message.channel === "shell") this.#replied.add(parent);
    if (message.content["execution_state"] === "idle") this.#idle.add(parent);
    this.#changed();
  }

  heartbeat(alive: boolean): void {
    this.heartbeats.push(alive);
    this.#changed();
  }

  /** Sends code without waiting for anything; gives back the request's id. */
  request(code: string, msgType = "execute_request", channel: OutgoingMessage["channel"] = "shell"): string {
    const msgId = randomUUID();
    const content = { code, silent: false, store_history: true, user_expressions: {}, allow_stdin: true, stop_on_error: false };
    this.kernel.send({ channel, msgId, msgType, content });
    return msgId;
  }

  /** Executes, and waits for the reply and idle. */
  async execute(code: string): Promise<string> {
    const id = this.request(code);
    await this.until(() => this.ended(id));
    return id;
  }

  /** Whether the request's reply and its `idle` have come. */
  ended(id: string): boolean {
    return this.#replied.has(id) && this.#idle.has(id);
  }

  /** The messages that answer a request. */
  of(id: string): readonly Message[] {
    return this.#byParent.get(id) ?? [];
  }

  /** What a request has written to stdout. */
  stdout(id: string): string {
    const streams = this.of(id).filter(({ header, content }) => header.msg_type === "stream" && content["name"] === "stdout");
    return streams.map(({ content }) => String(content["text"])).join("");
  }

  /** Waits until a message or a beat makes `condition` true. */
  async until(condition: () => boolean): Promise<void> {
    if (condition()) return;
    await new Promise<void>((resolve) => {
      const check = () => {
        if (!condition()) return;
        this.#watchers.delete(check);
        resolve();
      };
      this.#watchers.add(check);
    });
  }

  #changed(): void {
    for (const check of this.#watchers) check();
  }
}
