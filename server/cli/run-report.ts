import type { HubEvent } from "../hub/hub.ts";
import type { Cell } from "../protocol/cells.ts";
import type { DidChangeExecutionParams } from "../protocol/execution.ts";
import type { Kernel } from "../protocol/kernels.ts";
import { sanitize } from "../render/ansi.ts";
import type { CliContext } from "./context.ts";
import { exitStatus } from "./exit-status.ts";
import { JsonWriter } from "./json-writer.ts";
import type { OutputText } from "./output-text.ts";
import type { OutputWriter } from "./output-pump.ts";
import { ProgressLine } from "./progress-line.ts";
import { isPipe, isScreen, lookOf, type Sink } from "./sink.ts";
import { TextWriter } from "./text-writer.ts";

/** From the news that a kernel starts until its process runs by itself. */
const rendererDelayMs = 30;

/** How a run ended, for its last line. */
export interface RunSummary {
  readonly status: number;
  readonly executed: number;
  readonly failed: number;
  readonly chosen: number;
  readonly durationMs: number;
}

type Message = Extract<HubEvent, { readonly type: "message" }>;

/** What a run tells while it goes on. Two forms: for people and for programs. */
export interface RunReport {
  readonly writer: OutputWriter;
  started(path: string, language: string, cells: readonly Cell[]): Promise<void>;
  kernel(kernel: Kernel): void;
  cellStarted(cell: Cell, number: number, total: number): void;
  execution(execution: DidChangeExecutionParams): Promise<void>;
  message(severity: Message["severity"], text: string): void;
  inputRequested(cellId: string, prompt: string, password: boolean): void;
  saved(path: string): Promise<void>;
  finished(summary: RunSummary): Promise<void>;
}

/** Outputs on stdout; everything else, for people, on stderr. */
export class TextReport implements RunReport {
  readonly writer: TextWriter;
  readonly #context: CliContext;
  readonly #color: boolean;
  readonly #progress: ProgressLine;
  /** Whether stdout and stderr are one screen: each must make way for the other. */
  readonly #sameScreen: boolean;
  #outputText: Promise<OutputText> | undefined;
  #kernelSaid = "";

  constructor(context: CliContext, sink: Sink) {
    this.#context = context;
    const { stdout, stderr, env } = context;
    const look = lookOf(stdout, env);
    const isReadByAnother = isPipe(stdout);
    const sameScreen = look.isScreen && isScreen(stderr, env);
    this.#color = look.color;
    this.#sameScreen = sameScreen;
    this.writer = new TextWriter(
      sink,
      () => this.#loadOutputText(),
      look,
      () => sameScreen && this.#progress.hide(),
    );
    // What the reader of a pipe prints on this terminal would stand behind it, as in `nbls run x | head`.
    const isBlocked = () => isReadByAnother || (sameScreen && this.writer.isInLine);
    this.#progress = new ProgressLine(stderr, env, isBlocked);
  }

  async started(): Promise<void> {}

  kernel({ displayName, status, reason }: Kernel): void {
    // Which kernel runs, and why that one: once, while it starts.
    if (status === "dead" || this.#kernelSaid === displayName) return;
    this.#kernelSaid = displayName;
    // What a run waits for is the start of this process; once that is on its way, the renderers load meanwhile.
    setTimeout(() => void this.#loadOutputText(), rendererDelayMs).unref();
    this.#note(`kernel: ${displayName}${reason === undefined ? "" : ` (${reason})`}`);
  }

  cellStarted(cell: Cell, number: number, total: number): void {
    this.#progress.start(`[${number}/${total}] ${cell.title ?? cell.id}`);
  }

  async execution(): Promise<void> {}

  message(severity: Message["severity"], text: string): void {
    this.#note(severity === "info" ? text : `${severity}: ${text}`);
  }

  inputRequested(): void {
    this.#progress.stop();
    // The question, and what is typed, have a line of their own below what was written.
    this.#context.stderr.write(this.#leaveLine());
  }

  async saved(path: string): Promise<void> {
    this.#note(`saved ${path}`);
  }

  async finished({ status, executed, failed, chosen, durationMs }: RunSummary): Promise<void> {
    await this.writer.endLine();
    this.#progress.stop();
    const parts = [
      `${executed} of ${chosen} cells ran`,
      ...(failed > 0 ? [`${failed} failed`] : []),
      ...(status === exitStatus.interrupted ? ["interrupted"] : []),
      ...(status === exitStatus.timedOut ? ["timed out"] : []),
      `${(durationMs / 1_000).toFixed(1)} s`,
    ];
    this.#note(parts.join(", "));
  }

  async #loadOutputText(): Promise<OutputText> {
    this.#outputText ??= import("./output-text.ts").then(({ OutputText }) => new OutputText(this.#context, this.#color));
    return await this.#outputText;
  }

  /** Something else is written to the screen of the outputs: what that has to begin with, to stand in a line of its own. */
  #leaveLine(): string {
    if (!this.#sameScreen) return "";
    const lineEnd = this.writer.isInLine ? "\n" : "";
    this.writer.keepLines();
    return lineEnd;
  }

  #note(text: string): void {
    this.#progress.hide();
    this.#context.stderr.write(`${this.#leaveLine()}${sanitize(text)}\n`);
  }
}

/** Everything on stdout as JSON, one event per line. */
export class JsonReport implements RunReport {
  readonly writer: JsonWriter;
  #kernelSaid = "";

  constructor(sink: Sink) {
    this.writer = new JsonWriter(sink);
  }

  async started(path: string, language: string, cells: readonly Cell[]): Promise<void> {
    await this.writer.event({ type: "started", path, language, cellIds: cells.map((cell) => cell.id) });
  }

  kernel(kernel: Kernel): void {
    // The hub tells of every change that may be one.
    const said = JSON.stringify(kernel);
    if (this.#kernelSaid === said) return;
    this.#kernelSaid = said;
    void this.writer.event({ type: "kernel", kernel });
  }

  cellStarted(): void {}

  async execution({ textDocument: _textDocument, ...execution }: DidChangeExecutionParams): Promise<void> {
    await this.writer.event({ type: "execution", ...execution });
  }

  message(severity: Message["severity"], text: string): void {
    void this.writer.event({ type: "message", severity, text });
  }

  inputRequested(cellId: string, prompt: string, password: boolean): void {
    void this.writer.event({ type: "input", cellId, prompt, password });
  }

  async saved(path: string): Promise<void> {
    await this.writer.event({ type: "saved", path });
  }

  async finished({ status, executed, failed, durationMs }: RunSummary): Promise<void> {
    await this.writer.event({ type: "finished", status, executed, failed, durationMs });
  }
}
