import { isDeepStrictEqual } from "node:util";
import { basename } from "node:path";
import { deferred } from "../../server/base/deferred.ts";
import type { Trace } from "../../server/base/trace.ts";
import { field } from "../../server/lsp/client.ts";
import { didChangeExecution } from "../../server/protocol/execution.ts";
import { didChangeOutputs } from "../../server/protocol/outputs.ts";
import { nblsClient, openProject, type Project } from "./open-project.ts";

/**
 * A scenario is a text: why it exists, then files (`-- name --`), then `-- conversation --`: what client (`-->`) and server
 * (`<--`) say, in the notation of the trace. Cells hold commands of the fake kernel. A `-->` line is sent once all `<--`
 * lines above it have come; while writing one, give as little of a `<--` line as is to be waited for, and let
 * `vitest -u` complete it. `--> result …` answers the server's last request.
 */
interface Scenario {
  readonly head: string;
  readonly files: ReadonlyMap<string, string>;
  readonly steps: readonly Step[];
}

interface Step {
  readonly arrow: "-->" | "<--";
  readonly what: string;
  readonly payload: unknown;
}

const deadlineMs = 5_000;
/** What differs from run to run, or is noise in every scenario. */
const hiddenMethods = new Set(["initialize", "initialized", "nbls/didChangeKernel", "nbls/kernels"]);
const hiddenFields = new Set(["startedAt", "durationMs", "statusText", "seq", "images", "languageId"]);
const notifications = /^(textDocument\/did|nbls\/didChangeView|window\/workDoneProgress\/cancel|\$\/)/;

function parseScenario(text: string): Scenario {
  const marker = "-- conversation --\n";
  const at = text.indexOf(marker) + marker.length;
  const head = text.slice(0, at);
  const files = new Map<string, string>();
  for (const [, name = "", body = ""] of head.matchAll(/^-- (\S+) --\n([\s\S]*?)(?=^-- )/gm)) files.set(name, body);
  const steps = text
    .slice(at)
    .split("\n")
    .flatMap((line): Step[] => {
      const match = /^(-->|<--) (\S+)(?: (.*))?$/.exec(line);
      if (match === null) return [];
      const [, arrow, what = "", payload = "{}"] = match;
      return [{ arrow: arrow === "-->" ? "-->" : "<--", what, payload: JSON.parse(payload) as unknown }];
    });
  return { head, files, steps };
}

/** Runs a scenario; the text that it should have been. */
export async function runScenario(text: string): Promise<string> {
  const { head, files, steps } = parseScenario(text);
  const recorder = new Recorder();
  // The trace shows a question before the client has it: the answer waits for the question, or the other way round.
  let question = deferred<unknown>();
  const project = await openProject({
    capabilities: { experimental: { nbls: { ...nblsClient.experimental.nbls, requestInput: true } } },
    trace: recorder.trace,
    answers: {
      "nbls/requestInput": async () => {
        const answer = await question.promise;
        question = deferred();
        return answer;
      },
    },
  });
  let passed = 0;
  for (const step of steps) {
    if (step.arrow === "<--") {
      passed = await recorder.reached(step, passed);
      continue;
    }
    if (step.what === "result") question.resolve(step.payload);
    else send(project, files, step.what, recorder.real(step.payload, project.directory));
    passed = await recorder.reached(step, passed);
  }
  // Everything sent before this answer is here when it is.
  await project.client.request("nbls/kernels", {});
  return `${head}${recorder.lines().join("\n")}\n`;
}

function send(project: Project, files: ReadonlyMap<string, string>, method: string, payload: unknown): void {
  let params = payload;
  if (method === "textDocument/didOpen") {
    const { uri } = (payload as { textDocument: { uri: string } }).textDocument;
    params = { textDocument: { uri, languageId: "python", version: 1, text: files.get(basename(uri)) ?? "" } };
  }
  if (notifications.test(method)) project.client.notify(method, params);
  // An error is an answer like any other: it is in the recording.
  else project.client.request(method, params).catch(() => undefined);
}

/** The conversation so far, with names in place of ids. */
class Recorder {
  readonly #said: Step[] = [];
  readonly #names = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  #wake: () => void = () => {};

  readonly trace: Trace = (area, arrow, what, payload) => {
    if (area !== "lsp" || (arrow !== "-->" && arrow !== "<--") || hiddenMethods.has(what)) return;
    // Answers to what is hidden.
    if (what === "result" && this.#isHiddenAnswer(payload)) return;
    const step = { arrow, what, payload: this.#named(payload, "") } as const;
    this.#said.push(step);
    this.#wake();
  };

  /**
   * What the scenario shows. Left out is what depends on timing alone: outputs that were soon replaced by the next of the
   * same cell, and the count of a cell that is known to run already.
   */
  lines(): string[] {
    return this.#said
      .filter((step, index) => !this.#isReplaced(step, index) && !isCount(step))
      .map(({ arrow, what, payload }) => `${arrow} ${what} ${JSON.stringify(payload)}`);
  }

  #isReplaced(step: Step, index: number): boolean {
    if (step.what !== didChangeOutputs.method) return false;
    for (const later of this.#said.slice(index + 1)) {
      if (later.arrow === "-->") return false;
      if (later.what === step.what && includes(later.payload, { cellId: field(step.payload, "cellId") })) return true;
    }
    return false;
  }

  /** Waits until a message like `step` came behind the first `from`; how many have passed then. */
  async reached(step: Step, from: number): Promise<number> {
    const deadline = Date.now() + deadlineMs;
    for (;;) {
      const index = this.#said.findIndex(
        (said, at) => at >= from && said.arrow === step.arrow && said.what === step.what && includes(said.payload, step.payload),
      );
      if (index >= 0) return index + 1;
      const left = deadline - Date.now();
      // The comparison of the whole conversation shows what is missing.
      if (left <= 0) return from;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Ids and URIs in place of names. */
  real(value: unknown, directory: string): unknown {
    const byName = new Map([...this.#names].map(([id, name]) => [name, id]));
    return mapped(value, (text, key) => (key === "uri" ? `file://${directory}/${text}` : (byName.get(text) ?? text)));
  }

  #named(value: unknown, key: string): unknown {
    return mapped(
      value,
      (text, at) => {
        if (at === "uri") return basename(text);
        const prefix =
          at === "cellId" || at === "id" || at === "cellIds"
            ? "c"
            : at.startsWith("execution") || at === "cancelled" || at === "interrupted"
              ? "e"
              : undefined;
        if (prefix === undefined || text === "") return text;
        const known = this.#names.get(text);
        if (known !== undefined) return known;
        const count = (this.#counts.get(prefix) ?? 0) + 1;
        this.#counts.set(prefix, count);
        const name = /^[ce]\d+$/.test(text) ? text : `${prefix}${count}`;
        this.#names.set(text, name);
        return name;
      },
      key,
    );
  }

  #isHiddenAnswer(payload: unknown): boolean {
    return typeof payload === "object" && payload !== null && ("capabilities" in payload || "kernels" in payload);
  }
}

function isCount({ what, payload }: Step): boolean {
  return (
    what === didChangeExecution.method && field(payload, "state") === "running" && field(payload, "executionCount") !== undefined
  );
}

/** A copy with every string mapped, and without hidden fields. Strings in a list have the key of the list. */
function mapped(value: unknown, map: (text: string, key: string) => string, key = ""): unknown {
  if (typeof value === "string") return map(value, key);
  if (Array.isArray(value)) return value.map((entry) => mapped(entry, map, key));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !hiddenFields.has(name))
      .map(([name, entry]) => [name, mapped(entry, map, name)]),
  );
}

/** Whether all of `part` is in `whole`. */
function includes(whole: unknown, part: unknown): boolean {
  if (typeof part !== "object" || part === null) return isDeepStrictEqual(whole, part);
  if (typeof whole !== "object" || whole === null) return false;
  return Object.entries(part).every(
    ([key, entry]) => Object.hasOwn(whole, key) && includes((whole as { readonly [key: string]: unknown })[key], entry),
  );
}
