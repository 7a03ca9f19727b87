import { PassThrough } from "node:stream";
import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { JsonWriter } from "../../server/cli/json-writer.ts";
import { OutputPump, type OutputWriter } from "../../server/cli/output-pump.ts";
import { OutputText } from "../../server/cli/output-text.ts";
import { Sink } from "../../server/cli/sink.ts";
import { TextWriter } from "../../server/cli/text-writer.ts";
import { OutputFold } from "../../server/outputs/fold.ts";
import { screenOf } from "./screen.ts";

const document = { uri: "file:///a.ipynb" };

/** Outputs folded as the hub does, pulled by a pump into a writer. */
function pumped(makeWriter: (sink: Sink, isScreen: boolean) => OutputWriter, terminal?: { columns: number; rows?: number }) {
  const fold = new OutputFold(1e9);
  const stream = Object.assign(new PassThrough(), terminal === undefined ? {} : { isTTY: true, ...terminal });
  const pieces: string[] = [];
  stream.setEncoding("utf8").on("data", (piece: string) => pieces.push(piece));
  const client = {
    outputWindow: async ({ from }: { from?: { output: number; line: number } }) => ({
      executionId: "e1",
      seq: fold.seq,
      ...fold.window(from === undefined ? {} : { from }),
    }),
  };
  const pump = new OutputPump(client, document, makeWriter(new Sink(stream), terminal !== undefined));
  return {
    async stream(text: string, name = "stdout") {
      fold.apply("stream", { name, text });
      pump.changed("c1", "e1");
      await pump.idle();
    },
    async message(type: string, content: { readonly [key: string]: unknown }) {
      fold.apply(type, content);
      pump.changed("c1", "e1");
      await pump.idle();
    },
    finish: async () => await pump.finish("c1", "e1"),
    written: () => pieces.join(""),
  };
}

function textWriter(sink: Sink, isScreen: boolean, color: boolean): TextWriter {
  const surroundings = { stdin: new PassThrough(), stdout: new PassThrough(), env: {}, exitNow: () => {} };
  return new TextWriter(
    sink,
    async () => new OutputText(surroundings, color),
    { isScreen, color },
    () => {},
  );
}

const asText = (sink: Sink, isScreen: boolean) => textWriter(sink, isScreen, false);
const inColor = (sink: Sink, isScreen: boolean) => textWriter(sink, isScreen, true);

test("a pipe gets each line once it is complete, and the last one at the end", async () => {
  const run = pumped(asText);
  await run.stream("one\ntw");
  expect(run.written()).toBe("one\n");
  await run.stream("o\nthree");
  expect(run.written()).toBe("one\ntwo\n");
  await run.finish();
  expect(run.written()).toBe("one\ntwo\nthree\n");
});

test("a progress bar leaves only its last state in a pipe", async () => {
  const run = pumped(asText);
  for (let percent = 0; percent <= 100; percent += 10) await run.stream(`\r${percent} %`);
  await run.stream("\ndone\n");
  await run.finish();
  expect(run.written()).toBe("100 %\ndone\n");
});

test("a progress bar rewrites its line on a terminal", async () => {
  const run = pumped(asText, { columns: 20 });
  await run.stream("\r10 %");
  await run.stream("\r100 %");
  expect(screenOf(run.written(), 20)).toEqual(["100 %"]);
  await run.stream("\ndone");
  await run.finish();
  expect(screenOf(run.written(), 20)).toEqual(["100 %", "done", ""]);
});

test("a progress bar wider than the terminal does not fill the screen with copies", async () => {
  const run = pumped(asText, { columns: 10 });
  for (let step = 1; step <= 5; step += 1) await run.stream(`\r${"#".repeat(step * 5)}`);
  expect(screenOf(run.written(), 10)).toEqual(["########…"]);
  await run.finish();
  expect(screenOf(run.written(), 10)).toEqual(["##########", "##########", "#####", ""]);
});

const up = "\u001b[A";

test("nested progress bars stay in their lines on a terminal", async () => {
  const run = pumped(asText, { columns: 20 });
  await run.stream("before\n");
  for (let step = 1; step <= 3; step += 1) {
    await run.stream(`\router ${step}/3\n\rinner 0/1`);
    await run.stream(`\rinner 1/1${up}`);
    expect(screenOf(run.written(), 20)).toEqual(["before", `outer ${step}/3`, "inner 1/1"]);
  }
  await run.stream("\n\ndone\n");
  await run.finish();
  expect(screenOf(run.written(), 20)).toEqual(["before", "outer 3/3", "inner 1/1", "done", ""]);
});

test("nested progress bars come into a pipe as they begin, and once more as they end", async () => {
  const run = pumped(asText);
  for (let step = 1; step <= 3; step += 1) await run.stream(`\router ${step}/3\n\rinner ${step}/3${up}`);
  expect(run.written()).toBe("outer 1/3\n");
  await run.stream("\n\ndone\n");
  await run.finish();
  expect(run.written()).toBe("outer 1/3\nouter 3/3\ninner 3/3\ndone\n");
});

test("a line that changed is told in a pipe before what follows its stream", async () => {
  const run = pumped(asText);
  await run.stream(`a\nb\n`);
  await run.stream(`${up}${up}A\n\n`);
  await run.message("display_data", { data: { "text/plain": "shown" } });
  expect(run.written()).toBe("a\nb\nA\nb\nshown\n");
});

test("JSON says from which line on a stream was changed", async () => {
  const run = pumped((sink) => new JsonWriter(sink));
  await run.stream("a\nb\n");
  await run.stream(`${up}B\n`);
  await run.finish();
  const events = run.written().trimEnd().split("\n");
  expect(events.map((line) => JSON.parse(line) as { line?: number; output: object })).toMatchObject([
    { output: { text: "a\nb\n" } },
    { line: 1, output: { text: "B\n" } },
  ]);
  expect(events[0]).not.toContain('"line"');
});

test("lines that wrap are taken back whole, and those that have scrolled away stay as they are", async () => {
  const long = (letter: string) => letter.repeat(25);
  const wrapped = pumped(asText, { columns: 10 });
  await wrapped.stream(`${long("a")}\n`);
  await wrapped.stream(`${up}${long("b")}\n`);
  expect(screenOf(wrapped.written(), 10)).toEqual(["bbbbbbbbbb", "bbbbbbbbbb", "bbbbb", ""]);
  const low = pumped(asText, { columns: 10, rows: 4 });
  await low.stream("1\n2\n3\n4\n5\n");
  await low.stream(`${up.repeat(5)}one\ntwo\nthree\nfour\nfive\n`);
  expect(screenOf(low.written(), 10)).toEqual(["1", "2", "three", "four", "five", ""]);
});

test("on a terminal of width and height enough stands what the stream's text is, whatever the pieces", async () => {
  const unit = fc.constantFrom("a", "bc", "\n", "\n", "\r", up, `${up}${up}`, "\u001b[K", "\u001b[J", "\u001b[B");
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(unit, { maxLength: 12 }), { maxLength: 8 }), async (pieces) => {
      const run = pumped(asText, { columns: 1_000, rows: 1_000 });
      const fold = new OutputFold(1e9);
      const tails = (lines: readonly string[]) => lines.join("\n").trimEnd();
      for (const piece of [...pieces.map((units) => units.join("")), "end"]) {
        fold.apply("stream", { name: "stdout", text: piece });
        await run.stream(piece);
        const [output] = fold.outputs();
        expect(tails(screenOf(run.written(), 1_000))).toBe((output as { text?: string } | undefined)?.text?.trimEnd() ?? "");
      }
    }),
  );
});

test("output that comes after the end is still written, and nothing twice", async () => {
  const run = pumped(asText);
  await run.stream("early");
  await run.finish();
  await run.stream(" and late\n");
  await run.finish();
  expect(run.written()).toBe("early\n and late\n");
});

test("a stream that ends while a part of it is being written comes whole, and no part of it twice", async () => {
  const fold = new OutputFold(1e9);
  const stream = new PassThrough({ highWaterMark: 1 });
  const window = (from?: { output: number; line: number }) => ({
    executionId: "e1",
    seq: fold.seq,
    ...fold.window(from === undefined ? {} : { from }),
  });
  const pump = new OutputPump(
    { outputWindow: async ({ from }) => window(from) },
    document,
    textWriter(new Sink(stream), false, false),
  );
  const lines = Array.from({ length: 500 }, (_, line) => `${line}\n`).join("");
  fold.apply("stream", { name: "stdout", text: `${lines}op` });
  pump.changed("c1", "e1");
  // The reader has not begun: the first part waits while the cell ends.
  await setImmediate();
  fold.apply("stream", { name: "stdout", text: "en\nlast\n" });
  const finished = pump.finish("c1", "e1");
  let written = "";
  stream.setEncoding("utf8").on("data", (piece: string) => (written += piece));
  await finished;
  expect(written).toBe(`${lines}open\nlast\n`);
});

test("results and streams come in their order, each on lines of its own", async () => {
  const run = pumped(asText);
  await run.stream("a");
  await run.message("display_data", { data: { "text/plain": "b" } });
  await run.stream("c", "stderr");
  await run.message("execute_result", { data: { "text/plain": "d" }, execution_count: 1 });
  await run.finish();
  expect(run.written()).toBe("a\nb\nc\nd\n");
});

test("outputs that are cleared are followed by the new ones", async () => {
  const run = pumped(asText);
  await run.message("display_data", { data: { "text/plain": "10 %" } });
  await run.stream("old\n");
  await run.message("clear_output", { wait: true });
  await run.message("display_data", { data: { "text/plain": "20 %" } });
  await run.finish();
  expect(run.written()).toBe("10 %\nold\n20 %\n");
});

test("what is cleared makes way on a terminal: a progress bar that clears and displays is one", async () => {
  const run = pumped(asText, { columns: 10 });
  await run.stream("before\n");
  for (let percent = 10; percent <= 30; percent += 10) {
    await run.message("clear_output", { wait: true });
    await run.message("display_data", { data: { "text/plain": `${percent} % of the work` } });
    await run.stream("open");
  }
  await run.finish();
  expect(screenOf(run.written(), 10)).toEqual(["30 % of th", "e work", "open", ""]);
});

test("a colour that was set in an earlier line still holds, and ends with each line", async () => {
  const run = pumped(inColor);
  await run.stream("\u001b[31mred\n");
  await run.stream("still\n\u001b[0mplain\n");
  await run.finish();
  expect(run.written()).toBe("\u001b[31mred\u001b[0m\n\u001b[31mstill\u001b[0m\nplain\n");
});

test("no sequence of the kernel's reaches the terminal", async () => {
  const run = pumped(inColor, { columns: 80 });
  await run.stream("\u001b]0;title\u0007\u001b[2Ja\u0085b\u202e\n");
  await run.message("error", { ename: "E", evalue: "", traceback: ["\u001b]52;c;aGk=\u0007boom"] });
  await run.finish();
  expect(run.written()).toBe("ab\nboom\n");
});

test("JSON has every output once, stream parts of one output under one index", async () => {
  const run = pumped((sink) => new JsonWriter(sink));
  await run.stream("one\ntw");
  await run.stream("o\n");
  await run.message("display_data", { data: { "text/plain": "x" } });
  await run.stream("end", "stderr");
  await run.finish();
  const events = run
    .written()
    .trimEnd()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
  const place = { type: "output", cellId: "c1", executionId: "e1" };
  const stream = (index: number, name: string, text: string) => ({
    ...place,
    index,
    output: { output_type: "stream", name, text },
  });
  expect(events).toEqual([
    stream(0, "stdout", "one\n"),
    stream(0, "stdout", "two\n"),
    { ...place, index: 1, output: { output_type: "display_data", data: { "text/plain": "x" }, metadata: {} } },
    stream(2, "stderr", "end"),
  ]);
});

test("whatever the pieces a text comes in, a pipe gets the same text", async () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "\n", "é", "日") });
  await fc.assert(
    fc.asyncProperty(fc.array(text, { maxLength: 8 }), async (pieces) => {
      const run = pumped(asText);
      for (const piece of pieces) if (piece !== "") await run.stream(piece);
      await run.finish();
      const whole = pieces.join("");
      expect(run.written()).toBe(whole === "" || whole.endsWith("\n") ? whole : `${whole}\n`);
    }),
  );
});

test("a megabyte of lines passes in pieces, whole and in order", async () => {
  const run = pumped(asText);
  const text = Array.from({ length: 100_000 }, (_, index) => `line ${index}\n`).join("");
  await run.stream(text);
  await run.finish();
  expect(run.written()).toBe(text);
});

/** The view of a widget, and what it captures. */
const view = { "text/plain": "Output()", "application/vnd.jupyter.widget-view+json": { model_id: "w" } };
const captured = (text: string) => ["widget_output", { model_id: "w", msg_type: "stream", name: "stdout", text }] as const;

async function showWidget(run: ReturnType<typeof pumped>): Promise<void> {
  await run.stream("KEEP ME\n");
  await run.message("display_data", { data: view });
  await run.message("widget_state", { model_id: "w", children: [] });
}

test("a progress bar in an Output widget stays one line on a terminal, and what was printed before it stays", async () => {
  const run = pumped(asText, { columns: 20, rows: 10 });
  await showWidget(run);
  for (const percent of [0, 50, 100]) {
    await run.message(...captured(`\r${percent} %`));
    expect(screenOf(run.written(), 20)).toEqual(["KEEP ME", `${percent} %`, ""]);
  }
  await run.stream("end\n");
  await run.finish();
  expect(screenOf(run.written(), 20)).toEqual(["KEEP ME", "100 %", "end", ""]);
});

test("a progress bar in an Output widget comes into a pipe once, as it is when something follows it", async () => {
  const run = pumped(asText);
  await showWidget(run);
  for (const percent of [0, 50, 100]) await run.message(...captured(`\r${percent} %`));
  expect(run.written()).toBe("KEEP ME\n");
  await run.stream("end\n");
  await run.finish();
  expect(run.written()).toBe("KEEP ME\n100 %\nend\n");
});

test("what an Output widget captures after something else was printed is told in a pipe once more, at the end", async () => {
  const run = pumped(asText);
  await showWidget(run);
  await run.stream("end\n");
  for (const text of ["one\n", "two\n"]) await run.message(...captured(text));
  expect(run.written()).toBe("KEEP ME\nOutput()\nend\n");
  await run.finish();
  expect(run.written()).toBe("KEEP ME\nOutput()\nend\none\ntwo\n");
  await run.finish();
  expect(run.written()).toBe("KEEP ME\nOutput()\nend\none\ntwo\n");
});

test("a display that is updated shows its new state on a terminal", async () => {
  const run = pumped(asText, { columns: 20, rows: 10 });
  const display = (text: string) => ({ data: { "text/plain": text }, metadata: {}, transient: { display_id: "d" } });
  await run.message("display_data", display("step 1"));
  await run.stream("after\n");
  await run.message("update_display_data", display("step 2"));
  expect(screenOf(run.written(), 20)).toEqual(["step 2", "after", ""]);
});
