import type { MessageConnection } from "vscode-jsonrpc";
import { lazy } from "../base/lazy.ts";
import { defaultLimits } from "../base/limits.ts";
import type { Log } from "../base/log.ts";
import { WorkerCalls } from "../base/worker-calls.ts";
import { BlobStore } from "../hub/blobs.ts";
import { openStateDirectory } from "../hub/directories.ts";
import { DiskSync } from "../hub/disk-sync.ts";
import type { HubEvent } from "../hub/hub.ts";
import type { RequestInputParams } from "../protocol/input.ts";
import { didChangeKernel } from "../protocol/kernels.ts";
import { didChangeView } from "../protocol/view.ts";
import { ChangeOrder } from "./change-order.ts";
import { field, type Client } from "./client.ts";
import { ClientPort } from "./client-port.ts";
import { startCommand, type CommandContext } from "./commands.ts";
import { executionMethods } from "./execution-methods.ts";
import { route, stackOf, type Route } from "./guard.ts";
import { HubLink, type HubSource } from "./hub-link.ts";
import { Images } from "./images.ts";
import { InputRequests } from "./input-requests.ts";
import { Mirror } from "./mirror.ts";
import { OutputFeed } from "./output-feed.ts";
import { anything } from "../protocol/validate.ts";
import { didChangeConfigurationParams, executeCommandParams, progressCancelParams } from "./params.ts";
import { PairedTexts } from "./paired-texts.ts";
import { RunProgress } from "./progress.ts";
import { readingMethods } from "./reading-methods.ts";
import { Screen } from "./screen.ts";
import { SettingsSource } from "./settings-source.ts";
import { Terminal } from "./terminal.ts";
import { textMethods } from "./text-methods.ts";

export interface DoorOptions {
  readonly log: Log;
  readonly hub: HubSource;
  readonly cwd: string;
  readonly env: { readonly [name: string]: string | undefined };
  /** The program of the thread that decodes pictures; absent: only those are shown that need no decoding. */
  readonly imageWorker?: string | undefined;
}

const imageWorkerOptions = { timeoutMs: 5_000, idleMs: 30_000, heapMegabytesMax: 512 };

/** The door for a client that has sent `initialize`. */
export function openDoor(options: DoorOptions, client: Client, connection: MessageConnection): Door {
  return new Door(options, client, new ClientPort(options.log, connection));
}

/** Everything for one client, from its `initialize` to its end: the parts, what connects them, and its methods. */
export class Door {
  readonly routes: ReadonlyMap<string, Route>;
  readonly #client: Client;
  readonly #port: ClientPort;
  readonly #mirror = new Mirror();
  readonly #hub: HubLink;
  readonly #settings: SettingsSource;
  readonly #screen: Screen;
  readonly #feed: OutputFeed;
  readonly #progress: RunProgress | undefined;
  readonly #input: InputRequests;
  readonly #terminal: Terminal;
  readonly #images: Images;
  readonly #imageWorker: WorkerCalls | undefined;
  readonly #order: ChangeOrder | undefined;
  readonly #log: Log;

  constructor(options: DoorOptions, client: Client, port: ClientPort) {
    const { log, cwd, env } = options;
    this.#log = log;
    this.#client = client;
    this.#port = port;
    this.#settings = new SettingsSource((problem) => port.showMessage("warning", problem));
    this.#input = new InputRequests(port, client.nbls?.requestInput === true);
    this.#hub = new HubLink(
      log,
      options.hub,
      // Who cannot be asked directly answers by a command: every editor can answer.
      () => ({ name: client.name, cwd: client.root ?? cwd, env, settings: this.#settings.current, canAnswerInput: true }),
      { event: (event) => this.#guardedEvent(event), requestInput: (params) => this.#ask(params) },
    );
    this.#screen = new Screen(
      port,
      client,
      () => this.#settings.current,
      async (document) => await this.#feed.placeErrors(document),
    );
    this.#progress = client.supports.progress ? new RunProgress(port) : undefined;
    this.#terminal = new Terminal(env);
    this.#imageWorker = options.imageWorker === undefined ? undefined : new WorkerCalls(options.imageWorker, imageWorkerOptions);
    const blobs = lazy(() => new BlobStore(openStateDirectory(env, log.warn), new DiskSync()));
    const imageMode = () => this.#screen.imageMode(this.#terminal);
    this.#images = new Images(log, this.#imageWorker, this.#terminal, blobs, imageMode);
    this.#feed = new OutputFeed(log, this.#mirror, this.#hub, () => this.#screen.outputView, this.#images, this.#screen.paceMs, {
      ready: async () => await port.taken(),
      outputs: (document, cell) => this.#screen.outputs(document, cell),
      execution: (params) => {
        this.#screen.execution(params, this.#mirror.get(params.textDocument.uri)?.cell(params.cellId)?.stale);
        this.#progress?.executionChanged(params);
      },
    });
    this.#order = client.supports.messageOrder ? undefined : new ChangeOrder();
    const surroundings = { cwd: client.root ?? cwd, home: env["HOME"] };
    this.routes = new Map(this.#allRoutes(surroundings).map((entry) => [entry.method, entry]));
  }

  async close(): Promise<void> {
    try {
      this.#order?.flush();
      this.#input.dispose();
      this.#progress?.dispose();
      this.#feed.dispose();
      this.#screen.dispose();
    } finally {
      // Whatever goes wrong with the client, kernels end.
      await this.#hub.close();
      await this.#imageWorker?.dispose();
      await this.#terminal.dispose();
    }
  }

  #allRoutes(surroundings: CommandContext["surroundings"]): readonly Route[] {
    const context: CommandContext = {
      mirror: this.#mirror,
      hub: this.#hub,
      client: this.#port,
      terminal: this.#terminal,
      commandArguments: this.#client.supports.commandArguments,
      surroundings,
      redraw: (document, cell) => {
        const shown = document.shown.get(cell.id);
        if (shown !== undefined) this.#feed.outputsChanged(document.uri, cell.id);
      },
    };
    return [
      ...textMethods(this.#mirror, this.#hub, new PairedTexts(this.#client, this.#port, this.#hub), this.#order, {
        changed: (uri) => this.#textChanged(uri),
        closed: (uri) => this.#closed(uri),
      }),
      ...readingMethods(defaultLimits, this.#client, this.#mirror, this.#hub, {
        answersHints: (document) => this.#screen.answersHints(document),
        isAsked: (uri) => this.#input.isAsked(uri),
      }),
      ...executionMethods(this.#hub),
      route("workspace/executeCommand", executeCommandParams, ({ command, arguments: args }) =>
        startCommand(context, command, args ?? []),
      ),
      route("initialized", anything, () => this.#initialized()),
      route("workspace/didChangeConfiguration", didChangeConfigurationParams, ({ settings }) => this.#configured(settings)),
      route("window/workDoneProgress/cancel", progressCancelParams, ({ token }) => this.#progressCancelled(token)),
      route(didChangeView.method, didChangeView.params, (view) => {
        this.#screen.resized(view);
        this.#images.giveAgain();
        this.#feed.redraw();
      }),
    ];
  }

  /** The hub calls us among its own work: a bug here must not become a failure there. */
  #guardedEvent(event: HubEvent): void {
    try {
      this.#event(event);
    } catch (error) {
      this.#log.error(`${event.type}: ${stackOf(error)}`);
    }
  }

  #event(event: HubEvent): void {
    this.#mirror.apply(event);
    switch (event.type) {
      case "cells": {
        const { uri, version, changes } = event;
        const document = this.#mirror.get(uri);
        if (document === undefined) break;
        this.#feed.inOrder(uri, () => this.#screen.cells(document, { textDocument: { uri, version }, changes }));
        // A cell that was cut and put back is new to its client, and has its outputs.
        for (const { id, executionId, executionCount } of changes.flatMap(({ cells }) => cells))
          if ((executionId ?? executionCount) !== null && !document.shown.has(id)) this.#feed.outputsChanged(uri, id);
        this.#stateChanged(uri);
        break;
      }
      case "execution":
        this.#feed.executionChanged(event.execution);
        this.#stateChanged(event.execution.textDocument.uri);
        break;
      case "outputs":
        this.#feed.outputsChanged(event.uri, event.cellId);
        break;
      case "kernel": {
        const { uri, kernel } = event;
        const textDocument = uri === undefined ? undefined : { uri };
        const tell = () => this.#screen.tell(didChangeKernel.method, { ...(textDocument && { textDocument }), kernel });
        if (uri === undefined) tell();
        else this.#feed.inOrder(uri, tell);
        break;
      }
      case "problems":
        this.#stateChanged(event.uri);
        break;
      case "inputWithdrawn":
        this.#input.withdrawn(event.uri, event.cellId);
        break;
      case "message":
        this.#port.showMessage(event.severity, event.text);
        break;
    }
  }

  /** The cell says that it waits, and for what: a message may be gone with the next key. */
  async #ask(params: RequestInputParams): Promise<{ readonly value: string } | null> {
    const { textDocument, cellId, prompt } = params;
    const questions = this.#mirror.get(textDocument.uri)?.questions;
    questions?.set(cellId, prompt);
    this.#stateChanged(textDocument.uri);
    try {
      return await this.#input.ask(params);
    } finally {
      questions?.delete(cellId);
      this.#stateChanged(textDocument.uri);
    }
  }

  #stateChanged(uri: string): void {
    const document = this.#mirror.get(uri);
    if (document !== undefined) this.#screen.stateChanged(document);
  }

  #textChanged(uri: string): void {
    const document = this.#mirror.get(uri);
    if (document !== undefined) this.#screen.textChanged(document);
  }

  #closed(uri: string): void {
    this.#feed.closed(uri);
    this.#screen.closed(uri);
  }

  async #initialized(): Promise<void> {
    this.#takeSettings(this.#client.initialSettings);
    if (this.#client.supports.configurationRegistration) {
      const method = "workspace/didChangeConfiguration";
      const registrations = [{ id: method, method, registerOptions: { section: "nbls" } }];
      this.#port.ask("client/registerCapability", { registrations });
    }
    await this.#pullSettings();
    // The first output is not to wait for its renderer.
    await import("../render/output.ts");
  }

  /** Editors that want to be asked send settings that are empty or not for us. */
  async #configured(settings: unknown): Promise<void> {
    const section = field(settings, "nbls");
    if (section === undefined) await this.#pullSettings();
    else this.#takeSettings(section);
  }

  async #pullSettings(): Promise<void> {
    if (!this.#client.supports.configuration) return;
    const answer = await this.#port.request("workspace/configuration", { items: [{ section: "nbls" }] });
    const section: unknown = Array.isArray(answer) ? answer[0] : undefined;
    if (section !== undefined && section !== null) this.#takeSettings(section);
  }

  #takeSettings(section: unknown): void {
    if (section === undefined) return;
    this.#settings.take(section);
    const settings = this.#settings.current;
    this.#hub.tellIfAttached((client) => client.configure({ settings }));
    this.#feed.redraw();
    this.#screen.settingsChanged();
  }

  async #progressCancelled(token: unknown): Promise<void> {
    const run = this.#progress?.cancelled(token);
    if (run === undefined) return;
    const hub = await this.#hub.client();
    await hub.cancel({ textDocument: { uri: run.uri }, executionIds: run.executionIds });
  }
}
