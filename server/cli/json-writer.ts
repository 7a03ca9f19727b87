import type { Output, StreamOutput } from "../jupyter/nbformat.ts";
import type { DidChangeExecutionParams } from "../protocol/execution.ts";
import type { Kernel } from "../protocol/kernels.ts";
import type { OutputPlace, OutputWriter } from "./output-pump.ts";
import type { Sink } from "./sink.ts";

/**
 * What `nbls run --json` prints: one of these per line.
 *
 * - `started`: the cells that will run, in their order.
 * - `kernel`: the kernel that runs them, and each change of its status.
 * - `execution`: a cell's state changed; the last one of a cell comes after its last output.
 * - `output`: an output, or a further part of one: stream events of one `index` are to be joined, lines come complete.
 * - `cleared`: the outputs of this execution so far count no more.
 * - `input`: the kernel asks for a line on stdin.
 * - `saved`: the outputs are in the file.
 * - `finished`: the last line. `status` is the exit status.
 */
export type RunEvent =
  | { readonly type: "started"; readonly path: string; readonly language: string; readonly cellIds: readonly string[] }
  | { readonly type: "kernel"; readonly kernel: Kernel }
  | ({ readonly type: "execution" } & Omit<DidChangeExecutionParams, "textDocument">)
  | ({ readonly type: "output"; readonly output: Output } & OutputPlace)
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
  #open: { readonly place: OutputPlace; readonly name: StreamOutput["name"]; readonly text: string } | undefined;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  async event(event: RunEvent): Promise<void> {
    await this.#sink.write(`${JSON.stringify(event)}\n`);
  }

  async stream(place: OutputPlace, name: StreamOutput["name"], lines: string, open: string): Promise<void> {
    this.#open = open === "" ? undefined : { place, name, text: open };
    for (let from = 0; from < lines.length;) {
      const to = from + pieceLength >= lines.length ? lines.length : lines.indexOf("\n", from + pieceLength) + 1;
      await this.#streamPart(place, name, lines.slice(from, to));
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

  async cleared(place: Omit<OutputPlace, "index">): Promise<void> {
    this.#open = undefined;
    await this.event({ type: "cleared", ...place });
  }

  async #streamPart(place: OutputPlace, name: StreamOutput["name"], text: string): Promise<void> {
    await this.event({ type: "output", ...place, output: { output_type: "stream", name, text } });
  }
}
