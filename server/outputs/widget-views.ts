import type { JsonObject } from "../jupyter/message.ts";
import type { MimeBundle, Output } from "../jupyter/nbformat.ts";
import { styledText } from "./plain-text.ts";

/** A mime bundle of this type is a view of the widget that its `model_id` names (ipywidgets' messages.md, "Displaying widgets"). */
const viewType = "application/vnd.jupyter.widget-view+json";
/** Text that stands for one widget, in UTF-16 units. */
const textLengthMax = 4_194_304;
/** Widgets that hold one another deeper than this are not looked into. */
const depthMax = 100;

/** What an Output widget captured: an `OutputFold`. */
interface Captured {
  readonly length: number;
  apply(type: string, content: JsonObject): boolean;
  updateDisplay(displayId: string, data: MimeBundle, metadata: JsonObject): boolean;
  outputs(): readonly Output[];
  messages(): Iterable<{ readonly msgType: string; readonly content: JsonObject }>;
}

interface Model {
  children: readonly string[];
  readonly captured: Captured;
}

type Bundle = Extract<Output, { readonly data: MimeBundle }>;

/** How a widget shows what it and those in it captured; `sole`: that is one display, whose every form can be shown. */
interface Look {
  readonly text: string;
  readonly sole?: Bundle | undefined;
}

/** A look that was found out, and the widgets that it was made of: a change of one of them makes another look. */
interface Known {
  look: Look | undefined;
  readonly madeOf: Set<string>;
}

/**
 * The widgets that the outputs of one execution show, as far as they capture outputs or hold such that do. Two messages of
 * our own change them: `widget_state` (`model_id`, `children`) makes one known, `widget_output` is a message that made
 * outputs, with the `model_id` of the widget that captured it and its type as `msg_type`.
 */
export class WidgetViews {
  readonly #create: () => Captured;
  readonly #models = new Map<string, Model>();
  /** While it is found out, a widget looks like nothing: it may hold itself. */
  readonly #looks = new Map<string, Known>();
  /** How often looks that somebody saw have changed. */
  readonly #changeCounts = new Map<string, number>();
  /** What is being found out, the outermost first. */
  readonly #finding: Known[] = [];

  constructor(create: () => Captured) {
    this.#create = create;
  }

  has(modelId: string): boolean {
    return this.#models.has(modelId);
  }

  /** `growth`: of the text and data that are kept, in UTF-16 units. */
  apply(type: "widget_state" | "widget_output", content: JsonObject): { readonly changed: boolean; readonly growth: number } {
    const modelId = content["model_id"];
    if (typeof modelId !== "string") return { changed: false, growth: 0 };
    let model = this.#models.get(modelId);
    if (type === "widget_state") {
      if (model === undefined) this.#models.set(modelId, (model = { children: [], captured: this.#create() }));
      const children = strings(content["children"]);
      const changed = children.join() !== model.children.join();
      model.children = children;
      if (changed) this.#changed(modelId);
      return { changed, growth: 0 };
    }
    const captured = content["msg_type"];
    // What a widget captured captures nothing itself.
    if (model === undefined || typeof captured !== "string" || captured.startsWith("widget_"))
      return { changed: false, growth: 0 };
    const before = model.captured.length;
    const changed = model.captured.apply(captured, content);
    if (changed) this.#changed(modelId);
    return { changed, growth: model.captured.length - before };
  }

  /** As in `OutputFold`. */
  updateDisplay(displayId: string, data: MimeBundle, metadata: JsonObject): boolean {
    let found = false;
    for (const [modelId, { captured }] of this.#models) {
      if (!captured.updateDisplay(displayId, data, metadata)) continue;
      this.#changed(modelId);
      found = true;
    }
    return found;
  }

  clear(): void {
    this.#models.clear();
    this.#looks.clear();
    this.#changeCounts.clear();
  }

  /** How often what a view of this widget shows has changed since somebody looked first. */
  changeCount(modelId: string): number {
    return this.#changeCounts.get(modelId) ?? 0;
  }

  /** A display of a widget with what that captured in its place; a display of anything else as it is. */
  view(output: Output): Output {
    if (!("data" in output)) return output;
    const modelId = viewedModel(output.data);
    const look = modelId === undefined ? undefined : this.#look(modelId);
    if (modelId === undefined || look === undefined) return output;
    const isHolder = (this.#models.get(modelId)?.children.length ?? 0) > 0;
    const text = isHolder ? joined([styledText(output), look.text]) : look.text;
    // Data may be read from disk when they are looked at: their properties are passed on, not their values.
    const data = Object.defineProperties(
      {},
      {
        ...Object.getOwnPropertyDescriptors(look.sole?.data ?? {}),
        ...Object.getOwnPropertyDescriptors(output.data),
        "text/plain": { value: text, enumerable: true, configurable: true },
      },
    ) as MimeBundle;
    return { ...output, data, metadata: { ...look.sole?.metadata, ...output.metadata } };
  }

  /** As in `OutputFold`. */
  *messages(): Generator<{ readonly msgType: string; readonly content: JsonObject }> {
    for (const [modelId, { children, captured }] of this.#models) {
      yield { msgType: "widget_state", content: { model_id: modelId, children } };
      for (const { msgType, content } of captured.messages())
        yield { msgType: "widget_output", content: { ...content, model_id: modelId, msg_type: msgType } };
    }
  }

  #look(modelId: string): Look | undefined {
    const model = this.#models.get(modelId);
    if (this.#finding.length > depthMax) return undefined;
    let known = this.#looks.get(modelId);
    if (known === undefined) {
      known = { look: undefined, madeOf: new Set([modelId]) };
      this.#looks.set(modelId, known);
      this.#finding.push(known);
      const own = (model?.captured.outputs() ?? []).map((output): Look => ({
        text: styledText(output),
        sole: "data" in output ? output : undefined,
      }));
      const held = (model?.children ?? []).map((child) => this.#look(child)).filter((look) => look !== undefined);
      const looks = [...own, ...held];
      this.#finding.pop();
      known.look = looks.length > 1 ? { text: joined(looks.map(({ text }) => text)) } : looks[0];
    }
    const holder = this.#finding.at(-1)?.madeOf;
    if (holder !== undefined) for (const part of known.madeOf) holder.add(part);
    return known.look;
  }

  #changed(modelId: string): void {
    for (const [holder, { madeOf }] of this.#looks) {
      if (!madeOf.has(modelId)) continue;
      this.#looks.delete(holder);
      this.#changeCounts.set(holder, this.changeCount(holder) + 1);
    }
  }
}

/** The widget that a mime bundle is a view of. */
export function viewedModel(data: unknown): string | undefined {
  if (typeof data !== "object" || data === null || !Object.hasOwn(data, viewType)) return undefined;
  const view = (data as JsonObject)[viewType];
  const id = typeof view === "object" && view !== null ? (view as JsonObject)["model_id"] : undefined;
  return typeof id === "string" ? id : undefined;
}

/** One below the other. */
function joined(texts: readonly string[]): string {
  let all = "";
  for (const text of texts) {
    if (all !== "" && !all.endsWith("\n")) all += "\n";
    all += text;
    if (all.length > textLengthMax) return `${all.slice(0, textLengthMax)}…`;
  }
  return all;
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
