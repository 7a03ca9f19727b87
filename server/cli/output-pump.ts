import type { HubClient, OutputWindow } from "../hub/hub.ts";
import type { Output, StreamOutput } from "../jupyter/nbformat.ts";

/** Which output of which execution. */
export interface OutputPlace {
  readonly cellId: string;
  /** Absent: what the cell showed before any run of ours, as its file has it. */
  readonly executionId?: string;
  /** Its index among the execution's outputs. */
  readonly index: number;
}

export interface StreamPart {
  /** Which line of its stream `lines` begin with. Those from there on that came before are void: the cursor went up and changed them. */
  readonly firstLine: number;
  /** Complete lines, each with its end. */
  readonly lines: string;
  /** The line behind them, which may yet be rewritten: it comes again with the next part. */
  readonly open: string;
}

/** UTF-16 units that are asked for at once: a flood is passed on in pieces, and never lies in memory as a whole. */
const pageLength = 262_144;

/** Where outputs go, in order, each part once. */
export interface OutputWriter {
  /** Whether lines can be taken back as soon as they change. Where not, they come again once they can change no more. */
  readonly takesBack: boolean;
  stream(place: OutputPlace, name: StreamOutput["name"], part: StreamPart): Promise<void>;
  whole(place: OutputPlace, output: Exclude<Output, StreamOutput>): Promise<void>;
  /** The open line stays as it is. */
  endLine(): Promise<void>;
  /** Whether all that was written of this execution can be taken back by `cleared`. */
  reaches(place: Omit<OutputPlace, "index">): boolean;
  /** The execution took its outputs back; those that follow are new. */
  cleared(place: Omit<OutputPlace, "index">): Promise<void>;
}

/** Longer text is not asked for again to see whether the cursor went back to it: no screen shows that much, and it must fit into a page. */
const givenLengthMax = pageLength / 2;

interface Progress {
  output: number;
  /** Lines of a stream before this one are written for good. */
  line: number;
  /** The complete lines from `line` on that were written, as they were then, and how many that are. */
  given: string;
  givenLineCount: number;
  /** What of the open line was written as final: only after the execution's end. */
  column: number;
  ended: boolean;
  clearCount: number;
  /** How often the outputs that change (`OutputWindow.changing`) had done so when they were written, by their places. */
  readonly changeCounts: Map<number, number>;
}

/**
 * Pulls what is new of each execution's outputs and hands it on. It pulls at the writer's pace: while the writer waits for
 * its reader the hub folds, and the next pull brings the sum.
 */
export class OutputPump {
  readonly #client: Pick<HubClient, "outputWindow">;
  readonly #textDocument: { readonly uri: string };
  readonly #writer: OutputWriter;
  readonly #progress = new Map<string, Progress>();
  readonly #waiting = new Set<string>();
  /** Cells whose displays changed where they cannot be written anew, by the execution that shows them. */
  readonly #outdated = new Map<string, string>();
  #queue: Promise<void> = Promise.resolve();

  constructor(client: Pick<HubClient, "outputWindow">, textDocument: { readonly uri: string }, writer: OutputWriter) {
    this.#client = client;
    this.#textDocument = textDocument;
    this.#writer = writer;
  }

  /** There may be something new. */
  changed(cellId: string, executionId: string): void {
    if (this.#waiting.has(executionId)) return;
    this.#waiting.add(executionId);
    // A failed pull shows again at the execution's end, which is awaited.
    this.#enqueue(() => this.#pull(cellId, executionId)).catch(() => {});
  }

  /** Writes all that is left of an execution that has ended. What comes later still is written when it comes. */
  async finish(cellId: string, executionId: string): Promise<void> {
    this.#progressOf(executionId).ended = true;
    await this.#enqueue(() => this.#pull(cellId, executionId));
    for (const [outdated, cell] of this.#outdated) await this.#enqueue(() => this.#writeAgain(cell, outdated));
  }

  /** Tells something between the outputs: when all that came before is written. */
  async tell(say: () => void | Promise<void>): Promise<void> {
    await this.#enqueue(async () => await say());
  }

  /** Writes all that a cell shows. */
  async all(cellId: string): Promise<void> {
    await this.#enqueue(() => this.#pull(cellId, undefined));
  }

  /** Resolves when nothing waits to be written. */
  async idle(): Promise<void> {
    await this.#queue;
  }

  #enqueue(task: () => Promise<void>): Promise<void> {
    const result = this.#queue.then(task);
    this.#queue = result.catch(() => {});
    return result;
  }

  #progressOf(executionId: string): Progress {
    let progress = this.#progress.get(executionId);
    if (progress === undefined) this.#progress.set(executionId, (progress = newProgress()));
    return progress;
  }

  async #pull(cellId: string, executionId: string | undefined): Promise<void> {
    if (executionId !== undefined) this.#waiting.delete(executionId);
    const progress = executionId === undefined ? { ...newProgress(), ended: true } : this.#progressOf(executionId);
    // It may end while this is asked or written; the pull that follows then is the last one.
    const { ended } = progress;
    const source = { cellId, ...(executionId === undefined ? {} : { executionId }) };
    for (let isLast = false; !isLast;) {
      const { output, line } = progress;
      const params = { textDocument: this.#textDocument, ...source, from: { output, line }, lengthMax: pageLength };
      const window = await this.#client.outputWindow(params);
      if (window.clearCount === progress.clearCount) {
        const isOutdated = outdated(window, progress).length > 0;
        if (isOutdated && this.#writer.reaches(source)) {
          await this.#writer.cleared(source);
          Object.assign(progress, start);
          progress.changeCounts.clear();
          continue;
        }
        if (isOutdated && executionId !== undefined) this.#outdated.set(executionId, cellId);
        await this.#write(window, source, progress, ended);
        isLast = window.next === undefined;
      } else {
        // What this window holds may begin where nothing stands any more.
        if (executionId !== undefined) await this.#writer.cleared(source);
        Object.assign(progress, { ...start, clearCount: window.clearCount });
        progress.changeCounts.clear();
      }
    }
    if (ended) await this.#writer.endLine();
  }

  /** Displays that changed after they were written come once more, as they are now. */
  async #writeAgain(cellId: string, executionId: string): Promise<void> {
    this.#outdated.delete(executionId);
    const progress = this.#progressOf(executionId);
    const ask = async (output: number) =>
      await this.#client.outputWindow({
        ...{ textDocument: this.#textDocument, cellId, executionId },
        ...{ from: { output, line: 0 }, lengthMax: 1 },
      });
    const now = await ask(progress.output);
    if (now.clearCount !== progress.clearCount) return;
    for (const { output: index, changeCount } of outdated(now, progress)) {
      const [output] = (await ask(index)).outputs;
      progress.changeCounts.set(index, changeCount);
      if (output === undefined || output.output_type === "stream") continue;
      await this.#writer.whole({ cellId, executionId, index }, output);
      await this.#writer.endLine();
    }
  }

  async #write(window: OutputWindow, source: Omit<OutputPlace, "index">, progress: Progress, ended: boolean): Promise<void> {
    for (const [offset, output] of window.outputs.entries()) {
      const index = window.firstOutput + offset;
      const place = { ...source, index };
      if (index > progress.output) Object.assign(progress, { ...start, output: index });
      const isLast = offset === window.outputs.length - 1;
      if (output.output_type === "stream") {
        // A stream that something else follows is complete.
        const settledLineCount = isLast && !ended ? window.settledLineCount : Infinity;
        await this.#writeStream(place, output, progress, settledLineCount);
        if (isLast) break;
      } else {
        const changing = window.changing?.find((each) => each.output === index);
        // As with a line that is open: a pipe gets it when something else follows.
        if (changing !== undefined && isLast && !ended && !this.#writer.takesBack) break;
        if (changing !== undefined) progress.changeCounts.set(index, changing.changeCount);
        await this.#writer.whole(place, output);
      }
      await this.#writer.endLine();
      Object.assign(progress, { ...start, output: index + 1 });
    }
  }

  async #writeStream(
    place: OutputPlace,
    { name, text }: StreamOutput,
    progress: Progress,
    settledLineCount: number,
  ): Promise<void> {
    const isComplete = settledLineCount === Infinity;
    const fresh = text.slice(progress.column);
    const end = fresh.lastIndexOf("\n") + 1;
    const settled = firstLines(fresh, settledLineCount - progress.line);
    const same = sameLines(progress, fresh);
    const hasChanged = same.length < progress.given.length;
    const isHeld = hasChanged && !this.#writer.takesBack && !isComplete;
    const to = isHeld ? Math.max(same.length, settled.length) : end;
    if (isHeld && to === same.length) {
      // Nothing to add, and what is settled need not be asked for again.
      progress.line += settled.count;
      progress.given = progress.given.slice(settled.length);
      progress.givenLineCount -= settled.count;
      return;
    }
    const lines = fresh.slice(same.length, to);
    const open = isHeld ? "" : fresh.slice(end);
    await this.#writer.stream(place, name, { firstLine: progress.line + same.count, lines, open });
    let { length, count } = settled;
    // Nobody goes back that far, and it would have to be kept.
    if (to - length > givenLengthMax) ({ length, count } = firstLines(fresh.slice(0, to), Infinity));
    progress.line += count;
    progress.given = fresh.slice(length, Math.max(length, to));
    progress.givenLineCount = firstLines(progress.given, Infinity).count;
    if (length > 0) progress.column = 0;
    if (isComplete) progress.column += fresh.length - end;
  }
}

/** What was written and has changed since. */
function outdated({ changing = [] }: OutputWindow, { output, changeCounts }: Progress) {
  return changing.filter((each) => each.output < output && (changeCounts.get(each.output) ?? 0) !== each.changeCount);
}

const start = { output: 0, line: 0, given: "", givenLineCount: 0, column: 0 };

interface Lines {
  /** In UTF-16 units. */
  readonly length: number;
  readonly count: number;
}

/** The first `countMax` lines of `text` that are complete. */
function firstLines(text: string, countMax: number): Lines {
  let [length, count] = [0, 0];
  for (let at = text.indexOf("\n"); at !== -1 && count < countMax; at = text.indexOf("\n", length)) {
    length = at + 1;
    count += 1;
  }
  return { length, count };
}

/** How many of the lines that were given `text` still begins with. */
function sameLines({ given, givenLineCount }: Progress, text: string): Lines {
  if (text.startsWith(given)) return { length: given.length, count: givenLineCount };
  let [length, count] = [0, 0];
  for (let at = given.indexOf("\n"); at !== -1 && text.startsWith(given.slice(length, at + 1), length);) {
    length = at + 1;
    count += 1;
    at = given.indexOf("\n", length);
  }
  return { length, count };
}

function newProgress(): Progress {
  return { ...start, ended: false, clearCount: 0, changeCounts: new Map() };
}
