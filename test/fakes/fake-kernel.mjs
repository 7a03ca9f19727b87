// A Jupyter kernel on true ZeroMQ with signed messages, for tests: `node fake-kernel.mjs {connection_file} [MANNER…]`.
// It does what the code it is asked to execute says, one command a line; JSON where an argument is in quotes or braces.
//
//   stream stdout "text"      a stream message (or stderr)
//   display {…} [ID]          display_data of that MIME bundle, with a display id
//   update {…} ID             update_display_data
//   result {…}                execute_result
//   clear [wait]              clear_output
//   error NAME message        error; the reply is an error, the lines below are not run
//   sleep MS                  busy that long (an interrupt ends it)
//   busy                      busy until interrupted
//   stall MS                  the whole process stands still: no heartbeat, no control
//   input "prompt"            input_request; its answer comes back as stdout (password "prompt": the same, hidden)
//   flood N [BYTES]           N stream messages "0\n", "1\n", …, each padded to BYTES
//   big BYTES                 one display_data of that size
//   late MS stdout "text"     a stream message that many ms from now, perhaps after the end
//   tick MS stdout "text"     a stream message every so many ms, without end
//   as ID stdout "text"       a stream message whose parent is that message id
//   lose idle|reply|busy|error    that message of this execution is never sent
//   idle first                idle before the reply (by default: the reply before idle)
//   abort                     the reply is `aborted`
//   payload {…}               adds to the reply's payload
//   no parent|no date|no version    from here on, messages of this execution lack it (no parent: an empty header)
//   null metadata             from here on, metadata is null
//   bad hmac                  from here on, messages of this execution are wrongly signed; `good hmac` ends it
//   garbage                   frames on iopub that are no message
//   nan                       a display_data whose JSON has NaN, Infinity and -Infinity, as Python writes them
//   comm_open                 comm_open of target "fake"
//   publish TYPE {…}          a message of that type on iopub; "self" in it becomes the id of the request
//   env NAME | cwd | argv     that of the process, as stdout
//   child [PATH]              starts a long-lived process in the kernel's group; its pid as stdout. It connects to the
//                             Unix socket at PATH, so that the end of the connection tells its own
//   stderr "text"             writes to the process's own stderr
//   die [CODE]                the process ends at once (default 1)
//   anything else             NameError
//
// MANNERS: never-answers, dies=TEXT (at start, TEXT on stderr, status 1), dies-once=FILE (dies with "Address already in use"
// unless FILE exists, and makes it), late=MS (binds late), welcome (iopub_welcome), no-control-info,
// ignores-shutdown, lingers (answers shutdown and stays), ignores-sigterm, ignores-interrupt, dies-on-sigint,
// busy-control (complete and inspect also on control), implementation=NAME (in its kernel_info_reply).
import { spawn } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Reply, Router, XPublisher } from "zeromq";

const [connectionFile, ...rest] = process.argv.slice(2);
const manners = new Map(rest.map((text) => [text.split("=")[0], text.slice(text.indexOf("=") + 1)]));
const connection = JSON.parse(readFileSync(connectionFile, "utf8"));
const session = randomUUID();

if (manners.has("dies")) die(1, manners.get("dies"));
const once = manners.get("dies-once");
if (once !== undefined && !existsSync(once)) {
  writeFileSync(once, "");
  die(1, "Address already in use");
}

/** The program of a child: its argument is the socket to connect to. */
const longLived = "setInterval(() => {}, 1000); if (process.argv[1]) require('node:net').connect(process.argv[1])";

let executionCount = 0;
/** The execution under way: interrupting it rejects what it waits for. */
let current;

process.on("SIGINT", () => {
  if (manners.has("dies-on-sigint")) process.exit(130);
  interrupt();
});
if (manners.has("ignores-sigterm")) process.on("SIGTERM", () => {});
if (manners.has("late")) await sleep(Number(manners.get("late")));

const shell = new Router({ linger: 100 });
const control = new Router({ linger: 100 });
const stdin = new Router({ linger: 100 });
const iopub = new XPublisher({ linger: 100, sendHighWaterMark: 0 });
const heartbeat = new Reply({ linger: 0 });
await Promise.all([
  bind(shell, "shell"),
  bind(control, "control"),
  bind(stdin, "stdin"),
  bind(iopub, "iopub"),
  bind(heartbeat, "hb"),
]);

const queues = new Map();
const publish = (type, content, parent, twist) => post(iopub, [type], type, content, parent, twist);
await Promise.all([echo(), serve(shell, "shell"), serve(control, "control"), answers(), welcome()]);

function bind(socket, name) {
  const port = String(connection[`${name}_port`]);
  return socket.bind(connection.transport === "ipc" ? `ipc://${connection.ip}-${port}` : `tcp://${connection.ip}:${port}`);
}

async function echo() {
  for await (const frames of heartbeat) await heartbeat.send(frames);
}

async function welcome() {
  for await (const [frame] of iopub) {
    if (frame[0] === 1 && manners.has("welcome")) {
      const topic = frame.subarray(1).toString();
      post(iopub, topic === "" ? [] : [topic], "iopub_welcome", { subscription: topic }, {});
    }
  }
}

async function answers() {
  for await (const frames of stdin) {
    const { content } = parse(frames);
    current?.answer?.(content.value);
  }
}

async function serve(socket, name) {
  for await (const frames of socket) {
    const request = parse(frames);
    if (request === undefined || manners.has("never-answers")) continue;
    await respond(socket, name, request);
  }
}

async function respond(socket, name, { identities, header, content }) {
  const reply = (body, twist) => post(socket, identities, header.msg_type.replace("_request", "_reply"), body, header, twist);
  if (header.msg_type === "shutdown_request") {
    if (manners.has("ignores-shutdown")) return;
    reply({ status: "ok", restart: content.restart });
    await drained(socket);
    if (!manners.has("lingers")) process.exit(0);
    return;
  }
  if (header.msg_type === "interrupt_request") {
    interrupt();
    reply({ status: "ok" });
    return;
  }
  if (header.msg_type === "execute_request") return await execute(socket, identities, header, content);
  if (name === "control" && header.msg_type === "kernel_info_request" && manners.has("no-control-info")) return;
  const body = answerTo(header.msg_type, content, name);
  publish("status", { execution_state: "busy" }, header);
  if (body !== undefined) reply(body);
  if (header.msg_type === "comm_open") publish("comm_close", { comm_id: content.comm_id, data: {} }, header);
  publish("status", { execution_state: "idle" }, header);
}

function answerTo(type, content, name) {
  if (type === "kernel_info_request")
    return {
      status: "ok",
      protocol_version: "5.3",
      implementation: manners.get("implementation") ?? "fake",
      implementation_version: "1",
      banner: "fake kernel",
      language_info: { name: "python", version: "3", mimetype: "text/x-python", file_extension: ".py" },
      help_links: [],
    };
  if (name === "control" && !manners.has("busy-control")) return undefined;
  if (type === "complete_request") {
    // Offsets count code points, as the protocol says.
    const before = [...content.code].slice(0, content.cursor_pos).join("");
    const word = /\w*$/.exec(before)?.[0] ?? "";
    const matches = ["alpha", "alphabet", "beta"].filter((name) => name.startsWith(word));
    const start = content.cursor_pos - word.length;
    return { status: "ok", matches, cursor_start: start, cursor_end: content.cursor_pos, metadata: {} };
  }
  if (type === "inspect_request") {
    const word = /\w*$/.exec([...content.code].slice(0, content.cursor_pos).join(""))?.[0] ?? "";
    return { status: "ok", found: word !== "", data: { "text/plain": `about ${word}` }, metadata: {} };
  }
  if (type === "is_complete_request")
    return content.code.trimEnd().endsWith(":") ? { status: "incomplete", indent: "    " } : { status: "complete" };
  if (type === "comm_info_request") return { status: "ok", comms: {} };
  if (type === "history_request") return { status: "ok", history: [] };
  return undefined;
}

async function execute(socket, identities, header, content) {
  const run = { lost: new Set(), payload: [], twist: {}, idleFirst: false, reply: { status: "ok", user_expressions: {} } };
  current = run;
  const say = (type, body) => publish(type, body, header, { ...run.twist });
  publish("status", { execution_state: "busy" }, header, { drop: firstWords(content.code).has("lose busy") });
  if (!content.silent) {
    if (content.store_history !== false) executionCount += 1;
    publish("execute_input", { code: content.code, execution_count: executionCount }, header);
  }
  try {
    for (const line of content.code.split("\n"))
      if (line.trim() !== "") await command(line.trim(), run, say, content, identities, header);
  } catch (error) {
    const failure = { ename: error.name, evalue: error.message, traceback: [`${error.name}: ${error.message}`] };
    run.reply = { status: "error", ...failure };
    if (!run.lost.has("error")) say("error", failure);
  }
  current = undefined;
  const reply = () => {
    if (run.lost.has("reply")) return;
    const body = { ...run.reply, execution_count: executionCount, payload: run.payload };
    post(socket, identities, "execute_reply", body, header, { ...run.twist });
  };
  const idle = () => publish("status", { execution_state: "idle" }, header, { ...run.twist, drop: run.lost.has("idle") });
  for (const end of run.idleFirst ? [idle, reply] : [reply, idle]) end();
}

function firstWords(code) {
  return new Set(code.split("\n").map((line) => line.trim()));
}

async function command(line, run, say, content, identities, header) {
  const [, name, argument] = /^(\S+)\s*(.*)$/.exec(line);
  const words = argument.split(/\s+/);
  const stream = (text, channel = "stdout") => say("stream", { name: channel, text });
  const afterJson = () => argument.slice(argument.lastIndexOf("}") + 1).trim();
  const bundle = () => JSON.parse(argument.slice(0, argument.lastIndexOf("}") + 1));
  const transient = () => (afterJson() === "" ? {} : { display_id: afterJson() });
  const textAfter = (count) => JSON.parse(argument.split(/\s+/).slice(count).join(" "));
  switch (name) {
    case "stream":
      return stream(JSON.parse(argument.slice(words[0].length)), words[0]);
    case "display":
      return say("display_data", { data: bundle(), metadata: {}, transient: transient() });
    case "update":
      return say("update_display_data", { data: bundle(), metadata: {}, transient: transient() });
    case "result":
      return say("execute_result", { data: bundle(), metadata: {}, execution_count: executionCount });
    case "clear":
      return say("clear_output", { wait: words[0] === "wait" });
    case "error":
      throw failure(words[0], words.slice(1).join(" "));
    case "sleep":
      return await interruptible(run, Number(words[0]));
    case "busy":
      return await interruptible(run, 2 ** 30);
    case "stall":
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(words[0]));
      return;
    case "input":
    case "password":
      return stream(`${await ask(JSON.parse(argument), name === "password", run, content, identities, header)}\n`);
    case "flood":
      for (let index = 0; index < Number(words[0]); index += 1) {
        stream(`${String(index).padEnd(Number(words[1] ?? 0), " ")}\n`);
        if (index % 1000 === 0) await drained(iopub);
      }
      return;
    case "big":
      return say("display_data", { data: { "text/plain": "x".repeat(Number(words[0])) }, metadata: {}, transient: {} });
    case "late":
      setTimeout(() => stream(textAfter(2), words[1]), Number(words[0]));
      return;
    case "tick":
      setInterval(() => stream(textAfter(2), words[1]), Number(words[0]));
      return;
    case "as":
      return publish("stream", { name: words[1], text: textAfter(2) }, { ...header, msg_id: words[0] });
    case "lose":
      run.lost.add(words[0]);
      return;
    case "idle":
      run.idleFirst = true;
      return;
    case "abort":
      run.reply = { status: "aborted" };
      return;
    case "payload":
      run.payload.push(JSON.parse(argument));
      return;
    case "no":
      run.twist[`no-${words[0]}`] = true;
      return;
    case "null":
      run.twist.nullMetadata = true;
      return;
    case "bad":
    case "good":
      run.twist.badHmac = name === "bad";
      return;
    case "garbage":
      await enqueue(iopub, ["stream", "no delimiter", "{}"]);
      return;
    case "nan":
      return say("display_data", { data: { "application/json": "@nan@" }, metadata: {}, transient: {} });
    case "comm_open":
      return say("comm_open", { comm_id: randomUUID(), target_name: "fake", data: {} });
    case "publish":
      return say(words[0], JSON.parse(line.slice(line.indexOf("{")).replaceAll('"self"', JSON.stringify(header.msg_id))));
    case "env":
      return stream(`${process.env[words[0]] ?? ""}\n`);
    case "cwd":
      return stream(`${process.cwd()}\n`);
    case "argv":
      return stream(`${JSON.stringify(process.argv)}\n`);
    case "child":
      return stream(`${spawn(process.execPath, ["-e", longLived, ...words], { stdio: "ignore" }).pid}\n`);
    case "stderr":
      process.stderr.write(JSON.parse(argument));
      return;
    case "die":
      return process.exit(Number(words[0] || 1));
    default:
      throw failure("NameError", `name '${name}' is not defined`);
  }
}

async function ask(prompt, password, run, content, identities, header) {
  if (!content.allow_stdin) throw failure("StdinNotImplementedError", "this frontend does not support input");
  const answered = new Promise((resolve, reject) => {
    run.answer = resolve;
    run.interrupted = reject;
  });
  await post(stdin, identities, "input_request", { prompt, password }, header);
  return await answered;
}

async function interruptible(run, ms) {
  let timer;
  const stopped = new Promise((_, reject) => (run.interrupted = reject));
  try {
    await Promise.race([new Promise((resolve) => (timer = setTimeout(resolve, ms))), stopped]);
  } finally {
    clearTimeout(timer);
    run.interrupted = undefined;
  }
}

function interrupt() {
  if (!manners.has("ignores-interrupt")) current?.interrupted?.(failure("KeyboardInterrupt", ""));
}

function failure(name, message) {
  return Object.assign(new Error(message), { name });
}

function die(code, text) {
  process.stderr.write(`${text}\n`);
  process.exit(code);
}

/** Sends in order per socket: ZeroMQ takes one send at a time. */
function enqueue(socket, frames) {
  const next = (queues.get(socket) ?? Promise.resolve()).then(() => socket.send(frames)).catch(() => {});
  queues.set(socket, next);
  return next;
}

function drained(socket) {
  return queues.get(socket) ?? Promise.resolve();
}

function post(socket, identities, type, content, parent, twist = {}) {
  if (twist.drop) return Promise.resolve();
  const header = {
    msg_id: randomUUID(),
    msg_type: type,
    session,
    username: "fake",
    date: new Date().toISOString(),
    version: "5.3",
  };
  if (twist["no-date"]) delete header.date;
  if (twist["no-version"]) delete header.version;
  const parts = [header, twist["no-parent"] ? {} : parent, twist.nullMetadata ? null : {}, content].map((part) =>
    JSON.stringify(part).replace('"@nan@"', '{"x":NaN,"y":[Infinity,-Infinity],"text":"NaN stays"}'),
  );
  const frames = [...identities, "<IDS|MSG>", twist.badHmac ? "0".repeat(64) : sign(parts), ...parts];
  return enqueue(socket, frames);
}

function sign(parts) {
  if (connection.key === "") return "";
  const hmac = createHmac(connection.signature_scheme.replace("hmac-", ""), connection.key);
  for (const part of parts) hmac.update(part);
  return hmac.digest("hex");
}

function parse(frames) {
  const at = frames.findIndex((frame) => frame.toString("latin1") === "<IDS|MSG>");
  const parts = frames.slice(at + 2, at + 6);
  if (sign(parts) !== frames[at + 1].toString()) return undefined;
  const [header, parent, metadata, content] = parts.map((part) => JSON.parse(part.toString()));
  return { identities: frames.slice(0, at), header, parent, metadata, content };
}
