import type { Output, StreamOutput } from "../jupyter/nbformat.ts";
import type { DidChangeExecutionParams } from "../protocol/execution.ts";
import type { Kernel } from "../protocol/kernels.ts";
import type { OutputPlace, OutputWriter, StreamPart } from "./output-pump.ts";
import type { Sink } from "./sink.ts";

/**
 * What `nbls run --json` prints: one of these per line.
 *
 * - `started`: the cells that will run, in their order.
 * - `kernel`: the kernel that runs them, and each change of its status.
 * - `execution`: a cell's state changed; the last one of a cell comes after its last output.
 * - `output`: an output, or a further part of one: stream events of one `index` are to be joined, lines come complete.
 *   One with a `line` takes the place of all that came of its stream from that line on: the cursor went up and changed it.
 * - `cleared`: the outputs of this execution so far count no more.
 * - `input`: the kernel asks for a line on stdin.
 * - `saved`: the outputs are in the file.
 * - `finished`: the last line. `status` is the exit status.
 */
export type RunEvent =
  | { readonly type: "started"; readonly path: string; readonly language: string; readonly cellIds: readonly string[] }
  | { readonly type: "kernel"; readonly kernel: Kernel }
  | ({ readonly type: "execution" } & Omit<DidChangeExecutionParams, "textDocument">)
  | ({ readonly type: "output"; readonly output: Output; readonly line?: number } & OutputPlace)
  | ({ readonly type: "cleared" } & Omit<OutputPlace, "index">)
  | { readonly type: "input"; readonly cellId: string; readonly prompt: string; readonly password: boolean }
  | { readonly type: "saved"; readonly path: string }
  | { readonly type: "message"; readonly severity: "error" | "warning" | "info"; readonly text: string }
  | {
      readonly type: "finished";
      readonly status: number;
      readonly executed: number;
      readonly failed: number;
      readonly durationMs: number;
    };

const pieceLength = 256 * 1024;

/** Outputs and events as JSON, one object per line, every escape sequence of the kernel escaped by JSON itself. */
export class JsonWriter implements OutputWriter {
  readonly #sink: Sink;
  readonly takesBack = false;
  #open: { readonly place: OutputPlace; readonly name: StreamOutput["name"]; readonly text: string } | undefined;

  #place = "";
  /** How many complete lines of the stream were written. */
  #lineCount = 0;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  async event(event: RunEvent): Promise<void> {
    await this.#sink.write(`${JSON.stringify(event)}\n`);
  }

  async stream(place: OutputPlace, name: StreamOutput["name"], { firstLine, lines, open }: StreamPart): Promise<void> {
    this.#open = open === "" ? undefined : { place, name, text: open };
    const id = `${place.executionId} ${place.index}`;
    let line = id === this.#place && firstLine < this.#lineCount ? firstLine : undefined;
    this.#place = id;
    this.#lineCount = firstLine + (lines.match(/\n/g)?.length ?? 0);
    if (line !== undefined && lines === "") await this.#streamPart(place, name, "", line);
    for (let from = 0; from < lines.length;) {
      const to = from + pieceLength >= lines.length ? lines.length : lines.indexOf("\n", from + pieceLength) + 1;
      await this.#streamPart(place, name, lines.slice(from, to), line);
      line = undefined;
      from = to;
    }
  }

  async whole(place: OutputPlace, output: Output): Promise<void> {
    await this.event({ type: "output", ...place, output });
  }

  async endLine(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    if (open !== undefined) await this.#streamPart(open.place, open.name, open.text);
  }

  reaches(): boolean {
    return false;
  }

  async cleared(place: Omit<OutputPlace, "index">): Promise<void> {
    this.#open = undefined;
    this.#place = "";
    await this.event({ type: "cleared", ...place });
  }

  async #streamPart(place: OutputPlace, name: StreamOutput["name"], text: string, line?: number): Promise<void> {
    const output = { output_type: "stream", name, text } as const;
    await this.event({ type: "output", ...place, ...(line === undefined ? {} : { line }), output });
  }
}
