import fc from "fast-check";
import { expect, test } from "vitest";
import type { JsonObject, Message } from "../../server/jupyter/message.ts";
import { ExecutionTracking } from "../../server/kernel/execution-tracking.ts";
import type { ExecuteEnd } from "../../server/kernel/session.ts";

const executionId = "e1";

function message(type: string, content: JsonObject, parent = executionId): Message {
  const channel = type === "execute_reply" ? "shell" : type === "input_request" ? "stdin" : "iopub";
  const header = { msg_id: `of ${type}`, msg_type: type, session: "s", username: "", date: "", version: "5.3" };
  return { channel, header, parentHeader: { msg_id: parent }, metadata: {}, content, buffers: [] };
}

const busy = message("status", { execution_state: "busy" });
const input = message("execute_input", { code: "1", execution_count: 7 });
const output = message("stream", { name: "stdout", text: "x" });
const question = message("input_request", { prompt: "?", password: false });
const reply = message("execute_reply", { status: "ok", execution_count: 7 });
const idle = message("status", { execution_state: "idle" });

/** Delivers messages in the given order, shuts the kernel down, and keeps what was told. */
async function deliver(
  messages: readonly Message[],
): Promise<{ end: ExecuteEnd | undefined; outputs: number; open: number; counts: number[] }> {
  const told = { end: undefined as ExecuteEnd | undefined, outputs: 0, open: 0, counts: [] as number[] };
  const listener = {
    executionStarted: (_: string, count: number | null) => void (count !== null && told.counts.push(count)),
    output: () => void (told.outputs += 1),
    inputRequested: () => void (told.open = 1),
    inputWithdrawn: () => void (told.open = 0),
  };
  const tracking = new ExecutionTracking(60_000, listener, () => undefined);
  const ended = tracking.begin({ executionId, code: "1", cellId: "c", allowStdin: true });
  void ended.then((end) => (told.end = end));
  for (const each of messages) {
    if (each.channel === "shell") tracking.reply(each);
    else if (each.channel === "stdin") tracking.question(each);
    else if (tracking.owns(each)) tracking.publication(each);
  }
  // `then` callbacks of a settled promise run before this one.
  await Promise.resolve();
  tracking.endAll({ type: "kernel_shut_down" });
  return told;
}

test("an execution ends by its reply and its idle, in whatever order and however often they come", async () => {
  const disturbances = fc.array(
    fc.constantFrom(busy, input, output, question, message("stream", {}, "another"), message("debug_event", {})),
  );
  const bothEnds = fc.shuffledSubarray([reply, reply, idle, idle], { minLength: 4 });
  await fc.assert(
    fc.asyncProperty(disturbances, bothEnds, disturbances, disturbances, async (before, ends, between, after) => {
      const all = [...before, ...ends.slice(0, 2), ...between, ...ends.slice(2), ...after];
      const { end, outputs, open } = await deliver(all);
      expect(end).toEqual({ type: "succeeded", executionCount: 7, payload: [], idleLost: false });
      expect(outputs).toBe(all.filter((each) => each === output).length);
      expect(open).toBe(0);
    }),
  );
});

test("neither a reply alone nor an idle alone ends an execution", async () => {
  expect(await deliver([busy, input, output, reply, reply])).toMatchObject({ end: { type: "kernel_shut_down" }, counts: [7] });
  expect(await deliver([busy, input, output, idle, idle])).toMatchObject({ end: { type: "kernel_shut_down" }, outputs: 1 });
});

test("a question that comes after the reply is not asked", async () => {
  expect(await deliver([busy, reply, question])).toMatchObject({ open: 0 });
});

test("replies of any shape end an execution", async () => {
  const withReply = async (content: JsonObject) => (await deliver([message("execute_reply", content), idle])).end;
  expect(await withReply({ status: "aborted" })).toEqual({ type: "aborted" });
  expect(await withReply({})).toMatchObject({ type: "failed", ename: "", traceback: [] });
  expect(await withReply({ status: "error", ename: 1, evalue: null, traceback: "no list" })).toMatchObject({
    ename: "1",
    evalue: "",
  });
  expect(await withReply({ status: "ok", execution_count: "3", payload: [1, null, { source: "page" }] })).toMatchObject({
    executionCount: null,
    payload: [{ source: "page" }],
  });
});

test("late output finds its execution until 10,000 newer ones came", () => {
  const late: string[] = [];
  const listener = {
    executionStarted: () => undefined,
    output: (id: string) => void late.push(id),
    inputRequested: () => undefined,
    inputWithdrawn: () => undefined,
  };
  const tracking = new ExecutionTracking(60_000, listener, () => undefined);
  for (let index = 0; index <= 10_000; index += 1) {
    void tracking.begin({ executionId: `e${index}`, code: "", cellId: "c", allowStdin: false });
  }
  tracking.endAll({ type: "kernel_shut_down" });
  for (const id of ["e0", "e1", "e10000"]) {
    const each = message("stream", { name: "stdout", text: "late" }, id);
    if (tracking.owns(each)) tracking.publication(each);
  }
  expect(late).toEqual(["e1", "e10000"]);
});
