/**
 * `nbls-tap.mjs LOG COMMAND …`: stands between an editor and its language server and passes everything on. When a mark
 * (eight letters from U+0100 to U+024F) goes to the editor for the first time, or `didOpen` to the server, a line
 * `NANOSECONDS WORD` is written.
 */
import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";

const [log, program, ...args] = process.argv.slice(2);
const server = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
const noted = new Set();

/** Passes bytes on first, then looks for words in them, also across two chunks. */
function pass(from, to, pattern) {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  from.on("data", (chunk) => {
    const now = process.hrtime.bigint();
    to.write(chunk);
    const text = rest + decoder.write(chunk);
    for (const [word] of text.matchAll(pattern)) {
      if (noted.has(word)) continue;
      noted.add(word);
      appendFileSync(log, `${now} ${word}\n`);
    }
    rest = text.slice(-20);
  });
  from.on("end", () => to.end());
  to.on("error", () => {});
}

pass(process.stdin, server.stdin, /\bdidOpen\b/g);
pass(server.stdout, process.stdout, /[\u0100-\u024f]{8}/g);
server.on("exit", (code) => process.exit(code ?? 1));
