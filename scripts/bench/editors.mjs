import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { editorDesk, nblsCommand, preparedEditors, silent, tapped } from "./editor-desk.mjs";
import { BenchTerminal } from "./editor-terminal.mjs";
import { startLspClient } from "./lsp-client.mjs";
import { interleaved } from "./samples.mjs";

const printsPerRound = 10;
const printEveryMs = 100;
/**
 * Marks are eight letters of the Latin alphabets that nobody else here writes, 331 of them. Two marks differ in each place,
 * so that an editor that writes only what changed writes the whole mark.
 */
const steps = [1, 3, 5, 7, 9, 11, 15, 17];
const mark = (count) => String.fromCharCode(...steps.map((step, place) => 0x100 + ((count * step + place * place) % 331)));

const printing = (log) => `# %% marks
import time
count = globals().get("count", -1)
for _ in range(${printsPerRound}):
    time.sleep(${printEveryMs / 1_000})
    count += 1
    mark = "".join(chr(0x100 + (count * step + place * place) % 331) for place, step in enumerate(${JSON.stringify(steps)}))
    with open(${JSON.stringify(log)}, "a") as log:
        log.write(f"{time.monotonic_ns()} {mark}\\n")
    print(mark)

# %% next
pass
`;

/** Times of the words in a log, in milliseconds of the clock of `performance.now()`. */
function noted(log) {
  const offset = performance.now() - Number(process.hrtime.bigint()) / 1e6;
  const lines = existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : [];
  return new Map(
    lines.map((line) => {
      const [time, word] = line.split(" ");
      return [word, Number(time) / 1e6 + offset];
    }),
  );
}

const opened = "didOpen";

/** When the server was told of the document: its log says so. */
async function openedAt(log) {
  for (let waits = 0; waits < 1_000; waits += 1) {
    const time = noted(log).get(opened);
    if (time !== undefined) return time;
    await setTimeout(10);
  }
  throw new Error("the server was told of no document");
}

/** An editor with a cell that prints marks. A round gives for each mark how late after its push and its print it is drawn. */
async function startMarks(editor, place, index) {
  const [prints, pushes] = ["prints", "pushes"].map((name) => join(place.directory, `${name}-${index}`));
  const file = join(place.cwd, `marks-${index}.py`);
  writeFileSync(file, printing(prints));
  const terminal = editorDesk(editor, place, { command: tapped(pushes) })(file, 3);
  await openedAt(pushes);
  let count = 0;
  const run = async () => {
    terminal.press(editor.kind.run);
    const drawn = [];
    for (let line = 0; line < printsPerRound; line += 1, count += 1) drawn.push([mark(count), await terminal.until(mark(count))]);
    const [printed, pushed] = [noted(prints), noted(pushes)];
    // The end of the cell is told, too, before it runs again.
    await setTimeout(printEveryMs);
    return drawn.map(([word, time]) => ({ push: time - pushed.get(word), print: time - printed.get(word) }));
  };
  return { run, stop: () => terminal.stop() };
}

/** The floor of what can be measured so: a terminal that echoes what is typed. */
function startEcho(place) {
  const terminal = new BenchTerminal(["cat"], place);
  let count = 0;
  const run = async () => {
    const round = [];
    for (let line = 0; line < printsPerRound; line += 1, count += 1) {
      const pressed = terminal.press(`${mark(count)}`);
      const late = (await terminal.until(mark(count))) - pressed;
      round.push({ push: late, print: late });
      terminal.press("\r");
      await setTimeout(10);
    }
    return round;
  };
  return { run, stop: () => terminal.stop() };
}

const echo = "echo of the terminal";
let marks;

async function measuredMarks(rounds, place) {
  const subjects = { [echo]: startEcho(place) };
  try {
    for (const [index, editor] of preparedEditors().entries()) subjects[editor.name] = await startMarks(editor, place, index);
    return await interleaved(rounds, Object.fromEntries(Object.entries(subjects).map(([name, { run }]) => [name, run])));
  } finally {
    await Promise.all(Object.values(subjects).map(({ stop }) => stop()));
  }
}

/** The same rounds serve both cases. */
async function late(rounds, place, what) {
  marks ??= measuredMarks(rounds, place);
  const samples = Object.fromEntries(Object.entries(await marks).map(([name, list]) => [name, list.map((round) => round[what])]));
  return { reference: echo, unit: "ms", samples };
}

/** From the bytes that leave the server to those that the editor writes to its terminal. */
export const pushToDrawn = (rounds, place) => late(rounds, place, "push");
/** From `print` in the kernel, ipykernel, to the bytes that the editor writes to its terminal. */
export const printToDrawn = (rounds, place) => late(rounds, place, "print");

const cellCount = 1_000;
const cellLines = 4;
const ran = "✓";

/** A script of 1,000 cells that have all run; its state directory, to be copied for each editor. */
async function thousandCells(place) {
  const file = join(place.cwd, "thousand.py");
  const cell = (_none, index) => `# %% step ${index}\n# note\nprint("one\\ntwo\\nthree", ${index})\n\n`;
  const text = Array.from({ length: cellCount }, cell).join("");
  writeFileSync(file, text);
  const client = startLspClient([...nblsCommand, "lsp"], place);
  await client.initialize();
  const textDocument = { uri: pathToFileURL(file).href };
  client.notify("textDocument/didOpen", { textDocument: { ...textDocument, languageId: "python", version: 1, text } });
  await client.request("nbls/execute", { textDocument, target: { scope: "all" } });
  for (let isOver = false; !isOver; await setTimeout(100)) {
    const { cells } = await client.request("nbls/cells", { textDocument });
    isOver = cells.every(({ state }) => state === "succeeded");
  }
  await client.stop();
  let copies = 0;
  return {
    file,
    state: () => {
      const copy = join(place.directory, `state-${copies++}`);
      cpSync(place.env.NBLS_STATE_DIR, copy, { recursive: true });
      return copy;
    },
  };
}

/**
 * From the start of the editor to the first state drawn. Reference: from the start to the text drawn and the document told to
 * a server that answers nothing but `initialize`.
 */
export async function openInEditors(rounds, place) {
  const { file, state } = await thousandCells(place);
  const [subjects, reference, targets] = [{}, {}, []];
  for (const [index, editor] of preparedEditors().entries()) {
    const [own, other] = [`${editor.name}`, `${editor.name}, silent server`];
    const open = editorDesk(editor, place, { command: nblsCommand, state: state() });
    subjects[own] = async () => {
      const terminal = open(file);
      const drawn = await terminal.until(ran);
      await terminal.stop();
      return drawn - terminal.startedAt;
    };
    let opens = 0;
    subjects[other] = async () => {
      const log = join(place.directory, `open-${index}-${opens++}`);
      const terminal = editorDesk(editor, place, { command: silent(log) })(file);
      const drawn = await terminal.until("step 1");
      const told = await openedAt(log);
      await terminal.stop();
      return Math.max(drawn, told) - terminal.startedAt;
    };
    reference[own] = other;
    targets.push({ subject: own, timesMax: 2 });
  }
  return { reference, unit: "ms", samples: await interleaved(rounds, subjects), targets };
}

/** Letters that neither the script nor an editor's own lines have. */
const letters = "GHJKQVWXYZ";
const keyEveryMs = 40;
const timesTyped = 2;

/** An editor in the middle of the script, where a round types into a comment and gives how late each letter is drawn. */
async function startTyping(editor, open, file, isReady) {
  const terminal = open(file, (cellCount / 2) * cellLines + 2);
  await terminal.until(isReady);
  terminal.press(editor.kind.append);
  const run = async () => {
    const round = [];
    for (let times = 0; times < timesTyped; times += 1) {
      for (const letter of letters) {
        await setTimeout(keyEveryMs);
        const pressed = terminal.press(letter);
        round.push((await terminal.until(letter)) - pressed);
      }
      terminal.press("\u007f".repeat(letters.length));
      await setTimeout(5 * keyEveryMs);
    }
    return round;
  };
  return { run, stop: () => terminal.stop() };
}

/** From a key to its echo, with 1,000 outputs shown. Reference: the same file in the same editor without us. */
export async function typingInEditors(rounds, place) {
  const { file, state } = await thousandCells(place);
  const [subjects, reference, targets] = [{}, {}, []];
  try {
    for (const editor of preparedEditors()) {
      const [own, other] = [`${editor.name}`, `${editor.name} without nbls`];
      const withUs = editorDesk(editor, place, { command: nblsCommand, state: state() });
      subjects[own] = await startTyping(editor, withUs, file, ran);
      subjects[other] = await startTyping(editor, editorDesk(editor, place, {}), file, "# note");
      reference[own] = other;
      targets.push({ subject: own, at: "p95", timesMax: 1.5 });
    }
    const runs = Object.fromEntries(Object.entries(subjects).map(([name, { run }]) => [name, run]));
    return { reference, unit: "ms", samples: await interleaved(rounds, runs), targets };
  } finally {
    await Promise.all(Object.values(subjects).map(({ stop }) => stop()));
  }
}
