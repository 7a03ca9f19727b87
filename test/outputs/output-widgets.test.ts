import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../server/jupyter/message.ts";
import type { Output } from "../../server/jupyter/nbformat.ts";
import { OutputFold, outputMessageTypes } from "../../server/outputs/fold.ts";
import { OutputWidgets } from "../../server/outputs/output-widgets.ts";
import { plainText, plainTextOf } from "../../server/outputs/plain-text.ts";

const viewType = "application/vnd.jupyter.widget-view+json";

interface Viewer {
  readonly fold: OutputFold;
  readonly journal: { readonly msgType: string; readonly content: JsonObject }[];
}

/** Executions of one kernel, each with what its log would hold; messages as ipywidgets 8 sends them. */
class Executions {
  readonly #executions = new Map<string, Viewer>();
  readonly widgets = new OutputWidgets<Viewer>((viewer, type, content) => this.#apply(viewer, type, content));

  of(id: string): Viewer {
    let execution = this.#executions.get(id);
    if (execution === undefined) this.#executions.set(id, (execution = { fold: new OutputFold(1e9), journal: [] }));
    return execution;
  }

  all(): readonly Viewer[] {
    return [...this.#executions.values()];
  }

  send(parent: string, type: string, content: JsonObject): this {
    if (!outputMessageTypes.has(type)) this.widgets.comm(type, content);
    else if (!this.widgets.capture(parent, type, content)) this.#apply(this.of(parent), type, content);
    return this;
  }

  print(parent: string, text: string): this {
    return this.send(parent, "stream", { name: "stdout", text });
  }

  output(id: string, state: JsonObject = {}): this {
    const model = { _model_module: "@jupyter-widgets/output", _model_name: "OutputModel", msg_id: "", outputs: [] };
    return this.open(id, { ...model, ...state });
  }

  open(id: string, state: JsonObject): this {
    return this.send("", "comm_open", { comm_id: id, target_name: "jupyter.widget", data: { state, buffer_paths: [] } });
  }

  update(id: string, state: JsonObject): this {
    return this.send("", "comm_msg", { comm_id: id, data: { method: "update", state, buffer_paths: [] } });
  }

  close(id: string): this {
    return this.send("", "comm_close", { comm_id: id, data: {} });
  }

  display(parent: string, id: string, text = "Output()"): this {
    const view = { version_major: 2, version_minor: 0, model_id: id };
    return this.send(parent, "display_data", { data: { "text/plain": text, [viewType]: view }, metadata: {}, transient: {} });
  }

  texts(id: string): readonly string[] {
    return this.of(id).fold.outputs().map(plainText);
  }

  #apply(viewer: Viewer, msgType: string, content: JsonObject): void {
    const { clearCount } = viewer.fold;
    viewer.fold.apply(msgType, content);
    if (viewer.fold.clearCount !== clearCount) viewer.journal.length = 0;
    if (msgType !== "clear_output" || content["wait"] === true) viewer.journal.push({ msgType, content });
    this.widgets.show(viewer, content);
  }
}

function replayed(messages: Iterable<{ readonly msgType: string; readonly content: JsonObject }>): readonly Output[] {
  const fold = new OutputFold(1e9);
  for (const { msgType, content } of messages) fold.apply(msgType, content);
  return fold.outputs();
}

describe("what an Output widget captures", () => {
  // nteract#402, ipywidgets#1744: rich.progress and rich.live clear and print anew inside of an Output widget.
  test("a rich progress bar erases nothing that the cell printed before it, and stays one line where it stands", () => {
    const run = new Executions().print("c", "KEEP ME\n").output("w").display("c", "w");
    for (let percent = 0; percent <= 100; percent += 50) {
      run.update("w", { msg_id: "c" }).send("c", "clear_output", { wait: true });
      run.send("c", "display_data", { data: { "text/plain": `bar ${percent}%\n`, "text/html": `<pre>${percent}</pre>` } });
      run.update("w", { msg_id: "" });
    }
    run.print("c", "end\n");
    expect(run.texts("c")).toEqual(["KEEP ME\n", "bar 100%\n", "end\n"]);
  });

  test("the view stays a view of its widget, and other programs read the captured text beside it", () => {
    const run = new Executions().output("w").display("c", "w").update("w", { msg_id: "c" }).print("c", "one\n");
    expect(run.of("c").fold.outputs()).toEqual([
      {
        output_type: "display_data",
        data: { "text/plain": "one\n", [viewType]: { version_major: 2, version_minor: 0, model_id: "w" } },
        metadata: {},
      },
    ]);
  });

  test("a single captured picture is shown in every form it has; with text around it, by its text", () => {
    const run = new Executions().output("w").display("c", "w").update("w", { msg_id: "c" });
    run.send("c", "display_data", { data: { "image/png": "iVBORw0=", "text/plain": "<Figure>" }, metadata: { width: 3 } });
    expect(run.of("c").fold.outputs()).toMatchObject([
      { data: { "image/png": "iVBORw0=", "text/plain": "<Figure>", [viewType]: { model_id: "w" } }, metadata: { width: 3 } },
    ]);
    run.print("c", "caption\n");
    expect(run.texts("c")).toEqual(["<Figure>\ncaption\n"]);
    expect(JSON.stringify(run.of("c").fold.outputs())).not.toContain("image/png");
  });

  test("an error in the widget is the widget's, with its traceback", () => {
    const run = new Executions().output("w").display("c", "w").update("w", { msg_id: "c" });
    run.send("c", "error", { ename: "E", evalue: "v", traceback: ["Traceback", "E: v"] });
    expect(run.texts("c")).toEqual(["Traceback\nE: v"]);
    expect(run.of("c").fold.lastError()).toBeUndefined();
  });

  test("a widget that nobody displays shows nothing, and what it has when it is displayed later", () => {
    const run = new Executions().output("w").update("w", { msg_id: "a" }).print("a", "captured\n").update("w", { msg_id: "" });
    run.print("a", "not captured\n");
    expect(run.texts("a")).toEqual(["not captured\n"]);
    expect(run.display("b", "w").texts("b")).toEqual(["captured\n"]);
  });

  test("two cells that show a widget, and a third one that prints into it", () => {
    const run = new Executions().output("w").display("a", "w").display("b", "w").update("w", { msg_id: "c" }).print("c", "x");
    expect([run.texts("a"), run.texts("b"), run.texts("c")]).toEqual([["x"], ["x"], []]);
  });

  test("@interact: a box shows what the widget in it captured, below its own text", () => {
    const run = new Executions().print("c", "keep\n").output("w");
    run.open("box", { children: ["IPY_MODEL_slider", "IPY_MODEL_w"] }).display("c", "box", "interactive(…)");
    run.update("w", { msg_id: "c" }).send("c", "clear_output", { wait: true }).print("c", "x is 3\n").update("w", { msg_id: "" });
    expect(run.texts("c")).toEqual(["keep\n", "interactive(…)\nx is 3\n"]);
    run
      .output("v")
      .update("v", { msg_id: "c" })
      .print("c", "late\n")
      .update("box", { children: ["IPY_MODEL_v"] });
    expect(run.texts("c")).toEqual(["keep\n", "interactive(…)\nlate\n"]);
  });

  test("nested widgets: the inner one takes what is printed in it, and gives back to the outer one", () => {
    const run = new Executions().output("a").output("b").display("c", "a");
    run.update("a", { msg_id: "c" }).print("c", "1\n").display("c", "b");
    run.update("b", { msg_id: "c" }).print("c", "2\n").update("b", { msg_id: "" });
    run.print("c", "3\n").update("a", { msg_id: "" }).print("c", "4\n");
    expect(run.texts("c")).toEqual(["1\n2\n3\n", "4\n"]);
  });

  test("a widget that is displayed inside of itself is shown once", () => {
    const run = new Executions().output("w").display("c", "w").update("w", { msg_id: "c" }).display("c", "w").print("c", "x");
    expect(run.texts("c")).toEqual(["Output()\nx"]);
  });

  // ipywidgets#2385
  test("append_stdout and outputs= of the kernel: what it adds is added, another list takes the place of all", () => {
    const stdout = (text: string) => ({ output_type: "stream", name: "stdout", text });
    const run = new Executions().output("w").display("c", "w").update("w", { msg_id: "c" }).print("c", "printed\n");
    run.update("w", { outputs: [stdout("a\n")] }).update("w", { outputs: [stdout("a\n"), stdout("b\n")] });
    expect(run.texts("c")).toEqual(["printed\na\nb\n"]);
    run.update("w", { outputs: [{ output_type: "display_data", data: { "text/plain": "new" }, metadata: {} }] });
    expect(run.texts("c")).toEqual(["new"]);
  });

  test("a widget that is closed captures no more, and what it showed goes, as in a browser", () => {
    const run = new Executions().output("w").display("c", "w").update("w", { msg_id: "c" }).print("c", "x").close("w");
    expect(run.print("c", "y").texts("c")).toEqual(["Output()", "y"]);
  });

  test("clear_output of the cell takes the view away; displayed again it has all that it captured", () => {
    const run = new Executions().output("w").display("c", "w").update("w", { msg_id: "c" }).print("c", "x");
    run.update("w", { msg_id: "" }).send("c", "clear_output", {});
    expect(run.texts("c")).toEqual([]);
    run.update("w", { msg_id: "c" }).print("c", "y").update("w", { msg_id: "" }).display("c", "w");
    expect(run.texts("c")).toEqual(["xy"]);
  });

  test("the next run of the cell shows the same widget with all it has, and the run before keeps its own", () => {
    const run = new Executions().output("w").display("1", "w").update("w", { msg_id: "1" }).print("1", "a");
    run.display("2", "w").update("w", { msg_id: "2" }).print("2", "b");
    expect(run.texts("2")).toEqual(["ab"]);
  });

  test("a restarted kernel has no widgets: what they showed stays, and its messages are the cells' own", () => {
    const run = new Executions().output("w").display("c", "w").update("w", { msg_id: "c" }).print("c", "x");
    run.widgets.clear();
    expect(run.print("c", "y").texts("c")).toEqual(["x", "y"]);
  });

  test("a display that is updated by its id follows in the widget, also before that is shown", () => {
    const fresh = (text: string) => ({ data: { "text/plain": text }, metadata: {}, transient: { display_id: "d" } });
    const run = new Executions().output("w").update("w", { msg_id: "c" }).send("c", "display_data", fresh("1"));
    run.widgets.updateDisplay("d", fresh("2"));
    run.update("w", { msg_id: "" }).display("c", "w");
    expect(run.texts("c")).toEqual(["2"]);
    run.of("c").fold.apply("update_display_data", fresh("3"));
    expect(run.texts("c")).toEqual(["3"]);
  });

  test("widgets that show each other twice, fifty deep, end in bounded time and text", () => {
    const run = new Executions();
    for (let depth = 0; depth < 50; depth += 1) run.output(`${depth}`);
    run.display("c", "0");
    for (let depth = 0; depth < 49; depth += 1) {
      run.update(`${depth}`, { msg_id: "c" });
      run
        .display("c", `${depth + 1}`)
        .print("c", "x")
        .display("c", `${depth + 1}`);
      run.update(`${depth}`, { msg_id: "" });
    }
    expect(plainTextOf(run.of("c").fold.outputs()).length).toBeLessThan(5_000_000);
  });
});

/** A random life of three Output widgets and a box, over two executions. */
const step = fc.record({
  parent: fc.constantFrom("c", "d"),
  widget: fc.constantFrom("a", "b", "box"),
  text: fc.constantFrom("x", "y\n", "\rz"),
  what: fc.constantFrom(
    "print",
    "print",
    "display",
    "enter",
    "enter",
    "leave",
    "clear",
    "clear wait",
    "outputs",
    "children",
    "close",
    "open",
  ),
});

function perform(run: Executions, { parent, widget, text, what }: typeof step extends fc.Arbitrary<infer S> ? S : never): void {
  if (what === "print") run.print(parent, text);
  else if (what === "display") run.display(parent, widget);
  else if (what === "enter") run.update(widget, { msg_id: parent });
  else if (what === "leave") run.update(widget, { msg_id: "" });
  else if (what === "clear") run.send(parent, "clear_output", {});
  else if (what === "clear wait") run.send(parent, "clear_output", { wait: true });
  else if (what === "outputs") run.update(widget, { outputs: [{ output_type: "stream", name: "stdout", text }] });
  else if (what === "children") run.update("box", { children: [`IPY_MODEL_${widget}`] });
  else if (what === "close") run.close(widget);
  else if (widget === "box") run.open("box", { children: ["IPY_MODEL_a"] });
  else run.output(widget);
}

const life = fc.array(step, { maxLength: 60 });

test("what an execution logged, and what its fold says of itself, gives the same outputs again", () => {
  fc.assert(
    fc.property(life, (steps) => {
      const run = new Executions()
        .output("a")
        .output("b")
        .open("box", { children: ["IPY_MODEL_b"] });
      for (const each of steps) perform(run, each);
      for (const { fold, journal } of run.all()) {
        expect(replayed(journal)).toEqual(fold.outputs());
        expect(replayed(fold.messages())).toEqual(fold.outputs());
        const { outputs } = fold.window({});
        expect(outputs).toEqual(fold.outputs());
        expect(fold.outputsInParts()).toEqual(fold.outputs());
      }
    }),
    { numRuns: 500 },
  );
});

test("without a view of it, a widget changes nothing in any cell: the outputs are those of the rest of the messages", () => {
  fc.assert(
    fc.property(life, (steps) => {
      const run = new Executions().output("a").output("b").open("box", { children: [] });
      const plain = new Executions();
      // The slow reference: who has what is printed is the last widget that entered and has not left.
      let entered: { readonly widget: string; readonly parent: string }[] = [];
      for (const each of steps) {
        const { what, widget, parent } = each;
        if (what === "display" || what === "open" || widget === "box") continue;
        perform(run, each);
        if (what === "enter" || what === "leave" || what === "close")
          entered = entered.filter((other) => other.widget !== widget);
        if (what === "close") return;
        if (what === "enter") entered.push({ widget, parent });
        const isCellOwn = ["print", "clear", "clear wait"].includes(what) && entered.every((other) => other.parent !== parent);
        if (isCellOwn) perform(plain, each);
      }
      for (const id of ["c", "d"]) expect(run.of(id).fold.outputs()).toEqual(plain.of(id).fold.outputs());
    }),
    { numRuns: 500 },
  );
});

test("comm messages of the wrong types do no harm", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          fc.constantFrom("comm_open", "comm_msg", "comm_close"),
          fc.record({
            comm_id: fc.constantFrom("a", 7),
            target_name: fc.constant("jupyter.widget"),
            data: fc.oneof(
              fc.anything(),
              fc.record({
                method: fc.constant("update"),
                state: fc.dictionary(fc.constantFrom("msg_id", "outputs", "children", "_model_name"), fc.anything()),
              }),
            ),
          }),
        ),
      ),
      (messages) => {
        const run = new Executions().output("a").display("c", "a");
        for (const [type, content] of messages) run.send("c", type, content);
        run.texts("c");
      },
    ),
  );
});
