// @module-tag process
import { expect, test } from "vitest";
import { fakeKernel } from "../fakes/fake-kernel.ts";
import { RecordedSession } from "./recorded-session.ts";

test("a session tells its start, its executions and its end in order", async () => {
  const recorded = new RecordedSession(fakeKernel());
  expect(recorded.session.status).toBe("starting");
  expect(await recorded.session.start()).toEqual({ ok: true });
  expect(recorded.session.info).toMatchObject({ implementation: "fake" });
  const { id } = await recorded.execute('stream stdout "hello"');
  await recorded.session.shutdown();
  const told = recorded.events.map((event) =>
    event.type === "status" ? event.status : event.type === "started" ? `started ${String(event.executionCount)}` : event.type,
  );
  expect(told).toEqual(["starting", "idle", "busy", "started null", "started 1", "output", "idle", "dead"]);
  expect(recorded.stream(id, "stdout")).toBe("hello");
});

test("starting a session twice starts one kernel", async () => {
  const recorded = new RecordedSession(fakeKernel());
  expect(await Promise.all([recorded.session.start(), recorded.session.start()])).toEqual([{ ok: true }, { ok: true }]);
  const pid = recorded.session.pid;
  expect(await recorded.session.start()).toEqual({ ok: true });
  expect(recorded.session.pid).toBe(pid);
});

test("a restart keeps the session and counts from one again", async () => {
  const recorded = await new RecordedSession(fakeKernel()).start();
  const { id, pid } = recorded.session;
  await recorded.execute("");
  await recorded.execute("");
  expect(recorded.session.executionCount).toBe(2);
  expect(await recorded.session.restart()).toEqual({ ok: true });
  expect(recorded.session.executionCount).toBe(0);
  expect(recorded.session.id).toBe(id);
  expect(recorded.session.pid).not.toBe(pid);
  expect(await recorded.execute("")).toMatchObject({ end: { type: "succeeded", executionCount: 1 } });
  expect(recorded.statuses).toEqual(["starting", "idle", "busy", "idle", "busy", "idle", "restarting", "idle", "busy", "idle"]);
});

// molten shows it as its own.
test("what a kernel tells of another client makes it busy and is nobody's output", async () => {
  const recorded = await new RecordedSession(fakeKernel()).start();
  // Past the session, as another client on the same kernel: the session did not make this execution id.
  const content = { code: 'stream stdout "foreign"\nsleep 50', silent: false, store_history: true, allow_stdin: false };
  recorded.kernel.send({ channel: "shell", msgId: "foreign", msgType: "execute_request", content });
  await recorded.event("status", (event) => event.status === "busy");
  await recorded.until("idle again", () => (recorded.session.status === "idle" ? true : undefined));
  expect(recorded.messages.some((message) => message.content["text"] === "foreign")).toBe(true);
  expect(recorded.events.filter((event) => event.type !== "status")).toEqual([]);
});

test("display updates, clearing, results and payloads come as they were sent", async () => {
  const recorded = await new RecordedSession(fakeKernel()).start();
  const { id, end } = await recorded.execute(
    'display {"text/plain":"1"} d\nupdate {"text/plain":"2"} d\nclear wait\nresult {"text/plain":"3"}\npayload {"source":"page"}',
  );
  const types = recorded.outputs(id).map((message) => message.header.msg_type);
  expect(types).toEqual(["display_data", "update_display_data", "clear_output", "execute_result"]);
  expect(end).toMatchObject({ type: "succeeded", payload: [{ source: "page" }] });
});

test("an answer reaches the kernel that asked, a password question is told as such", async () => {
  const recorded = await new RecordedSession(fakeKernel()).start();
  const { id, ended } = recorded.begin('password "secret? "', { allowStdin: true });
  expect(await recorded.event("input")).toMatchObject({ executionId: id, prompt: "secret? ", password: true });
  recorded.session.replyInput("another execution", "wrong");
  recorded.session.replyInput(id, "s3cret");
  recorded.session.replyInput(id, "twice");
  expect((await ended).type).toBe("succeeded");
  expect(recorded.stream(id, "stdout")).toBe("s3cret\n");
  expect(recorded.events.some((event) => event.type === "inputWithdrawn")).toBe(false);
});

test("silent code is not counted", async () => {
  const recorded = await new RecordedSession(fakeKernel()).start();
  await recorded.execute("", { silent: true });
  expect(await recorded.execute("")).toMatchObject({ end: { executionCount: 1 } });
});

test("a session without a kernel answers everything", async () => {
  const { session } = new RecordedSession(fakeKernel());
  expect(await session.interrupt()).toBe(false);
  expect(await session.complete("a", 1, 1_000)).toBeUndefined();
  expect(await session.inspect("a", 1, 1_000)).toBeUndefined();
  expect(await session.isComplete("a", 1_000)).toBeUndefined();
  expect(await session.execute({ executionId: "e", code: "", cellId: "c", allowStdin: false })).toMatchObject({
    type: "kernel_died",
  });
  session.replyInput("e", "x");
  await session.shutdown();
  expect(session.status).toBe("dead");
});
