import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { onTestFailed, onTestFinished } from "vitest";
import { tempDirectory } from "../real-kernels.ts";

const captures = join(import.meta.dirname, "../../.cache/captures");

/** No decoration, no waiting after Escape. */
const options = [
  ["default-terminal", "tmux-256color"],
  ["status", "off"],
  ["history-limit", "0"],
  ["escape-time", "0"],
  ["focus-events", "on"],
  ["set-titles", "off"],
];

/** Who does not end by itself is ended. */
const closeMs = 5_000;

interface Reply {
  readonly resolve: (lines: readonly string[]) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A program in a terminal of its own, which ends with the running test. It is tmux in control mode: tmux says when the
 * program has written something, so that nothing has to sleep.
 */
export class Terminal {
  /** Every byte that the program wrote, as text: what tmux does not draw is here too, such as pictures. */
  written = "";
  readonly ended: Promise<unknown>;
  readonly #tmux: ChildProcessWithoutNullStreams;
  readonly #replies: Reply[] = [];
  #block: { readonly number: string; readonly lines: string[] } | undefined;
  #wake: (() => void)[] = [];
  #isOver = false;

  constructor(
    command: readonly string[],
    place: { readonly cwd: string; readonly env: { readonly [name: string]: string | undefined } },
    { columns = 100, rows = 40 } = {},
  ) {
    const settings = options.flatMap(([name = "", value = ""]) => ["set", "-g", name, value, ";"]);
    const session = ["new-session", "-x", `${columns}`, "-y", `${rows}`, "--", ...command];
    // A path of a socket has at most 107 bytes: not below the test's own place.
    const socket = join(tempDirectory(), "tmux");
    this.#tmux = spawn("tmux", ["-S", socket, "-f", "/dev/null", "-C", "start-server", ";", ...settings, ...session], {
      cwd: place.cwd,
      env: { ...place.env, LC_ALL: "C.UTF-8", TERM: "xterm-256color", COLORTERM: "truecolor" },
    });
    this.ended = once(this.#tmux, "close").then(() => this.#end());
    createInterface({ input: this.#tmux.stdout }).on("line", (line) => this.#read(line));
    this.#tmux.stdin.on("error", () => undefined);
    onTestFailed(async () => {
      if (!this.#isOver) process.stderr.write(`${(await this.screen()).join("\n")}\n`);
    });
    onTestFinished(() => this.close());
  }

  /** Presses keys by tmux's names: `Enter`, `Escape`, `C-c`, or single characters. */
  async keys(...names: readonly string[]): Promise<void> {
    await this.#command("send-keys", "--", ...names);
  }

  /** Types text as it is. */
  async type(text: string): Promise<void> {
    await this.#command("send-keys", "-l", "--", text);
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#command("refresh-client", "-C", `${columns}x${rows}`);
  }

  /** The lines of the screen, without trailing blanks. */
  screen(): Promise<readonly string[]> {
    return this.#command("capture-pane", "-p");
  }

  /** As `screen`, with colours as escape sequences: those of tmux, which tells only changes. */
  styled(): Promise<readonly string[]> {
    return this.#command("capture-pane", "-p", "-e");
  }

  /** Waits until the screen is as asked for, and returns its lines. A function may look at `written` too. */
  async until(wanted: RegExp | ((screen: string) => boolean), timeoutMs = 20_000): Promise<readonly string[]> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#wakeAll();
    }, timeoutMs);
    try {
      for (;;) {
        const wrote = new Promise<void>((resolve) => this.#wake.push(resolve));
        const lines = await this.screen();
        const text = lines.join("\n");
        if (typeof wanted === "function" ? wanted(text) : wanted.test(text)) return lines;
        if (isLate) throw new Error(`no ${String(wanted)} after ${timeoutMs} ms on the screen:\n${text}`);
        await wrote;
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Keeps the screen for people to look at, with its colours: `.cache/captures/NAME.ansi` and `NAME.txt`. */
  async capture(name: string): Promise<void> {
    const file = join(captures, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.txt`, `${(await this.screen()).join("\n")}\n`);
    writeFileSync(`${file}.ansi`, `${(await this.styled()).join("\n")}\n`);
  }

  /** Ends the program as a closed terminal window does, and waits until it has put its things away. */
  async close(): Promise<void> {
    if (this.#isOver) return;
    const [pid] = await this.#command("display-message", "-p", "#{pane_pid}");
    // All that runs in the terminal, as its kernel does it.
    process.kill(-Number(pid), "SIGHUP");
    const timer = setTimeout(() => this.#tmux.stdin.write("kill-server\n"), closeMs);
    await this.ended;
    clearTimeout(timer);
  }

  #command(...words: readonly string[]): Promise<readonly string[]> {
    if (this.#isOver) return Promise.reject(new Error("the terminal has ended"));
    this.#tmux.stdin.write(`${words.map(quote).join(" ")}\n`);
    return new Promise((resolve, reject) => this.#replies.push({ resolve, reject }));
  }

  #read(line: string): void {
    const [kind = "", , number = "", flags = ""] = line.split(" ");
    if (this.#block !== undefined) {
      if ((kind !== "%end" && kind !== "%error") || number !== this.#block.number) {
        this.#block.lines.push(line.trimEnd());
        return;
      }
      const { lines } = this.#block;
      this.#block = undefined;
      // Replies to what the command line of tmux said are nobody's.
      if (flags !== "1") return;
      const reply = this.#replies.shift();
      if (kind === "%end") reply?.resolve(lines);
      else reply?.reject(new Error(`tmux: ${lines.join(" ")}`));
    } else if (kind === "%begin") this.#block = { number, lines: [] };
    else if (kind === "%output") {
      this.written += unescaped(line.slice(line.indexOf(" ", 8) + 1));
      this.#wakeAll();
    }
  }

  #wakeAll(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  #end(): void {
    this.#isOver = true;
    for (const { reject } of this.#replies.splice(0)) reject(new Error("the terminal has ended"));
    this.#wakeAll();
  }
}

/** A word of a line that tmux parses. */
function quote(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** tmux writes control characters and the backslash as three octal digits. */
function unescaped(text: string): string {
  return text.replaceAll(/\\(\d{3})/gu, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
