import { isDeepStrictEqual } from "node:util";
import type { JsonObject } from "../../server/jupyter/message.ts";
import type { Output } from "../../server/jupyter/nbformat.ts";
import { OutputFold } from "../../server/outputs/fold.ts";
import type { Random } from "./random.ts";
import { randomText, randomValue } from "./random-values.ts";

interface OutputMessage {
  readonly type: string;
  readonly content: JsonObject;
}

const lengthMax = 1e9;

/**
 * Folds the messages that would have made `outputs`, with others strewn among them and with fields of wrong types. Throws
 * where the outputs depend on how a stream was cut into messages, or where a window of them is no part of them.
 */
export function fuzzFold(random: Random, outputs: readonly Output[]): readonly Output[] {
  const messages = outputs.flatMap((output) => [...strewn(random), disturbed(random, messageOf(random, output))]);
  const whole = new OutputFold(lengthMax);
  const cut = new OutputFold(lengthMax);
  // Where the limit falls depends on the pieces: that one has only to stand what comes.
  const small = new OutputFold(random.below(200));
  for (const message of messages) {
    whole.apply(message.type, message.content);
    for (const { type, content } of pieces(random, message)) {
      cut.apply(type, content);
      small.apply(type, content);
    }
  }
  const folded = whole.outputs();
  if (!isDeepStrictEqual(cut.outputs(), folded)) throw new Error("the same text in other pieces folds to other outputs");
  small.outputs();
  checkWindow(random, whole);
  return folded;
}

function messageOf(random: Random, { output_type: type, ...content }: Output): OutputMessage {
  return { type, content: { ...content, transient: transient(random) } };
}

function transient(random: Random): JsonObject {
  return random.pick([{}, { display_id: "a" }, { display_id: "b" }, { display_id: 7 }]);
}

/** What a kernel may send at any time. */
function strewn(random: Random): readonly OutputMessage[] {
  switch (random.below(8)) {
    case 0:
      return [{ type: "clear_output", content: { wait: random.pick([true, false, "yes", null]) } }];
    case 1: {
      const data = { "text/plain": randomText(random), "text/html": randomValue(random, 1) };
      return [{ type: "update_display_data", content: { data, metadata: {}, transient: transient(random) } }];
    }
    case 2:
      return [{ type: randomText(random), content: { text: randomText(random) } }];
    case 3:
      return [{ type: "stream", content: { name: random.pick(["stdout", "stderr", "stdlog"]), text: randomText(random) } }];
    case 4: {
      const view = { "application/vnd.jupyter.widget-view+json": { model_id: random.pick(["v", "w", 7]) } };
      const children = random.pick([[], ["v"], ["w", 7], null]);
      return [
        { type: "display_data", content: { data: view, metadata: {} } },
        { type: "widget_state", content: { model_id: random.pick(["v", "w", 7]), children } },
      ];
    }
    case 5: {
      const type = random.pick(["stream", "clear_output", "display_data", "widget_output", 7]);
      const content = {
        name: "stdout",
        text: randomText(random),
        data: randomValue(random, 1),
        wait: random.pick([true, false]),
      };
      return [{ type: "widget_output", content: { ...content, model_id: random.pick(["v", "w", 7]), msg_type: type } }];
    }
    default:
      return [];
  }
}

function disturbed(random: Random, { type, content }: OutputMessage): OutputMessage {
  if (random.below(4) > 0) return { type, content };
  const field = random.pick(Object.keys(content));
  return { type, content: { ...content, [field]: randomValue(random, 2) } };
}

/** A stream in up to five messages, cut at any UTF-16 unit; others as they are. */
function pieces(random: Random, message: OutputMessage): readonly OutputMessage[] {
  const { text } = message.content;
  if (message.type !== "stream" || typeof text !== "string") return [message];
  const cuts = Array.from({ length: random.below(5) }, () => random.below(text.length + 1)).sort((a, b) => a - b);
  return [...cuts, text.length].map((end, index) => ({
    ...message,
    content: { ...message.content, text: text.slice(index === 0 ? 0 : cuts[index - 1], end) },
  }));
}

function checkWindow(random: Random, fold: OutputFold): void {
  const outputs = fold.outputs();
  const output = random.below(outputs.length + 2);
  const window = fold.window({ from: { output, line: random.below(10) }, tailLines: random.below(10) });
  for (const [index, shown] of window.outputs.entries()) {
    const whole = outputs[window.firstOutput + index];
    const isPart =
      shown.output_type === "stream" && whole?.output_type === "stream"
        ? whole.text.endsWith(shown.text)
        : isDeepStrictEqual(shown, whole);
    if (!isPart) throw new Error(`output ${window.firstOutput + index} of the window is no part of what there is`);
  }
}
