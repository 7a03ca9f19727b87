import type { JsonObject, Message } from "../jupyter/message.ts";
import { joinMultiline, type ErrorOutput, type MimeBundle, type Output, type StreamOutput } from "../jupyter/nbformat.ts";
import { plainText, streamLines, wholeLines, type LinesOfText } from "./plain-text.ts";
import { StreamText } from "./stream-text.ts";
import { countLines, type TextStore } from "./text-log.ts";
import { viewedModel, WidgetViews } from "./widget-views.ts";

type Entry = { readonly kind: "stream"; readonly name: "stdout" | "stderr"; readonly text: StreamText } | WholeEntry;

interface WholeEntry {
  readonly kind: "whole";
  output: WholeOutput;
  readonly displayId: string | undefined;
  readonly length: number;
  updateCount: number;
}

type WholeOutput = Exclude<Output, StreamOutput>;

/** UTF-16 units of a stream in one of `messages`. */
const messageLengthMax = 262_144;
/** UTF-16 units of a long stream that are read at once to be saved: so few that they are gone again with the next ones. */
const savedPartLength = 65_536;

/** What becomes of a mime bundle as it comes from a kernel or a journal: `length` is that of its data, in UTF-16 units. */
export type Shelve = (data: unknown) => { readonly data: MimeBundle; readonly length: number };

export interface WindowRequest {
  /** Leave out outputs before `output`, and of that one, if it is a stream, lines before `line`. */
  readonly from?: { readonly output: number; readonly line: number };
  /** Only the last lines of streams, all together. */
  readonly tailLines?: number;
  /** With `tailLines`: of a stream's text only so many UTF-16 units from its end, since one line may be megabytes. */
  readonly tailLength?: number;
  /** A page: only so many outputs and whole lines as it takes to reach this many UTF-16 units. */
  readonly lengthMax?: number;
}

export interface FoldWindow {
  readonly outputs: readonly Output[];
  readonly firstOutput: number;
  readonly firstLine: number;
  readonly hiddenLineCount: number;
  /** How often the outputs were taken back: what was read before a change of it counts no more. */
  readonly clearCount: number;
  /** Of the last of `outputs`, if it is a stream: so many of its lines, from its first one on, never change again. */
  readonly settledLineCount: number;
  /** Outputs that are no streams and change all the same, where there are such: see `ChangingOutput`. */
  readonly changing?: readonly ChangingOutput[];
  /** With `lengthMax`: where the next page begins. Absent: this was the last one. */
  readonly next?: { readonly output: number; readonly line: number };
}

/** A display that was updated, or the view of a widget: by its index, and how often it changed since it could be seen. */
export interface ChangingOutput {
  readonly output: number;
  readonly changeCount: number;
}

/**
 * Folds the iopub messages of one execution into nbformat outputs: streams joined, displays updated, `clear_output`
 * obeyed. `seq` rises with every change. Content is untrusted: fields of a wrong type count as empty.
 */
export class OutputFold {
  seq = 0;
  /** How often the outputs were taken back. */
  clearCount = 0;
  readonly #entries: Entry[] = [];
  /** By their places. */
  readonly #changing = new Map<number, WholeEntry>();
  readonly #lengthMax: number;
  readonly #store: TextStore | undefined;
  readonly #shelve: Shelve;
  readonly #views: WidgetViews;
  /** It is what a widget captured, and not the outputs of an execution. */
  readonly #isCaptured: boolean;
  #length = 0;
  /** Lines of all streams. */
  #lineCount = 0;
  #clearAtNext = false;

  /**
   * `lengthMax`: UTF-16 units of text and data that are kept; the rest is dropped behind a visible marker.
   * `store` takes the text that is too much for memory, and `shelve` puts large data where they cost none.
   * `views`: this is what one of these widgets captured.
   */
  constructor(lengthMax: number, store?: TextStore, shelve: Shelve = keep, views?: WidgetViews) {
    this.#lengthMax = lengthMax;
    this.#store = store;
    this.#shelve = shelve;
    this.#isCaptured = views !== undefined;
    this.#views = views ?? new WidgetViews(() => new OutputFold(lengthMax, store, shelve, this.#views));
  }

  /** Whether the outputs show this widget, and know what it captured. */
  hasWidget(modelId: string): boolean {
    return this.#views.has(modelId);
  }

  /** UTF-16 units of text and data. */
  get length(): number {
    return this.#length;
  }

  /** Whether the message changed anything that can be seen. */
  apply(type: string, content: JsonObject): boolean {
    switch (type) {
      case "stream":
        return this.#stream(content["name"] === "stderr" ? "stderr" : "stdout", joinMultiline(content["text"]) ?? "");
      case "display_data":
      case "execute_result": {
        if (this.#isFull) return false;
        const { data, length } = this.#shelve(content["data"]);
        const metadata = object(content["metadata"]);
        const count = typeof content["execution_count"] === "number" ? content["execution_count"] : null;
        return this.#push(
          type === "display_data"
            ? { output_type: type, data, metadata }
            : { output_type: type, data, metadata, execution_count: count },
          length,
          displayIdOf(content),
        );
      }
      case "error":
        return this.#push(
          {
            output_type: "error",
            ename: text(content["ename"]),
            evalue: text(content["evalue"]),
            traceback: Array.isArray(content["traceback"]) ? content["traceback"].map(text) : [],
          },
          0,
          undefined,
        );
      case "update_display_data": {
        const displayId = displayIdOf(content);
        return (
          displayId !== undefined &&
          this.updateDisplay(displayId, this.#shelve(content["data"]).data, object(content["metadata"]))
        );
      }
      case "clear_output":
        if (content["wait"] === true) {
          this.#clearAtNext = true;
          return false;
        }
        return this.#clear();
      case "widget_state":
      case "widget_output": {
        if (this.#isFull && content["msg_type"] !== "clear_output") return false;
        const { changed, growth } = this.#views.apply(type, content);
        this.#length += growth;
        if (changed) this.seq += 1;
        return changed;
      }
      default:
        return false;
    }
  }

  /** The newest data wins wherever the display shows. `false`: this execution does not show it. */
  updateDisplay(displayId: string, data: MimeBundle, metadata: JsonObject): boolean {
    let found = !this.#isCaptured && this.#views.updateDisplay(displayId, data, metadata);
    for (const [index, entry] of this.#entries.entries()) {
      if (entry.kind !== "whole" || entry.displayId !== displayId) continue;
      if (entry.output.output_type !== "display_data" && entry.output.output_type !== "execute_result") continue;
      entry.output = { ...entry.output, data, metadata };
      entry.updateCount += 1;
      this.#changing.set(index, entry);
      found = true;
    }
    if (found) this.seq += 1;
    return found;
  }

  outputs(): readonly Output[] {
    return this.#entries.map((entry) => (entry.kind === "stream" ? stream(entry, 0) : this.#views.view(entry.output)));
  }

  /** The same, but of long streams the text is read when it is looked at: to be used up before the next message. */
  outputsInParts(): readonly Output[] {
    return this.#entries.map((entry) => (entry.kind === "stream" ? streamInParts(entry) : this.#views.view(entry.output)));
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
    const { tailLength = Infinity, lengthMax = Infinity } = request;
    const outputs: Output[] = [];
    let next: FoldWindow["next"];
    let left = lengthMax;
    for (let index = firstOutput; index < this.#entries.length && next === undefined; index += 1) {
      const entry = this.#entries[index];
      if (entry === undefined) break;
      const line = index === firstOutput ? firstLine : 0;
      if (left <= 0) next = { output: index, line };
      else if (entry.kind === "whole") {
        outputs.push(this.#views.view(entry.output));
        left -= entry.length;
      } else {
        const output = stream(entry, line, left);
        left -= output.text.length;
        outputs.push(output.text.length > tailLength ? { ...output, text: `…${output.text.slice(-tailLength)}` } : output);
        // The open line is the last one.
        const nextLine = left <= 0 && output.text.endsWith("\n") ? line + countLines(output.text) : Infinity;
        if (nextLine < entry.text.lineCount) next = { output: index, line: nextLine };
      }
    }
    const last = this.#entries[firstOutput + outputs.length - 1];
    const isLast = firstOutput + outputs.length === this.#entries.length;
    const settledLineCount = last?.kind !== "stream" ? 0 : isLast ? last.text.settledLineCount : last.text.lineCount;
    const changing = [...this.#changing].map(([output, entry]) => ({ output, changeCount: this.#changeCount(entry) }));
    return {
      outputs,
      firstOutput,
      firstLine,
      hiddenLineCount,
      clearCount: this.clearCount,
      settledLineCount,
      ...(next === undefined ? {} : { next }),
      ...(changing.length === 0 ? {} : { changing }),
    };
  }

  /**
   * Messages that another fold makes the same outputs of, for a log that has become longer than what it tells. A cursor that
   * stands above the last line is forgotten.
   */
  *messages(): Generator<{ readonly msgType: string; readonly content: JsonObject }> {
    for (const entry of this.#entries) {
      if (entry.kind === "whole") {
        const transient = entry.displayId === undefined ? {} : { display_id: entry.displayId };
        yield { msgType: entry.output.output_type, content: { ...entry.output, transient } };
        continue;
      }
      for (const text of partsOf(entry.text, messageLengthMax)) yield { msgType: "stream", content: { name: entry.name, text } };
    }
    if (!this.#isCaptured) yield* this.#views.messages();
    if (this.#clearAtNext) yield { msgType: "clear_output", content: { wait: true } };
  }

  /** The outputs as what can be read by lines, each on lines of its own. */
  texts(): readonly LinesOfText[] {
    return this.#entries.map((entry) =>
      entry.kind === "stream" ? streamLines(entry.text) : wholeLines(plainText(this.#views.view(entry.output))),
    );
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

  #push(output: WholeOutput, length: number, displayId: string | undefined): boolean {
    this.#beforeOutput();
    this.#length += length;
    if (this.#isFull && "data" in output) output = { ...output, data: { "text/plain": this.#limitMarker() } };
    const entry: WholeEntry = { kind: "whole", output, displayId, length, updateCount: 0 };
    if ("data" in output && viewedModel(output.data) !== undefined) this.#changing.set(this.#entries.length, entry);
    this.#entries.push(entry);
    this.seq += 1;
    return true;
  }

  #changeCount({ output, updateCount }: WholeEntry): number {
    const modelId = "data" in output ? viewedModel(output.data) : undefined;
    return updateCount + (modelId === undefined ? 0 : this.#views.changeCount(modelId));
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
    if (!this.#isCaptured) this.#views.clear();
    this.#length = 0;
    this.#lineCount = 0;
    if (this.#entries.length === 0) return false;
    this.#entries.length = 0;
    this.#changing.clear();
    this.clearCount += 1;
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

/** Messages that may change nothing that can be seen yet, and have to be known all the same for what comes after them. */
export const unseenMessageTypes: ReadonlySet<string> = new Set(["clear_output", "widget_state", "widget_output"]);

/** `display_id` stands in `transient` (messaging spec 5.1). */
export function displayIdOf(content: Message["content"]): string | undefined {
  const id = object(content["transient"])["display_id"];
  return typeof id === "string" ? id : undefined;
}

/** Parts of whole lines, and what stands behind the last one. */
function* partsOf(text: StreamText, lengthMax: number): Generator<string> {
  for (let line = 0, isLast = false; !isLast;) {
    const part = text.textFrom(line, lengthMax);
    line += countLines(part);
    isLast = !part.endsWith("\n") || line >= text.lineCount;
    if (part !== "") yield part;
  }
}

function streamInParts({ name, text }: { readonly name: StreamOutput["name"]; readonly text: StreamText }): StreamOutput {
  if (text.length <= messageLengthMax) return { output_type: "stream", name, text: text.textFrom() };
  const output = {
    output_type: "stream",
    name,
    get text() {
      return text.textFrom();
    },
  } as const;
  return Object.defineProperty(output, "parts", { value: () => partsOf(text, savedPartLength) });
}

function stream(
  entry: { readonly name: "stdout" | "stderr"; readonly text: StreamText },
  line: number,
  lengthMax?: number,
): StreamOutput {
  return { output_type: "stream", name: entry.name, text: entry.text.textFrom(line, lengthMax) };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function object(value: unknown): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

/** Text values joined, as in `Output`; all of it stays in memory. */
const keep: Shelve = (value) => {
  const entries = Object.entries(object(value)).map(([mediaType, data]) => [mediaType, joinMultiline(data) ?? data] as const);
  return { data: Object.fromEntries(entries), length: entries.reduce((sum, [, data]) => sum + dataLength(data), 0) };
};

/** UTF-16 units of one type's data as it is written. */
export function dataLength(data: unknown): number {
  return typeof data === "string" ? data.length : (JSON.stringify(data)?.length ?? 0);
}
