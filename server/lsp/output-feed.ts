import type { Log } from "../base/log.ts";
import type { DidChangeExecutionParams } from "../protocol/execution.ts";
import { errorCodeOf } from "../protocol/errors.ts";
import { messageOf, stackOf } from "./guard.ts";
import type { HubLink } from "./hub-link.ts";
import type { Mirror, MirrorCell, MirrorDocument } from "./mirror.ts";
import { Pace } from "./pace.ts";
import type { Images } from "./images.ts";
import { showOutput, type OutputView, type ShownOutput } from "./shown-output.ts";

/** So long outputs are brought at a stretch: those of a whole notebook, when it is opened, take a second. */
const stretchMs = 10;

/** Where the feed delivers, in order: outputs before the state that ends their execution. */
export interface FeedSink {
  /** Resolves when the client has taken what came before: one that does not read is told nothing more, and then what is newest. */
  ready(): Promise<void>;
  outputs(document: MirrorDocument, cell: MirrorCell): void;
  execution(params: DidChangeExecutionParams): void;
}

/**
 * Brings the outputs that changed to the client at the client's own pace: what came first goes at once, what follows is
 * collected, and only what the client can show is read from the hub.
 */
export class OutputFeed {
  readonly #log: Log;
  readonly #mirror: Mirror;
  readonly #hub: HubLink;
  readonly #view: () => OutputView;
  readonly #images: Images;
  readonly #paceMs: number;
  readonly #sink: FeedSink;
  readonly #documents = new Map<string, DocumentFeed>();

  constructor(log: Log, mirror: Mirror, hub: HubLink, view: () => OutputView, images: Images, paceMs: number, sink: FeedSink) {
    this.#log = log;
    this.#mirror = mirror;
    this.#hub = hub;
    this.#view = view;
    this.#images = images;
    this.#paceMs = paceMs;
    this.#sink = sink;
  }

  outputsChanged(uri: string, cellId: string): void {
    const feed = this.#feed(uri);
    feed.changed.add(cellId);
    feed.pace.request();
  }

  executionChanged(params: DidChangeExecutionParams): void {
    const feed = this.#feed(params.textDocument.uri);
    const isTerminal = params.state !== "queued" && params.state !== "running";
    this.#enqueue(feed, async () => {
      if (isTerminal && feed.changed.delete(params.cellId)) await this.#deliver(feed.uri, params.cellId);
      // Where the error stands may depend on the execution count, which some kernels tell at the end only.
      else if (isTerminal) await this.#placeError(feed.uri, params.cellId);
      this.#sink.execution(params);
    });
  }

  /** In its turn among what was announced before. */
  inOrder(uri: string, send: () => void): void {
    this.#enqueue(this.#feed(uri), () => {
      send();
      return Promise.resolve();
    });
  }

  /** Shows again what is shown: the client's window or its settings changed. */
  redraw(): void {
    for (const document of this.#mirror.newestFirst())
      for (const cellId of document.shown.keys()) this.outputsChanged(document.uri, cellId);
  }

  /** Finds again where the errors stand that are shown: the text was edited. */
  async placeErrors({ uri, shown }: MirrorDocument): Promise<void> {
    for (const [cellId, { error }] of shown) if (error !== undefined) await this.#placeError(uri, cellId);
  }

  closed(uri: string): void {
    this.#documents.get(uri)?.pace.dispose();
    this.#documents.delete(uri);
  }

  dispose(): void {
    for (const feed of this.#documents.values()) feed.pace.dispose();
    this.#documents.clear();
  }

  #feed(uri: string): DocumentFeed {
    const known = this.#documents.get(uri);
    if (known !== undefined) return known;
    const feed: DocumentFeed = {
      uri,
      changed: new Set(),
      queue: [],
      isDelivering: false,
      isFlushing: false,
      pace: new Pace(this.#paceMs, () => this.#flush(feed)),
    };
    this.#documents.set(uri, feed);
    return feed;
  }

  #flush(feed: DocumentFeed): void {
    if (feed.isFlushing) return;
    feed.isFlushing = true;
    this.#enqueue(feed, async () => {
      await this.#sink.ready();
      feed.isFlushing = false;
      const cellIds = [...feed.changed];
      feed.changed.clear();
      let since = performance.now();
      for (const cellId of cellIds) {
        await this.#deliver(feed.uri, cellId);
        if (performance.now() - since < stretchMs) continue;
        // What was told leaves now, and what the client asked in the meantime is answered.
        await new Promise(setImmediate);
        since = performance.now();
      }
    });
  }

  #enqueue(feed: DocumentFeed, job: () => Promise<void>): void {
    feed.queue.push(job);
    if (!feed.isDelivering) this.#drain(feed).catch((error: unknown) => this.#log.error(messageOf(error)));
  }

  async #drain(feed: DocumentFeed): Promise<void> {
    feed.isDelivering = true;
    for (let job = feed.queue.shift(); job !== undefined; job = feed.queue.shift()) {
      try {
        await job();
      } catch (error) {
        // One cell that cannot be shown must not keep the news of others back.
        this.#log.error(`${feed.uri}: ${stackOf(error)}`);
      }
    }
    feed.isDelivering = false;
  }

  async #deliver(uri: string, cellId: string): Promise<void> {
    const view = this.#view();
    let shown: ShownOutput;
    try {
      const hub = await this.#hub.client();
      const tailLines = view.linesMax;
      // Escapes and wide characters take more than a column's worth, but not this much.
      const tailLength = 16 * view.linesMax * view.columnsMax;
      shown = await showOutput(
        await hub.outputWindow({ textDocument: { uri }, cellId, tailLines, tailLength }),
        view,
        this.#images,
      );
    } catch (error) {
      // The cell or its document is gone in the meantime.
      if (errorCodeOf(error) === undefined) throw error;
      return;
    }
    const document = this.#mirror.get(uri);
    if (document?.cell(cellId) === undefined) return;
    document.shown.set(cellId, shown);
    await this.#placeError(uri, cellId);
    const cellNow = document.cell(cellId);
    if (this.#mirror.get(uri) === document && cellNow !== undefined) this.#sink.outputs(document, cellNow);
  }

  async #placeError(uri: string, cellId: string): Promise<void> {
    const shown = this.#mirror.get(uri)?.shown.get(cellId);
    if (shown?.error === undefined) return;
    const hub = await this.#hub.client();
    // What went away in the meantime has no place any more.
    const place = await hub.errorPlace({ textDocument: { uri }, cellId }).catch(() => null);
    const document = this.#mirror.get(uri);
    const cell = document?.cell(cellId);
    if (document?.shown.get(cellId) !== shown || cell === undefined) return;
    const { errorPlace: _, ...unplaced } = shown;
    document.shown.set(cellId, { ...unplaced, ...(place && { errorPlace: { place, cellLine: cell.startLine } }) });
  }
}

interface DocumentFeed {
  readonly uri: string;
  /** Cells whose outputs changed since they were delivered. */
  readonly changed: Set<string>;
  readonly queue: (() => Promise<void>)[];
  isDelivering: boolean;
  /** What changed waits to be delivered: that once is enough, however much changes meanwhile. */
  isFlushing: boolean;
  readonly pace: Pace;
}
