import { renameSync, rmSync } from "node:fs";
import type { JsonObject } from "../jupyter/message.ts";
import type { OutputFold } from "../outputs/fold.ts";
import { blobsOf, type BundleShelf, type StoredBundle } from "./bundle-shelf.ts";
import type { DiskSync } from "./disk-sync.ts";
import { FrameFile, readFrames } from "./frames.ts";

/** A message that made or changed outputs. Text of streams lies in the file as it is, all else as JSON. */
interface LoggedMessage {
  readonly msgType: string;
  readonly content: JsonObject;
  /** Types of `content.data` whose data are blobs. */
  readonly shelved?: readonly string[];
}

const streamNames = new Map([
  ["o", "stdout"],
  ["e", "stderr"],
]);
const brace = 0x7b;
/** Half a character has no UTF-8; JSON can say it. */
const loneSurrogate = /\p{Surrogate}/u;

/**
 * The messages that made the outputs of one execution, in a file of its own that is only appended to. A message is in the
 * file before anybody hears of it. What is read back is folded as it was the first time.
 */
export class OutputLog {
  readonly #path: string;
  readonly #file: FrameFile;
  readonly #shelf: BundleShelf;
  readonly #sync: DiskSync;
  readonly #lengthMax: number;
  #length = 0;
  /** From this length on it is worth while to look whether less would tell the same. */
  #rewriteAt: number;
  #isBroken = false;

  /** `lengthMax`: UTF-16 units of text and data, those in blobs included, that may be in it although outputs have changed since. */
  constructor(path: string, shelf: BundleShelf, sync: DiskSync, lengthMax: number) {
    this.#path = path;
    this.#file = new FrameFile(path, sync);
    this.#shelf = shelf;
    this.#sync = sync;
    this.#lengthMax = this.#rewriteAt = lengthMax;
  }

  /** A message is missing in the file: none that came after it is there either. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** UTF-16 units of text and data in it, those in blobs included. */
  get length(): number {
    return this.#length;
  }

  /** `fold` has taken the message. Throws if it cannot be written, once. */
  append(message: LoggedMessage, fold: Pick<OutputFold, "messages">): void {
    if (this.#isBroken) return;
    try {
      this.#length += appendMessage(this.#file, message, this.#shelf);
      // A progress bar that runs for days, a plot that is drawn again and again: what was overwritten goes.
      if (this.#length > this.#rewriteAt) this.#rewrite(fold);
    } catch (error) {
      this.#isBroken = true;
      throw error;
    }
  }

  /** What was written counts no more: the outputs were taken back. */
  restart(): void {
    this.#file.restart();
    this.#length = 0;
    this.#isBroken = false;
  }

  /** Gives the file back; more may be appended all the same. */
  release(): void {
    this.#file.release();
  }

  #rewrite(fold: Pick<OutputFold, "messages">): void {
    const temporary = `${this.#path}.tmp`;
    rmSync(temporary, { force: true });
    const file = new FrameFile(temporary, this.#sync);
    this.#length = 0;
    for (const message of fold.messages()) this.#length += appendMessage(file, message, this.#shelf);
    file.release();
    this.#file.release();
    renameSync(temporary, this.#path);
    this.#rewriteAt = Math.max(this.#lengthMax, 2 * this.#length);
  }
}

/** Returns how long it is, in UTF-16 units, with the data that lie in blobs. */
function appendMessage(file: FrameFile, { msgType, content }: LoggedMessage, shelf: BundleShelf): number {
  const { name, text } = content;
  if (msgType === "stream" && typeof text === "string" && !loneSurrogate.test(text)) {
    file.append((name === "stderr" ? "e" : "o") + text);
    return text.length;
  }
  const { data, shelved, length } = shelf.stored(content["data"]);
  const stored: LoggedMessage = "data" in content ? { msgType, content: { ...content, data }, shelved } : { msgType, content };
  const payload = JSON.stringify(stored);
  file.append(payload);
  return payload.length + length;
}

/** The messages of a log, in their order, for `OutputFold.apply`. */
export function* readOutputLog(path: string, shelf: BundleShelf): Generator<Pick<LoggedMessage, "msgType" | "content">> {
  for (const payload of readFrames(path)) {
    const name = streamNames.get(String.fromCharCode(payload[0] ?? 0));
    if (name !== undefined) {
      yield { msgType: "stream", content: { name, text: payload.toString("utf8", 1) } };
      continue;
    }
    const message = messageIn(payload);
    if (message === undefined) return;
    const { msgType, content, shelved } = message;
    const data = storedBundle(message);
    yield { msgType, content: shelved === undefined || data === undefined ? content : { ...content, data: shelf.restore(data) } };
  }
}

/** The ids of the blobs that a log refers to. Text is passed over unread. */
export function* blobsOfLog(path: string): Generator<string> {
  for (const payload of readFrames(path, (first) => first === brace)) {
    const message = messageIn(payload);
    const data = message === undefined ? undefined : storedBundle(message);
    if (data !== undefined) yield* blobsOf(data);
  }
}

/** The checksum says that these are our own bytes; their shape is looked at all the same. */
function messageIn(payload: Buffer): LoggedMessage | undefined {
  try {
    const { msgType, content, shelved } = JSON.parse(payload.toString("utf8")) as Partial<LoggedMessage>;
    if (typeof msgType !== "string" || typeof content !== "object" || content === null) return undefined;
    return { msgType, content, ...(Array.isArray(shelved) ? { shelved } : {}) };
  } catch {
    return undefined;
  }
}

function storedBundle({ content, shelved }: LoggedMessage): StoredBundle | undefined {
  const { data } = content;
  if (shelved === undefined || typeof data !== "object" || data === null) return undefined;
  return { data: data as JsonObject, shelved };
}
