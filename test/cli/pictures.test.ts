import { join } from "node:path";
import { PassThrough } from "node:stream";
import { pathToFileURL } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { OutputText } from "../../server/cli/output-text.ts";
import { queryTerminal } from "../../server/cli/terminal-query.ts";
import { captured } from "../render/captured.ts";

const root = join(import.meta.dirname, "../..");
const imageWorker = join(root, ".cache/test-pictures/image-worker.cjs");
const plot = captured("matplotlib").filter((output) => "data" in output);

beforeAll(async () => {
  const { bundle } = (await import(pathToFileURL(join(root, "scripts/bundle.mjs")).href)) as {
    bundle(input: { readonly entryPoints: readonly string[] }, outfile: string): Promise<void>;
  };
  await bundle({ entryPoints: ["server/image-worker.ts"] }, imageWorker);
});

/** A terminal that answers, or not, when it is asked for its attributes; keys may be typed before the answer. */
function terminal(answer: string | undefined, typed = "") {
  const raw: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), { isTTY: true, isRaw: false, setRawMode: (on: boolean) => void raw.push(on) });
  const stdout = Object.assign(new PassThrough(), { isTTY: true, columns: 60, rows: 24 });
  let asked = "";
  stdout.setEncoding("utf8").on("data", (text: string) => {
    asked += text;
    if (text.includes("\u001b[c") && answer !== undefined) stdin.write(typed + answer);
  });
  const exits: number[] = [];
  return {
    surroundings: { stdin, stdout, exitNow: (status: number) => void exits.push(status) },
    raw,
    exits,
    asked: () => asked,
  };
}

const sixelAnswer = "\u001b[6;20;10t\u001b[?62;4;22c";

test("a terminal says what it can; the answer is read in raw mode, so that it is not echoed", async () => {
  const { surroundings, raw, asked } = terminal(sixelAnswer);
  expect(await queryTerminal(surroundings)).toEqual({ hasSixel: true, cell: { width: 10, height: 20 } });
  expect(asked()).toBe("\u001b[16t\u001b[c");
  expect(raw).toEqual([true, false]);
});

test("what was typed meanwhile is put back, and ^C ends the run", async () => {
  const { surroundings, exits } = terminal("\u001b[?62c", "hello");
  expect(await queryTerminal(surroundings)).toEqual({ hasSixel: false, cell: undefined });
  expect(String(surroundings.stdin.read())).toBe("hello");
  expect(exits).toEqual([]);
  const interrupted = terminal("\u001b[?62c", "\u0003");
  await queryTerminal(interrupted.surroundings);
  expect(interrupted.exits).toEqual([130]);
});

test("a terminal that never answers is not waited for long, and one that is being read not asked", async () => {
  const silent = terminal(undefined);
  expect(await queryTerminal(silent.surroundings)).toBeUndefined();
  expect(silent.raw).toEqual([true, false]);
  const busy = terminal(sixelAnswer);
  busy.surroundings.stdin.isRaw = true;
  expect(await queryTerminal(busy.surroundings)).toBeUndefined();
  expect(busy.asked()).toBe("");
});

async function drawn(env: { readonly [name: string]: string }, answer: string | undefined, color = true): Promise<string> {
  const { surroundings } = terminal(answer);
  const { text } = await new OutputText({ ...surroundings, env, imageWorker }, color).text(plot, Infinity);
  return text;
}

test("in kitty a plot is sent, and its placeholders stand in its colour", async () => {
  const text = await drawn({ TERM: "xterm-kitty" }, undefined);
  // oxlint-disable-next-line no-control-regex
  const [, id] = /^\u001b_Ga=T,U=1,f=100,t=d,q=2,i=(\d+),c=47,r=18,m=1;/.exec(text) ?? [];
  const color = Number(id) % 2 ** 24;
  const codes = [color >> 16, (color >> 8) & 255, color & 255].join(";");
  const lines = text.split("\n").filter((line) => line.includes("\u{10eeee}"));
  expect(lines).toHaveLength(18);
  expect(lines.at(-1)).toContain(`\u001b[38;2;${codes}m\u{10eeee}`);
});

test("where there are sixels the plot is one, over lines that are made for it", async () => {
  // oxlint-disable-next-line no-control-regex
  expect(await drawn({ TERM: "xterm" }, sixelAnswer)).toMatch(
    /^\n{15}\u001b\[15A\u001b7\u001bP0;1;0q"1;1;370;29\d#[^\u001b]+\u001b\\\u001b8\u001b\[15B$/,
  );
});

test("elsewhere it is made of half blocks, in as many colours as there are", async () => {
  const text = await drawn({ TERM: "xterm-256color", COLORTERM: "truecolor" }, "\u001b[?62c");
  expect(text.split("\n").filter((line) => line.includes("▀"))).toHaveLength(18);
  expect(text).toContain("\u001b[38;2;255;255;255;48;2;255;255;255m▀");
  expect(await drawn({ TERM: "xterm-256color" }, "\u001b[?62c")).toContain("\u001b[38;5;231;48;5;231m▀");
});

test("without colours, or on a screen that can do nothing, it is told by type and size", async () => {
  expect(await drawn({ TERM: "xterm-kitty" }, undefined, false)).toBe("[image/png 374×295]\n");
  expect(await drawn({ TERM: "dumb" }, undefined)).toBe("[image/png 374×295]\n");
});
