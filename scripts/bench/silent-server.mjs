/**
 * `silent-server.mjs LOG`: a language server that answers `initialize` and `shutdown`, and nothing else. When it is told of
 * a document it writes a line `NANOSECONDS didOpen`.
 */
import { appendFileSync } from "node:fs";

const [log] = process.argv.slice(2);
const results = { initialize: { capabilities: { textDocumentSync: { openClose: true, change: 2 } } }, shutdown: null };

function receive({ id, method }) {
  if (method === "textDocument/didOpen") appendFileSync(log, `${process.hrtime.bigint()} didOpen\n`);
  if (method === "exit") process.exit(0);
  if (!(method in results)) return;
  const body = JSON.stringify({ jsonrpc: "2.0", id, result: results[method] });
  process.stdout.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

let pending = Buffer.alloc(0);
process.stdin.on("data", (chunk) => {
  pending = Buffer.concat([pending, chunk]);
  for (;;) {
    const start = pending.indexOf("\r\n\r\n") + 4;
    if (start === 3) return;
    const end = start + Number(/Content-Length: (\d+)/i.exec(pending.toString("latin1", 0, start))[1]);
    if (pending.length < end) return;
    const body = pending.toString("utf8", start, end);
    pending = pending.subarray(end);
    receive(JSON.parse(body));
  }
});
process.stdin.on("end", () => process.exit(0));
