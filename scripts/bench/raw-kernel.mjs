import { spawn } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Dealer, Subscriber } from "zeromq";

const delimiter = "<IDS|MSG>";

/**
 * The reference: a Jupyter client that does no more than the wire asks for. It shares no code with the server.
 * `argv` is a kernel's command line with `{connection_file}` in place.
 */
export async function startRawKernel(argv, { cwd, env }) {
  const directory = mkdtempSync(join(tmpdir(), "nbls-raw-"));
  const key = randomUUID();
  const connectionFile = join(directory, "kernel.json");
  const ports = { shell_port: 1, iopub_port: 2, stdin_port: 3, control_port: 4, hb_port: 5 };
  const ip = join(directory, "s");
  const connection = { transport: "ipc", ip, key, signature_scheme: "hmac-sha256", ...ports };
  writeFileSync(connectionFile, JSON.stringify(connection), { mode: 0o600 });
  const child = spawn(
    argv[0],
    argv.slice(1).map((part) => part.replace("{connection_file}", connectionFile)),
    // An ipykernel ends by itself when the process of that id is gone, so that a benchmark cut short leaves none.
    { cwd, env: { ...env, JPY_PARENT_PID: String(process.pid) }, stdio: "ignore", detached: true },
  );
  const ended = new Promise((resolve) => child.once("exit", resolve));

  const shell = new Dealer({ linger: 0, reconnectInterval: 5 });
  const iopub = new Subscriber({ linger: 0, reconnectInterval: 5, receiveHighWaterMark: 0 });
  shell.connect(`ipc://${ip}-1`);
  iopub.connect(`ipc://${ip}-2`);
  iopub.subscribe("");

  const session = randomUUID();
  const waiting = new Map();
  let streamBytes = 0;
  const settle = (parent, what) => {
    const entry = waiting.get(parent);
    if (entry === undefined) return;
    entry[what] = true;
    if (!entry.reply || !entry.idle) return;
    waiting.delete(parent);
    entry.resolve();
  };
  const drain = async (socket, receive) => {
    for await (const frames of socket) {
      const at = frames.findIndex((frame) => frame.toString("latin1") === delimiter);
      const [header, parent, , content] = frames.slice(at + 2);
      const read = (frame) => JSON.parse(frame.toString());
      receive(read(header).msg_type, read(parent).msg_id, content);
    }
  };
  const drained = Promise.allSettled([
    drain(shell, (_type, parent) => settle(parent, "reply")),
    drain(iopub, (type, parent, content) => {
      if (type === "stream") streamBytes += content.length;
      else if (type === "status" && JSON.parse(content.toString()).execution_state === "idle") settle(parent, "idle");
    }),
  ]);

  const request = (type, content) =>
    new Promise((resolve) => {
      const id = randomUUID();
      const header = { msg_id: id, msg_type: type, session, username: "bench", date: new Date().toISOString(), version: "5.3" };
      const parts = [header, {}, {}, content].map((part) => JSON.stringify(part));
      const signature = createHmac("sha256", key);
      for (const part of parts) signature.update(part);
      waiting.set(id, { resolve, reply: false, idle: false });
      void shell.send([delimiter, signature.digest("hex"), ...parts]);
    });

  // The subscription may arrive after the first answers: ask until an idle was seen, as the protocol allows no better.
  for (let asked = 0, known = false; !known; asked += 1) {
    if (asked === 400) throw new Error(`the kernel did not answer: ${argv.join(" ")}`);
    known = await Promise.race([
      request("kernel_info_request", {}).then(() => true),
      new Promise((resolve) => setTimeout(resolve, 50, false)),
    ]);
  }
  return {
    pid: child.pid,
    /** Of the contents of all stream messages so far, as JSON. */
    streamBytes: () => streamBytes,
    execute: (code) => request("execute_request", { code, silent: false, store_history: true, allow_stdin: false }),
    async stop() {
      process.kill(-(child.pid ?? 0), "SIGKILL");
      shell.close();
      iopub.close();
      await Promise.all([ended, drained]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
