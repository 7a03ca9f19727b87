import { spawn } from "node:child_process";
import { performance } from "node:perf_hooks";

/**
 * An LSP client over stdio, as small as it can be, so that what is measured is the server.
 * `waitFor` resolves with the first notification from now on that `wanted` accepts; `onNotification` hears all of a method.
 */
export function startLspClient(command, { cwd, env }) {
  const startedAt = performance.now();
  const child = spawn(command[0], command.slice(1), { cwd, env, stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const replies = new Map();
  const waiting = new Set();
  const listeners = [];
  let nextId = 1;

  const write = (message) => {
    const body = JSON.stringify({ jsonrpc: "2.0", ...message });
    if (child.stdin.writable) child.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  };
  const receive = (message) => {
    if (message.method === undefined) {
      const { resolve, reject } = replies.get(message.id);
      replies.delete(message.id);
      if (message.error) reject(new Error(JSON.stringify(message.error)));
      else resolve(message.result);
    } else if (message.id !== undefined) {
      // `workspace/configuration` wants one answer for each item; everything else is content with none.
      write({ id: message.id, result: message.params?.items?.map(() => null) ?? null });
    } else {
      for (const { method, listener } of listeners) if (method === message.method) listener(message.params);
      for (const entry of waiting) {
        if (!entry.wanted(message)) continue;
        waiting.delete(entry);
        entry.resolve(message.params);
      }
    }
  };

  let pending = Buffer.alloc(0);
  child.stdout.on("data", (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (;;) {
      const headerEnd = pending.indexOf("\r\n\r\n");
      if (headerEnd === -1) return;
      const bodyStart = headerEnd + 4;
      const bodyEnd = bodyStart + Number(/Content-Length: (\d+)/i.exec(pending.toString("latin1", 0, headerEnd))[1]);
      if (pending.length < bodyEnd) return;
      const body = pending.toString("utf8", bodyStart, bodyEnd);
      pending = pending.subarray(bodyEnd);
      receive(JSON.parse(body));
    }
  });
  void ended.then((code) => {
    for (const { reject } of replies.values()) reject(new Error(`the server ended with ${code}`));
  });

  const request = (method, params) =>
    new Promise((resolve, reject) => {
      const id = nextId++;
      replies.set(id, { resolve, reject });
      write({ id, method, params });
    });
  const notify = (method, params) => write({ method, params });

  return {
    pid: child.pid,
    startedAt,
    ended,
    closeInput: () => child.stdin.end(),
    signal: (name) => child.kill(name),
    request,
    notify,
    waitFor: (wanted) => new Promise((resolve) => waiting.add({ wanted, resolve })),
    onNotification: (method, listener) => listeners.push({ method, listener }),
    async initialize(capabilities = { experimental: { nbls: { outputs: true } } }, settings = {}) {
      const params = { processId: process.pid, rootUri: null, capabilities, initializationOptions: { nbls: settings } };
      const result = await request("initialize", params);
      notify("initialized", {});
      return result;
    },
    async stop() {
      await request("shutdown");
      notify("exit");
      return await ended;
    },
  };
}

/** Runs every cell of a document of one cell, and resolves when it succeeded. The end may come before the answer that names it. */
export async function executeOneCell(client, textDocument) {
  const ended = client.waitFor(
    ({ method, params }) => method === "nbls/didChangeExecution" && !["queued", "running"].includes(params.state),
  );
  await client.request("nbls/execute", { textDocument, target: { scope: "all" } });
  const end = await ended;
  if (end.state !== "succeeded") throw new Error(JSON.stringify(end));
}
