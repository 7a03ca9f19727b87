// @module-tag process
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { deferred } from "../../server/base/deferred.ts";
import { silentLog } from "../../server/base/log.ts";
import type { Message } from "../../server/jupyter/message.ts";
import { createEmbeddedProvider } from "../../server/kernel/embedded.ts";
import { tempDirectory } from "../real-kernels.ts";
import { describeEmbedded, launchWith } from "./embedded-session.ts";

interface Line {
  readonly header: { readonly msg_type: string };
  readonly parent_header: { readonly msg_id?: string };
  readonly content: { readonly [key: string]: unknown };
}

/** The kernel's process without our provider: a wire of the test's own. */
class BareKernel {
  readonly directory = tempDirectory();
  readonly process: ChildProcess;
  readonly exit: Promise<unknown>;

  constructor(lifetime: "door" | "detached", transport: "unix" | "tcp" = "unix") {
    const file = join(this.directory, "connection.json");
    writeFileSync(file, JSON.stringify({ transport, address: join(this.directory, "s"), key: "the key", session: "test" }));
    const [program = "", ...args] = launchWith().argv.map((word) => word.replace("{connection_file}", file));
    this.process = spawn(program, [...args, lifetime], { stdio: ["ignore", "ignore", "inherit"], detached: true });
    this.exit = once(this.process, "exit");
    onTestFinished(() => void this.process.kill("SIGKILL"));
  }

  get port(): number {
    const file = JSON.parse(readFileSync(join(this.directory, "connection.json"), "utf8")) as { readonly port?: number };
    return file.port ?? 0;
  }

  /** Connects as soon as it listens. */
  async connect(): Promise<BareClient> {
    for (;;) {
      const socket = this.port === 0 ? connect(join(this.directory, "s")) : connect(this.port, "127.0.0.1");
      const connected = await once(socket, "connect").then(
        () => true,
        () => false,
      );
      if (connected) return new BareClient(socket);
      // There is no event to wait for: the process listens when it listens.
      await delay(5);
    }
  }
}

class BareClient {
  readonly socket: Socket;
  readonly lines: Line[] = [];
  readonly closed: Promise<unknown>;
  #rest = "";
  #arrived = deferred<undefined>();

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("error", () => {});
    this.closed = new Promise((resolve) => void socket.once("close", resolve));
    onTestFinished(() => void socket.destroy());
    socket.on("data", (chunk: Buffer) => {
      const lines = (this.#rest + chunk.toString()).split("\n");
      this.#rest = lines.pop() ?? "";
      for (const line of lines) this.lines.push(JSON.parse(line) as Line);
      this.#arrived.resolve(undefined);
      this.#arrived = deferred();
    });
  }

  send(channel: string, type: string, id: string, content: object = {}): void {
    const header = { msg_id: id, msg_type: type, session: "test" };
    this.socket.write(`${JSON.stringify({ channel, header, parent_header: {}, metadata: {}, content })}\n`);
  }

  execute(id: string, code: string): void {
    this.send("shell", "execute_request", id, {
      code,
      silent: false,
      store_history: true,
      allow_stdin: false,
      stop_on_error: false,
    });
  }

  async until(matches: (line: Line) => boolean): Promise<Line> {
    for (;;) {
      const found = this.lines.find(matches);
      if (found !== undefined) return found;
      await this.#arrived.promise;
    }
  }

  async idle(id: string): Promise<void> {
    await this.until(({ parent_header, content }) => parent_header.msg_id === id && content["execution_state"] === "idle");
  }

  text(id: string): string {
    const own = this.lines.filter(({ header, parent_header }) => header.msg_type === "stream" && parent_header.msg_id === id);
    return own.map(({ content }) => String(content["text"])).join("");
  }
}

describeEmbedded("the wire of the embedded kernel", () => {
  test("a detached kernel outlives its client, and the next one gets what was printed meanwhile", async () => {
    const kernel = new BareKernel("detached");
    const go = join(kernel.directory, "go");
    const first = await kernel.connect();
    first.execute(
      "1",
      `import os, time\nprint('begun', flush=True)\nwhile not os.path.exists(${JSON.stringify(go)}): time.sleep(0.01)\nprint('done')\nx = 5`,
    );
    await first.until(({ content }) => content["text"] === "begun\n");
    first.socket.destroy();
    await first.closed;
    writeFileSync(go, "");
    const second = await kernel.connect();
    await second.idle("1");
    expect(second.text("1")).toBe("done\n");
    second.execute("4", "print(x)");
    await second.idle("4");
    expect(second.text("4")).toBe("5\n");
  });

  test("a door's kernel ends with its client, also while it computes", async () => {
    const kernel = new BareKernel("door");
    const client = await kernel.connect();
    client.execute("1", "print('in', flush=True)\nwhile True: pass");
    await client.until(({ content }) => content["text"] === "in\n");
    client.socket.destroy();
    expect(await kernel.exit).toEqual([0, null]);
  });

  test("a second client is sent away while the first one is there", async () => {
    const kernel = new BareKernel("door");
    const first = await kernel.connect();
    first.execute("1", "1");
    await first.idle("1");
    const second = await kernel.connect();
    second.execute("2", "1");
    await second.closed;
    expect(second.lines).toEqual([]);
    first.execute("3", "1");
    await first.idle("3");
  });

  test("a client that stops reading loses nothing, and an interrupt still arrives", async () => {
    const kernel = new BareKernel("door");
    const client = await kernel.connect();
    client.execute("1", "1");
    await client.idle("1");
    client.socket.pause();
    client.execute(
      "2",
      "import sys\ntry:\n    n = 0\n    while True:\n        n += 1\n        sys.stdout.write('x' * 1000 + '\\n')\nexcept KeyboardInterrupt: print(n)",
    );
    // What it may have queued is far less than what it would print in the time: it waits for us.
    await delay(300);
    client.send("control", "interrupt_request", "3");
    client.socket.resume();
    await client.idle("2");
    const lines = client.text("2").split("\n");
    const count = Number(lines.at(-2));
    const whole = lines.filter((line) => line === "x".repeat(1000)).length;
    // The interrupt may have come between counting and printing.
    expect(count - whole).toBeLessThanOrEqual(1);
    expect(count).toBeLessThan(30_000);
    expect(count).toBeGreaterThan(5_000);
  });

  test("lines that are no messages are passed over", async () => {
    const kernel = new BareKernel("door");
    const client = await kernel.connect();
    client.socket.write('\n{\n[]\n"x"\n{"channel":"shell"}\n{"channel":"shell","header":null}\n\xff\n');
    client.send("shell", "execute_request", "1");
    client.send("shell", "input_reply", "2");
    client.execute("3", "print('alive')");
    await client.idle("3");
    expect(client.text("3")).toBe("alive\n");
  });

  test("on loopback the key comes first", async () => {
    const kernel = new BareKernel("door", "tcp");
    while (kernel.port === 0) await delay(5);
    const stranger = await kernel.connect();
    stranger.socket.write("some other key\n");
    stranger.execute("1", "1");
    await stranger.closed;
    expect(stranger.lines).toEqual([]);
    const client = await kernel.connect();
    client.socket.write("the key\n");
    client.execute("2", "print('in')");
    await client.idle("2");
    expect(client.text("2")).toBe("in\n");
  });

  test("the provider works over loopback too", async () => {
    const messages: Message[] = [];
    const provider = createEmbeddedProvider({ log: silentLog, transport: "tcp" });
    const runtimeDirectory = tempDirectory();
    const kernel = await provider.launch(
      launchWith(),
      {
        cwd: runtimeDirectory,
        env: { ...process.env },
        runtimeDirectory,
        lifetime: "door",
        useLauncher: true,
        sessionId: "tcp",
        stderrTailBytes: 1000,
      },
      { message: (message) => messages.push(message), heartbeat: () => {} },
    );
    onTestFinished(() => kernel.dispose());
    expect(await kernel.ready(new AbortController().signal)).toMatchObject({ content: { implementation: "nbls-embedded" } });
    expect(messages.map(({ header }) => header.session)).toContain("tcp");
  });

  test("a start that is aborted leaves nothing", async () => {
    const runtimeDirectory = tempDirectory();
    const kernel = await createEmbeddedProvider({ log: silentLog }).launch(
      { ...launchWith(), argv: [...launchWith(["-c", "import time; time.sleep(60)"]).argv] },
      {
        cwd: runtimeDirectory,
        env: { ...process.env },
        runtimeDirectory,
        lifetime: "door",
        useLauncher: true,
        sessionId: "never",
        stderrTailBytes: 1000,
      },
      { message: () => {}, heartbeat: () => {} },
    );
    const abort = new AbortController();
    const ready = kernel.ready(abort.signal);
    abort.abort();
    expect(await ready).toBe(false);
    await kernel.dispose();
    expect(await kernel.exited).toMatchObject({ signal: "SIGKILL" });
  });
});
