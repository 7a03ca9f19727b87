import type { JsonObject } from "../jupyter/message.ts";
import { OutputFold, displayIdOf, outputMessageTypes } from "./fold.ts";
import { viewedModel } from "./widget-views.ts";

/** Text and data that one widget keeps, in UTF-16 units; the rest is dropped behind a visible marker. */
const capturedLengthMax = 4_194_304;
/** Widgets of one kernel that are known: beyond that the oldest are forgotten, and capture nothing more. */
const modelsMax = 10_000;

/** Who shows outputs: an execution. */
interface Viewer {
  readonly fold: Pick<OutputFold, "hasWidget">;
}

interface Model<V> {
  readonly id: string;
  children: readonly string[];
  /** Absent: no Output widget, but one that holds others. */
  readonly captured: OutputFold | undefined;
  /** Outputs with this parent are the widget's. */
  msgId: string;
  /** What the kernel holds as its `outputs`, each as JSON. */
  told: readonly string[];
  readonly viewers: Set<V>;
}

/**
 * The Output widgets of one kernel. Such a widget says by a comm message whose outputs are its own from now on (`msg_id`);
 * they go to the executions that show the widget, or a widget that holds it, and wait until one does. What a widget that is
 * closed held is gone, and its views show nothing more. Messages of comms: https://github.com/jupyter-widgets/ipywidgets,
 * packages/schema/messages.md. Their content is untrusted.
 */
export class OutputWidgets<V extends Viewer> {
  readonly #deliver: (viewer: V, type: "widget_state" | "widget_output", content: JsonObject) => void;
  readonly #models = new Map<string, Model<V>>();
  /** By the parent of what they capture; the last one has it. */
  readonly #capturing = new Map<string, Model<V>[]>();
  readonly #displays = new Map<string, Set<OutputFold>>();
  /** Views to be filled: one may hold the next. */
  readonly #views: { readonly viewer: V; readonly modelId: string }[] = [];
  #isFilling = false;

  /** `deliver` folds a message into the outputs of a viewer, and tells `show` of it. */
  constructor(deliver: (viewer: V, type: "widget_state" | "widget_output", content: JsonObject) => void) {
    this.#deliver = deliver;
  }

  /** Takes a `comm_open`, `comm_msg` or `comm_close`. */
  comm(type: string, content: JsonObject): void {
    const id = content["comm_id"];
    if (typeof id !== "string") return;
    const data = object(content["data"]);
    const state = object(data["state"]);
    if (type === "comm_open" && content["target_name"] === "jupyter.widget") this.#open(id, state);
    const model = this.#models.get(id);
    if (model === undefined) return;
    if (type === "comm_msg" && data["method"] === "update") this.#update(model, state);
    if (type === "comm_close") this.#close(model);
  }

  /** Takes a message that makes outputs, if it is a widget's. `false`: it is of the execution that is its parent. */
  capture(parentId: string, type: string, content: JsonObject): boolean {
    const model = this.#capturing.get(parentId)?.at(-1);
    if (model === undefined) return false;
    this.#fold(model, type, content);
    return true;
  }

  /** What a widget keeps follows its displays too; viewers have theirs from the kernel's message itself. */
  updateDisplay(displayId: string, content: JsonObject): void {
    for (const captured of this.#displays.get(displayId) ?? []) captured.apply("update_display_data", content);
  }

  /** A viewer took a message: if that shows a widget, the viewer gets what the widget has. */
  show(viewer: V, content: JsonObject): void {
    const modelId = viewedModel(content["data"]);
    if (modelId === undefined) return;
    this.#views.push({ viewer, modelId });
    this.#fill();
  }

  /** The viewer is gone. */
  forget(viewer: V): void {
    for (const { viewers } of this.#models.values()) viewers.delete(viewer);
  }

  /** The kernel is gone, with all its widgets; what they showed stays as it is. */
  clear(): void {
    this.#models.clear();
    this.#capturing.clear();
    this.#displays.clear();
  }

  #open(id: string, state: JsonObject): void {
    const isOutput = state["_model_module"] === "@jupyter-widgets/output" && state["_model_name"] === "OutputModel";
    if (!isOutput && !Array.isArray(state["children"])) return;
    const captured = isOutput ? new OutputFold(capturedLengthMax) : undefined;
    const before = this.#models.get(id);
    if (before !== undefined) this.#forgetModel(before);
    const model: Model<V> = { id, children: [], captured, msgId: "", told: [], viewers: new Set() };
    this.#models.set(id, model);
    this.#update(model, state);
    if (this.#models.size <= modelsMax) return;
    for (const oldest of this.#models.values()) return this.#forgetModel(oldest);
  }

  #update(model: Model<V>, state: JsonObject): void {
    if (Array.isArray(state["children"])) {
      model.children = state["children"].map(referredModel).filter((id) => id !== undefined);
      for (const viewer of this.#viewersOf(model)) this.#introduce(viewer, model);
      this.#fill();
    }
    if (model.captured === undefined) return;
    if (Array.isArray(state["outputs"])) this.#setOutputs(model, state["outputs"]);
    const msgId = state["msg_id"];
    if (typeof msgId !== "string") return;
    this.#release(model);
    model.msgId = msgId;
    if (msgId !== "") this.#capturing.set(msgId, [...(this.#capturing.get(msgId) ?? []), model]);
  }

  /**
   * The kernel does not know what the widget captured, since we do not tell it: what it adds to its own list
   * (`append_stdout`) is added to ours, and any other list takes its place.
   */
  #setOutputs(model: Model<V>, outputs: readonly unknown[]): void {
    const told = outputs.map((output) => JSON.stringify(output));
    const isLonger = model.told.every((output, index) => output === told[index]);
    if (!isLonger) this.#fold(model, "clear_output", {});
    for (const output of outputs.slice(isLonger ? model.told.length : 0)) {
      const type = object(output)["output_type"];
      if (typeof type === "string" && outputMessageTypes.has(type)) this.#fold(model, type, object(output));
    }
    model.told = told;
  }

  #close(model: Model<V>): void {
    this.#fold(model, "clear_output", {});
    this.#forgetModel(model);
  }

  #forgetModel(model: Model<V>): void {
    this.#release(model);
    this.#models.delete(model.id);
    for (const showing of this.#displays.values()) if (model.captured !== undefined) showing.delete(model.captured);
  }

  #release(model: Model<V>): void {
    const others = this.#capturing.get(model.msgId)?.filter((other) => other !== model) ?? [];
    if (others.length > 0) this.#capturing.set(model.msgId, others);
    else this.#capturing.delete(model.msgId);
  }

  #fold(model: Model<V>, type: string, content: JsonObject): void {
    const { id, captured } = model;
    if (captured === undefined) return;
    captured.apply(type, content);
    const displayId = displayIdOf(content);
    if (displayId !== undefined) this.#displays.set(displayId, (this.#displays.get(displayId) ?? new Set()).add(captured));
    for (const viewer of this.#viewersOf(model))
      this.#deliver(viewer, "widget_output", { ...content, model_id: id, msg_type: type });
  }

  /** Those that show it still: outputs that were cleared show nothing. */
  #viewersOf({ id, viewers }: Model<V>): readonly V[] {
    for (const viewer of viewers) if (!viewer.fold.hasWidget(id)) viewers.delete(viewer);
    return [...viewers];
  }

  #introduce(viewer: V, { id, children }: Model<V>): void {
    this.#deliver(viewer, "widget_state", { model_id: id, children });
    for (const modelId of children) this.#views.push({ viewer, modelId });
  }

  #fill(): void {
    if (this.#isFilling) return;
    this.#isFilling = true;
    for (let next = this.#views.pop(); next !== undefined; next = this.#views.pop()) {
      const { viewer, modelId } = next;
      const model = this.#models.get(modelId);
      if (model === undefined || viewer.fold.hasWidget(modelId)) continue;
      model.viewers.add(viewer);
      this.#introduce(viewer, model);
      for (const { msgType, content } of model.captured?.messages() ?? [])
        this.#deliver(viewer, "widget_output", { ...content, model_id: modelId, msg_type: msgType });
    }
    this.#isFilling = false;
  }
}

/** A widget in the state of another: `IPY_MODEL_` and its id. */
function referredModel(value: unknown): string | undefined {
  const prefix = "IPY_MODEL_";
  return typeof value === "string" && value.startsWith(prefix) ? value.slice(prefix.length) : undefined;
}

function object(value: unknown): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}
