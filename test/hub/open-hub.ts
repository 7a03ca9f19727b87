import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { onTestFinished } from "vitest";
import { defaultLimits, type Limits } from "../../server/base/limits.ts";
import { silentLog } from "../../server/base/log.ts";
import type { ClientDescription, Hub, HubClient, HubEvent } from "../../server/hub/hub.ts";
import { openLocalHub } from "../../server/hub/open-hub.ts";
import { defaultSettings, type Settings } from "../../server/protocol/settings.ts";
import { fakeKernel } from "../fakes/fake-kernel.ts";
import { tempDirectory } from "../real-kernels.ts";

/** A client that remembers all it is told, and waits for what it is not yet told. */
export class RecordingClient {
  readonly events: HubEvent[] = [];
  /** Answers to questions of kernels, in order; none left: nobody answers. */
  readonly answers: string[] = [];
  #waiters: (() => void)[] = [];
  client!: HubClient;

  event(event: HubEvent): void {
    this.events.push(event);
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }

  async requestInput(): Promise<{ readonly value: string } | null> {
    const value = this.answers.shift();
    return value === undefined ? null : { value };
  }

  /** The first event that matches, past or to come. The test's own timeout bounds the wait. */
  async until<T>(find: (event: HubEvent) => T | undefined | false): Promise<T> {
    for (;;) {
      for (const event of this.events) {
        const found = find(event);
        if (found !== undefined && found !== false) return found;
      }
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  async untilState(executionId: string, ...states: readonly string[]) {
    return await this.until(
      (event) =>
        event.type === "execution" &&
        event.execution.executionId === executionId &&
        states.includes(event.execution.state) &&
        event.execution,
    );
  }

  async untilOver(executionId: string) {
    return await this.untilState(executionId, "succeeded", "failed", "cancelled", "interrupted", "unknown");
  }
}

export interface OpenHub {
  readonly hub: Hub;
  readonly directory: string;
  readonly stateDirectory: string;
  readonly runtimeDirectory: string;
  attach(settings?: Partial<Settings>): Promise<RecordingClient>;
  file(name: string, text: string): string;
}

/** A hub whose only kernel is the fake one, in directories of its own. `manners` as fake-kernel.mjs names them. */
export function openHub(
  options: { readonly manners?: readonly string[]; readonly limits?: Partial<Limits>; readonly base?: string } = {},
): OpenHub {
  const base = options.base ?? tempDirectory();
  const directory = join(base, "project");
  const stateDirectory = join(base, "state");
  const specs = join(base, "jupyter", "kernels", "fake");
  for (const folder of [directory, specs]) mkdirSync(folder, { recursive: true });
  const spec = { argv: fakeKernel(...(options.manners ?? [])).argv, display_name: "Fake", language: "python" };
  writeFileSync(join(specs, "kernel.json"), JSON.stringify(spec));
  const env = {
    PATH: process.env["PATH"],
    HOME: base,
    JUPYTER_PATH: join(base, "jupyter"),
    NBLS_STATE_DIR: stateDirectory,
    NBLS_RUNTIME_DIR: join(base, "run"),
  };
  const hub = openLocalHub({ log: silentLog, limits: { ...defaultLimits, ...options.limits }, env });
  onTestFinished(async () => await hub.close());
  return {
    hub,
    directory,
    stateDirectory,
    runtimeDirectory: env.NBLS_RUNTIME_DIR,
    attach: async (settings = {}) => {
      const recorder = new RecordingClient();
      const description: ClientDescription = {
        name: "test",
        cwd: directory,
        env,
        settings: { ...defaultSettings, "kernel.default": "fake", ...settings },
        canAnswerInput: true,
      };
      recorder.client = await hub.attach(description, recorder);
      return recorder;
    },
    file: (name, text) => {
      writeFileSync(join(directory, name), text);
      return pathToFileURL(join(directory, name)).href;
    },
  };
}

/** Two code cells with Markdown between them, for the fake kernel. */
export const twoCells = '# %%\nstream stdout "one\\n"\n# %% [markdown]\n# text\n# %%\nstream stdout "two\\n"\n';

export async function executeAll(recorder: RecordingClient, uri: string) {
  const { executions } = await recorder.client.execute({ textDocument: { uri }, target: { scope: "all" } });
  return executions;
}

export async function outputText(recorder: RecordingClient, uri: string, executionId: string): Promise<string | undefined> {
  return (await recorder.client.outputs({ textDocument: { uri }, executionId, as: "text" })).text;
}
