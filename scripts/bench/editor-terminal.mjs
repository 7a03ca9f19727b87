import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { performance } from "node:perf_hooks";

const newTerminal = join(import.meta.dirname, "new-terminal.py");
const size = { columns: 100, rows: 40 };
/** What takes longer than this is not going to come. */
const patienceMs = 30_000;

/** Everything that a terminal does not show: control sequences, strings for the terminal itself, other controls. */
// oxlint-disable-next-line no-control-regex
const unseen = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b[P\]_^][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[ -/]*[0-~]|[\0-\u001f]/g;

/** What an editor may ask its terminal, and then waits for the answer: what it is, that it is there, its background. */
const questions = [
  // oxlint-disable-next-line no-control-regex
  { asked: /\u001b\[0?c/, answer: "\u001b[?62;22c" },
  // oxlint-disable-next-line no-control-regex
  { asked: /\u001b\[>0?c/, answer: "\u001b[>0;95;0c" },
  // oxlint-disable-next-line no-control-regex
  { asked: /\u001b\[5n/, answer: "\u001b[0n" },
  // oxlint-disable-next-line no-control-regex
  { asked: /\u001b\]11;\?/, answer: "\u001b]11;rgb:0000/0000/0000\u0007" },
];

/**
 * A program in a terminal that draws nothing: when it wrote what is all that counts. Times are those of `performance.now()`
 * at which the bytes arrived here.
 */
export class BenchTerminal {
  #child;
  #written = "";
  #arrivedAt = 0;
  #watchers = new Set();
  #isOver = false;
  #ended;
  startedAt = performance.now();

  constructor(command, { python, cwd, env }) {
    this.#child = spawn(python, [newTerminal, `${size.rows}`, `${size.columns}`, ...command], {
      cwd,
      env: { ...env, TERM: "tmux-256color", COLORTERM: "truecolor", LC_ALL: "C.UTF-8" },
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#ended = once(this.#child, "close").then(() => {
      this.#isOver = true;
      for (const watcher of this.#watchers) watcher();
    });
    this.#child.stdin.on("error", () => {});
    this.#child.stdout.setEncoding("utf8").on("data", (chunk) => {
      this.#arrivedAt = performance.now();
      this.#written += chunk;
      for (const { asked, answer } of questions) if (asked.test(chunk)) this.#child.stdin.write(answer);
      for (const watcher of this.#watchers) watcher();
    });
  }

  /** What was drawn since the last key, in the order in which it was written. */
  get drawn() {
    return this.#written.replaceAll(unseen, "");
  }

  /** Presses keys, as the bytes that a terminal sends for them, and returns when. What was drawn before counts no more. */
  press(keys) {
    this.#written = "";
    const at = performance.now();
    this.#child.stdin.write(keys);
    return at;
  }

  /** When `text` had been drawn since the last key. */
  until(text) {
    return new Promise((resolve, reject) => {
      const settle = (end, value) => {
        clearTimeout(timer);
        this.#watchers.delete(check);
        end(value);
      };
      const fail = (why) => settle(reject, new Error(`${why}, no ${text} in: ${this.drawn.slice(-2_000)}`));
      const timer = setTimeout(() => fail(`after ${patienceMs} ms`), patienceMs);
      const check = () => {
        if (this.#isOver) fail("the program ended");
        else if (this.drawn.includes(text)) settle(resolve, this.#arrivedAt);
      };
      this.#watchers.add(check);
      check();
    });
  }

  /** Ends the program as a closed window does. */
  async stop() {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}
