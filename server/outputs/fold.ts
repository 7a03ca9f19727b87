import type { JsonObject, Message } from "../jupyter/message.ts";
import { joinMultiline, type ErrorOutput, type MimeBundle, type Output, type StreamOutput } from "../jupyter/nbformat.ts";
import { StreamText } from "./stream-text.ts";
import type { TextStore } from "./text-log.ts";

type Entry =
  | { readonly kind: "stream"; readonly name: "stdout" | "stderr"; readonly text: StreamText }
  | { readonly kind: "whole"; output: Output; readonly displayId: string | undefined };

export interface WindowRequest {
  /** Leave out outputs before `output`, and of that one, if it is a stream, lines before `line`. */
  readonly from?: { readonly output: number; readonly line: number };
  /** Only the last lines of streams, all together. */
  readonly tailLines?: number;
  /** With `tailLines`: of a stream's text only so many UTF-16 units from its end, since one line may be megabytes. */
  readonly tailLength?: number;
}

export interface FoldWindow {
  readonly outputs: readonly Output[];
  readonly firstOutput: number;
  readonly firstLine: number;
  readonly hiddenLineCount: number;
  /** How often the outputs were taken back: what was read before a change of it counts no more. */
  readonly clearCount: number;
  /** Of the last output, if it is a stream: so many of its lines, from its first one on, never change again. */
  readonly settledLineCount: number;
}

/**
 * Folds the iopub messages of one execution into nbformat outputs: streams joined, displays updated, `clear_output`
 * obeyed. `seq` rises with every change. Content is untrusted: fields of a wrong type count as empty.
 */
export class OutputFold {
  seq = 0;
  #clearCount = 0;
  readonly #entries: Entry[] = [];
  readonly #lengthMax: number;
  readonly #store: TextStore | undefined;
  #length = 0;
  /** Lines of all streams. */
  #lineCount = 0;
  #clearAtNext = false;

  /**
   * `lengthMax`: UTF-16 units of text and data that are kept; the rest is dropped behind a visible marker.
   * `store` takes the text that is too much for memory.
   */
  constructor(lengthMax: number, store?: TextStore) {
    this.#lengthMax = lengthMax;
    this.#store = store;
  }

  /** Whether the message changed anything that can be seen. */
  apply(type: string, content: JsonObject): boolean {
    switch (type) {
      case "stream":
        return this.#stream(content["name"] === "stderr" ? "stderr" : "stdout", joinMultiline(content["text"]) ?? "");
      case "display_data":
        return this.#push(
          { output_type: "display_data", data: bundle(content["data"]), metadata: object(content["metadata"]) },
          displayIdOf(content),
        );
      case "execute_result":
        return this.#push(
          {
            output_type: "execute_result",
            data: bundle(content["data"]),
            metadata: object(content["metadata"]),
            execution_count: typeof content["execution_count"] === "number" ? content["execution_count"] : null,
          },
          displayIdOf(content),
        );
      case "error":
        return this.#push(
          {
            output_type: "error",
            ename: text(content["ename"]),
            evalue: text(content["evalue"]),
            traceback: Array.isArray(content["traceback"]) ? content["traceback"].map(text) : [],
          },
          undefined,
        );
      case "update_display_data": {
        const displayId = displayIdOf(content);
        return displayId !== undefined && this.updateDisplay(displayId, bundle(content["data"]), object(content["metadata"]));
      }
      case "clear_output":
        if (content["wait"] === true) {
          this.#clearAtNext = true;
          return false;
        }
        return this.#clear();
      default:
        return false;
    }
  }

  /** The newest data wins wherever the display shows. `false`: this execution does not show it. */
  updateDisplay(displayId: string, data: MimeBundle, metadata: JsonObject): boolean {
    let found = false;
    for (const entry of this.#entries) {
      if (entry.kind !== "whole" || entry.displayId !== displayId) continue;
      if (entry.output.output_type !== "display_data" && entry.output.output_type !== "execute_result") continue;
      entry.output = { ...entry.output, data, metadata };
      found = true;
    }
    if (found) this.seq += 1;
    return found;
  }

  outputs(): readonly Output[] {
    return this.#entries.map((entry) => (entry.kind === "stream" ? stream(entry, 0) : entry.output));
  }

  /** The last error, if there is one. */
  lastError(): ErrorOutput | undefined {
    const error = this.#entries.findLast((entry) => entry.kind === "whole" && entry.output.output_type === "error");
    return error?.kind === "whole" && error.output.output_type === "error" ? error.output : undefined;
  }

  /** The part that a reader can show; costs what it returns and not what there is. */
  window(request: WindowRequest): FoldWindow {
    let firstOutput = Math.min(request.from?.output ?? 0, this.#entries.length);
    let firstLine = request.from?.line ?? 0;
    let hiddenLineCount = 0;
    if (request.tailLines !== undefined) {
      let left = request.tailLines;
      let index = this.#entries.length;
      while (index > firstOutput && left > 0) {
        index -= 1;
        const entry = this.#entries[index];
        if (entry?.kind !== "stream") continue;
        if (entry.text.lineCount >= left) {
          const line = entry.text.lineCount - left;
          if (index > firstOutput || line > firstLine) firstLine = line;
          firstOutput = index;
          left = 0;
        } else left -= entry.text.lineCount;
      }
      hiddenLineCount = Math.max(0, this.#lineCount - (request.tailLines - left));
    }
    const outputs = this.#entries.slice(firstOutput).map((entry, index) => {
      if (entry.kind === "whole") return entry.output;
      const output = stream(entry, index === 0 ? firstLine : 0);
      const { tailLength = Infinity } = request;
      return output.text.length > tailLength ? { ...output, text: `…${output.text.slice(-tailLength)}` } : output;
    });
    const last = this.#entries.at(-1);
    const settledLineCount = last?.kind === "stream" ? last.text.settledLineCount : 0;
    return { outputs, firstOutput, firstLine, hiddenLineCount, clearCount: this.#clearCount, settledLineCount };
  }

  #stream(name: "stdout" | "stderr", chunk: string): boolean {
    if (chunk === "" || this.#isFull) return false;
    this.#beforeOutput();
    let last = this.#entries.at(-1);
    if (last?.kind !== "stream" || last.name !== name) {
      last = { kind: "stream", name, text: new StreamText(this.#store) };
      this.#entries.push(last);
    }
    const before = last.text.length;
    const lineCount = last.text.lineCount;
    last.text.append(chunk);
    // What was overwritten is not there any more: a progress bar that runs for days fills nothing.
    this.#length += last.text.length - before;
    if (this.#isFull) last.text.append(`\n${this.#limitMarker()}\n`);
    this.#lineCount += last.text.lineCount - lineCount;
    this.seq += 1;
    return true;
  }

  #push(output: Output, displayId: string | undefined): boolean {
    if (this.#isFull && output.output_type !== "error") return false;
    this.#beforeOutput();
    this.#length += lengthOf(output);
    if (this.#isFull && "data" in output) output = { ...output, data: { "text/plain": this.#limitMarker() } };
    this.#entries.push({ kind: "whole", output, displayId });
    this.seq += 1;
    return true;
  }

  get #isFull(): boolean {
    return this.#length > this.#lengthMax;
  }

  #limitMarker(): string {
    return `… output limit of ${Math.round(this.#lengthMax / 1_048_576)} MB reached: the rest was dropped`;
  }

  #beforeOutput(): void {
    if (this.#clearAtNext) this.#clear();
  }

  #clear(): boolean {
    this.#clearAtNext = false;
    this.#length = 0;
    this.#lineCount = 0;
    if (this.#entries.length === 0) return false;
    this.#entries.length = 0;
    this.#clearCount += 1;
    this.seq += 1;
    return true;
  }
}

/** The messages that make or change outputs. */
export const outputMessageTypes: ReadonlySet<string> = new Set([
  "stream",
  "display_data",
  "update_display_data",
  "execute_result",
  "error",
  "clear_output",
]);

/** `display_id` stands in `transient` (messaging spec 5.1). */
export function displayIdOf(content: Message["content"]): string | undefined {
  const id = object(content["transient"])["display_id"];
  return typeof id === "string" ? id : undefined;
}

function lengthOf(output: Output): number {
  if (!("data" in output)) return 0;
  return Object.values(output.data).reduce<number>((sum, value) => sum + (typeof value === "string" ? value.length : 0), 0);
}

function stream(entry: { readonly name: "stdout" | "stderr"; readonly text: StreamText }, line: number): StreamOutput {
  return { output_type: "stream", name: entry.name, text: entry.text.textFrom(line) };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function object(value: unknown): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

/** Text values joined, as in `Output`. */
function bundle(value: unknown): MimeBundle {
  return Object.fromEntries(Object.entries(object(value)).map(([mediaType, data]) => [mediaType, joinMultiline(data) ?? data]));
}
