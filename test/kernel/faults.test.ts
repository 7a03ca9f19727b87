// @module-tag process
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fakeKernel } from "../fakes/fake-kernel.ts";
import { realKernel, tempDirectory, whyMissing } from "../real-kernels.ts";
import { isAlive } from "./process-state.ts";
import { RecordedSession } from "./recorded-session.ts";

const soon = { idleGraceMs: 200, shutdownGraceMs: 200 };

/** A command line that looks like `deno jupyter`: no Unix sockets, hence ports, and no interrupts by signal. */
const denoLike = (...manners: readonly string[]) => fakeKernel(...manners, "deno", "jupyter");

test("a kernel that dies at start says so with its stderr", async () => {
  const recorded = new RecordedSession(fakeKernel("dies=the licence server is on fire"));
  const started = await recorded.session.start();
  expect(started).toMatchObject({ ok: false, reason: "kernel_failed_to_start" });
  expect(started).toMatchObject({ detail: expect.stringContaining("the licence server is on fire") });
  expect(started).toMatchObject({ detail: expect.stringContaining("exit status 1") });
  expect(recorded.statuses).toEqual(["starting", "dead"]);
  expect(await recorded.execute('stream stdout "x"')).toMatchObject({ end: { type: "kernel_died" } });
});

test("a missing ipykernel is named with how to install it", async () => {
  const launch = {
    ...fakeKernel("dies=/opt/py/bin/python: No module named ipykernel_launcher"),
    interpreter: "/opt/py/bin/python",
  };
  const started = await new RecordedSession(launch).session.start();
  expect(started).toMatchObject({ detail: expect.stringContaining("/opt/py/bin/python -m pip install ipykernel") });
});

test("a kernel that never answers is given up, with its stderr, and leaves no process", async () => {
  const recorded = new RecordedSession(fakeKernel("never-answers"), { limits: { kernelStartTimeoutMs: 600 } });
  const starting = recorded.session.start();
  const pid = await recorded.until("a process", () => recorded.launchedPid);
  expect(await starting).toMatchObject({ ok: false, detail: expect.stringContaining("did not answer within 0.6 s") });
  expect(isAlive(pid)).toBe(false);
  expect(readdirSync(recorded.runtimeDirectory)).toEqual([]);
});

// jupyter_client#269.
test("a kernelspec to a removed interpreter names the program and the kernelspec", async () => {
  const launch = { ...fakeKernel(), argv: ["/opt/removed/bin/python", "-m", "x", "{connection_file}"], name: "old-project" };
  const recorded = new RecordedSession(launch);
  const started = await recorded.session.start();
  expect(started).toMatchObject({ ok: false, detail: expect.stringContaining("/opt/removed/bin/python does not exist") });
  expect(started).toMatchObject({ detail: expect.stringContaining('kernelspec "old-project"') });
  expect(readdirSync(recorded.runtimeDirectory)).toEqual([]);
});

test("a working directory that is gone is not blamed on the program", async () => {
  const started = await new RecordedSession(fakeKernel(), { cwd: join(tempDirectory(), "gone") }).session.start();
  expect(started).toMatchObject({ ok: false, detail: expect.stringMatching(/working directory .*gone does not exist/) });
});

test("a kernel whose port was taken is started again", async () => {
  const recorded = await new RecordedSession(denoLike(`dies-once=${join(tempDirectory(), "tried")}`)).start();
  expect(await recorded.stdout('stream stdout "up"')).toBe("up");
  expect(recorded.statuses).toEqual(["starting", "idle", "busy", "idle"]);
});

test("a kernel killed in a cell ends it with what it had written and how it died", async () => {
  const recorded = await new RecordedSession(fakeKernel()).start();
  const { id, ended } = recorded.begin('stderr "last words"\nstream stdout "before"\nbusy');
  await recorded.event("output");
  recorded.kernel.signal("SIGKILL");
  const end = await ended;
  expect(end).toMatchObject({ type: "kernel_died", detail: expect.stringContaining("killed by SIGKILL, often") });
  expect(end).toMatchObject({ detail: expect.stringContaining("last words") });
  expect(recorded.stream(id, "stdout")).toBe("before");
  expect(recorded.session.status).toBe("dead");
  expect(recorded.session.pid).toBeUndefined();
});

test("what a kernel wrote right before it died is not lost", async () => {
  const recorded = await new RecordedSession(fakeKernel()).start();
  const { id, end } = await recorded.execute('stream stdout "famous last words"\nsleep 20\ndie 3');
  expect(end).toMatchObject({ type: "kernel_died", detail: expect.stringContaining("exit status 3") });
  expect(recorded.stream(id, "stdout")).toBe("famous last words");
});

test("a dead kernel can be started again", async () => {
  const recorded = await new RecordedSession(fakeKernel()).start();
  expect(await recorded.execute("die 1")).toMatchObject({ end: { type: "kernel_died" } });
  expect(await recorded.session.start()).toEqual({ ok: true });
  expect(await recorded.stdout('stream stdout "back"')).toBe("back");
});

test("a kernel that dies leaves no children behind", async () => {
  const recorded = await new RecordedSession(fakeKernel()).start();
  const child = Number(await recorded.stdout("child"));
  expect(isAlive(child)).toBe(true);
  await recorded.execute("die 1");
  await recorded.session.shutdown();
  expect(isAlive(child)).toBe(false);
});

test("a lost idle delays an execution and does not hang it", async () => {
  const recorded = await new RecordedSession(fakeKernel(), { limits: soon }).start();
  expect(await recorded.execute('stream stdout "x"\nlose idle')).toMatchObject({ end: { type: "succeeded", idleLost: true } });
  expect(recorded.session.status).toBe("idle");
  expect(await recorded.execute("error ValueError no\nlose idle")).toMatchObject({ end: { type: "failed", idleLost: false } });
  expect(await recorded.stdout('stream stdout "next"')).toBe("next");
});

test("a lost reply is told as such", async () => {
  const recorded = await new RecordedSession(fakeKernel(), { limits: soon }).start();
  expect(await recorded.execute("lose reply")).toMatchObject({ end: { type: "reply_lost" } });
  expect(await recorded.execute("")).toMatchObject({ end: { type: "succeeded" } });
});

test("an execution whose busy was lost runs and can be interrupted", async () => {
  const recorded = await new RecordedSession(fakeKernel()).start();
  const { ended } = recorded.begin("lose busy\nbusy");
  await recorded.event("started");
  expect(await recorded.session.interrupt()).toBe(true);
  expect(await ended).toMatchObject({ type: "failed", ename: "KeyboardInterrupt" });
});

test("idle before the reply ends an execution as well as after it", async () => {
  const recorded = await new RecordedSession(fakeKernel()).start();
  expect(await recorded.execute("idle first")).toMatchObject({ end: { type: "succeeded", executionCount: 1, idleLost: false } });
});

test("an aborted execution is told as such", async () => {
  const recorded = await new RecordedSession(fakeKernel()).start();
  expect(await recorded.execute("abort")).toMatchObject({ end: { type: "aborted" } });
});

test("wrongly signed output is never shown", async () => {
  const recorded = await new RecordedSession(fakeKernel()).start();
  expect(await recorded.stdout('stream stdout "a"\nbad hmac\nstream stdout "forged"\ngood hmac\nstream stdout "b"')).toBe("ab");
});

test("output without a parent is no execution's output", async () => {
  const recorded = await new RecordedSession(fakeKernel()).start();
  // From there on its reply and idle lack a parent too: it does not end, which the test's end takes care of.
  const { id } = recorded.begin('stream stdout "mine"\nno parent\nstream stdout "stray"');
  await recorded.until("the stray output", () => recorded.messages.find((message) => message.content["text"] === "stray"));
  expect(recorded.stream(id, "stdout")).toBe("mine");
  expect(recorded.events.filter((event) => event.type === "output")).toHaveLength(1);
});

test("output after idle finds its execution, also while the next one runs", async () => {
  const recorded = await new RecordedSession(fakeKernel()).start();
  const first = await recorded.execute('late 100 stdout "late"\nstream stdout "early "');
  const second = recorded.begin('stream stdout "second"\nbusy');
  await recorded.until("late output", () => (recorded.stream(first.id, "stdout") === "early late" ? true : undefined));
  expect(recorded.stream(second.id, "stdout")).toBe("second");
  await recorded.session.interrupt();
  await second.ended;
});

test("garbage, null metadata, missing dates and comms do not disturb an execution", async () => {
  const recorded = await new RecordedSession(fakeKernel()).start();
  const { id, end } = await recorded.execute('garbage\ncomm_open\nno date\nno version\nnull metadata\nnan\nstream stdout "fine"');
  expect(end.type).toBe("succeeded");
  expect(recorded.outputs(id).map((message) => message.header.msg_type)).toEqual(["comm_open", "display_data", "stream"]);
  expect(recorded.stream(id, "stdout")).toBe("fine");
});

test("frames of 1 MB and more come whole", async () => {
  const recorded = await new RecordedSession(fakeKernel()).start();
  const { id } = await recorded.execute("big 1000000\nbig 8000000");
  const sizes = recorded
    .outputs(id)
    .map((message) => String((message.content["data"] as { "text/plain": string })["text/plain"]).length);
  expect(sizes).toEqual([1_000_000, 8_000_000]);
});

test("a kernel that ignores interrupts can still be restarted", async () => {
  const recorded = await new RecordedSession(fakeKernel("ignores-interrupt"), { limits: soon }).start();
  const { ended } = recorded.begin("busy");
  await recorded.event("started");
  expect(await recorded.session.interrupt()).toBe(true);
  expect(await recorded.session.restart()).toEqual({ ok: true });
  expect(await ended).toEqual({ type: "kernel_restarted" });
  expect(await recorded.stdout('stream stdout "again"')).toBe("again");
});

test("Deno is never interrupted by a signal, which would kill it", async () => {
  const recorded = await new RecordedSession(denoLike("dies-on-sigint")).start();
  const { ended } = recorded.begin("busy");
  expect(await recorded.session.interrupt()).toBe(true);
  expect(await ended).toMatchObject({ type: "failed", ename: "KeyboardInterrupt" });
});

test("an interrupt right after the request is not lost", async () => {
  const recorded = await new RecordedSession(fakeKernel()).start();
  for (let round = 0; round < 5; round += 1) {
    const { ended } = recorded.begin("busy");
    expect(await recorded.session.interrupt()).toBe(true);
    expect(await ended).toMatchObject({ type: "failed", ename: "KeyboardInterrupt" });
  }
});

test("an interrupt that costs an execution its reply and idle still ends it", async () => {
  const recorded = await new RecordedSession(fakeKernel()).start();
  const { id, ended } = recorded.begin("lose reply\nlose idle\nbusy");
  await recorded.event("started");
  expect(await recorded.session.interrupt()).toBe(true);
  expect(await ended).toMatchObject({ type: "failed", ename: "KeyboardInterrupt", idleLost: true });
  expect(recorded.outputs(id, "error")).toHaveLength(1);
  expect(recorded.session.status).toBe("idle");
});

test("interrupting withdraws the question of input()", async () => {
  const recorded = await new RecordedSession(fakeKernel()).start();
  const { id, ended } = recorded.begin('input "name? "', { allowStdin: true });
  await recorded.event("input");
  await recorded.session.interrupt();
  await recorded.event("inputWithdrawn", (event) => event.executionId === id);
  recorded.session.replyInput(id, "too late");
  expect(await ended).toMatchObject({ type: "failed", ename: "KeyboardInterrupt" });
  expect(await recorded.stdout('stream stdout "next"')).toBe("next");
});

test("a kernel that dies while input() waits withdraws the question", async () => {
  const recorded = await new RecordedSession(fakeKernel()).start();
  const { id, ended } = recorded.begin('input "name? "', { allowStdin: true });
  await recorded.event("input");
  recorded.kernel.signal("SIGKILL");
  expect(await ended).toMatchObject({ type: "kernel_died" });
  await recorded.event("inputWithdrawn", (event) => event.executionId === id);
  recorded.session.replyInput(id, "to nobody");
  expect(recorded.session.status).toBe("dead");
});

test.for([["ignores-shutdown"], ["lingers"], ["ignores-shutdown", "ignores-sigterm"]])(
  "a kernel that %s is gone after a shutdown",
  async (manners) => {
    const recorded = await new RecordedSession(fakeKernel(...manners), { limits: soon }).start();
    const pid = recorded.session.pid ?? 0;
    const child = Number(await recorded.stdout("child"));
    const { ended } = recorded.begin("busy");
    await recorded.session.shutdown();
    expect(await ended).toEqual({ type: "kernel_shut_down" });
    expect([isAlive(pid), isAlive(child)]).toEqual([false, false]);
    expect(readdirSync(recorded.runtimeDirectory)).toEqual([]);
    expect(recorded.session.status).toBe("dead");
  },
);

test("a kernel that never answers a shutdown is restarted all the same", async () => {
  const recorded = await new RecordedSession(fakeKernel("ignores-shutdown", "ignores-sigterm"), { limits: soon }).start();
  const pid = recorded.session.pid ?? 0;
  expect(await recorded.session.restart()).toEqual({ ok: true });
  expect(isAlive(pid)).toBe(false);
});

test("a restart while starting leaves one kernel, and both who asked are told of it", async () => {
  const recorded = new RecordedSession(fakeKernel("late=150"));
  const started = recorded.session.start();
  const first = await recorded.until("a process", () => recorded.launchedPid);
  const restarted = recorded.session.restart();
  expect(await Promise.all([started, restarted])).toEqual([{ ok: true }, { ok: true }]);
  expect(recorded.session.pid).not.toBe(first);
  expect(isAlive(first)).toBe(false);
  expect(recorded.statuses).toEqual(["starting", "restarting", "idle"]);
});

test("three restarts at once leave one kernel", async () => {
  const recorded = await new RecordedSession(fakeKernel()).start();
  const restarts = [recorded.session.restart(), recorded.session.restart(), recorded.session.restart()];
  expect(await Promise.all(restarts)).toEqual([{ ok: true }, { ok: true }, { ok: true }]);
  expect(await recorded.stdout('stream stdout "one"')).toBe("one");
  expect(readdirSync(recorded.runtimeDirectory).length).toBeLessThanOrEqual(1);
});

test("a shutdown while starting leaves nothing", async () => {
  const recorded = new RecordedSession(fakeKernel("late=60000"));
  const starting = recorded.session.start();
  const pid = await recorded.until("a process", () => recorded.launchedPid);
  await recorded.session.shutdown();
  expect(await starting).toMatchObject({ ok: false, detail: expect.stringContaining("stopped while it started") });
  expect(isAlive(pid)).toBe(false);
  expect(readdirSync(recorded.runtimeDirectory)).toEqual([]);
  expect(recorded.statuses).toEqual(["starting", "dead"]);
});

test("an execution asked for while the kernel starts waits for it", async () => {
  const recorded = new RecordedSession(fakeKernel("late=100"));
  const starting = recorded.session.start();
  const { id, ended } = recorded.begin('stream stdout "waited"');
  expect(await ended).toMatchObject({ type: "succeeded" });
  expect(await starting).toEqual({ ok: true });
  expect(recorded.stream(id, "stdout")).toBe("waited");
});

test("two sessions at once hear only their own kernels", async () => {
  const runtimeDirectory = tempDirectory();
  const sessions = [
    new RecordedSession(fakeKernel(), { runtimeDirectory }),
    new RecordedSession(fakeKernel(), { runtimeDirectory }),
  ];
  await Promise.all(sessions.map((each) => each.start()));
  const texts = await Promise.all(sessions.map((each, index) => each.stdout(`stream stdout "${index}"\nflood 200`)));
  const flood = Array.from({ length: 200 }, (_, line) => `${line}\n`).join("");
  expect(texts).toEqual([`0${flood}`, `1${flood}`]);
  await sessions[0]?.session.shutdown();
  expect(await sessions[1]?.stdout('stream stdout "still here"')).toBe("still here");
});

test("a kernel that stands still is told by its heartbeat, and not taken for dead", async () => {
  const recorded = await new RecordedSession(fakeKernel()).start();
  const { ended } = recorded.begin("stall 1500");
  await recorded.until("the loss of the heartbeat", () => (recorded.heartbeats.includes(false) ? true : undefined));
  await recorded.until("its return", () => (recorded.heartbeats.at(-1) === true ? true : undefined));
  expect(await ended).toMatchObject({ type: "succeeded" });
});

const python = realKernel("ipykernel7");

test.skipIf(python === undefined)(
  `a stall of ours of 5 s in a flood of 20,000 lines loses nothing (${whyMissing("ipykernel7")})`,
  { tags: ["kernel"] },
  async () => {
    const recorded = await new RecordedSession(python ?? fakeKernel()).start();
    const { id, ended } = recorded.begin("for i in range(20_000):\n    print(i, flush=True)");
    await recorded.event("output");
    // The whole process stands still: no timer, no socket is served.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5_000);
    expect(await ended).toMatchObject({ type: "succeeded", idleLost: false });
    expect(recorded.stream(id, "stdout").split("\n")).toEqual([...Array.from({ length: 20_000 }, (_, line) => String(line)), ""]);
  },
);

test.skipIf(python === undefined)(
  // vscode-jupyter#2158.
  "an interrupt that the code swallows once can be sent again",
  { tags: ["kernel"] },
  async () => {
    const recorded = await new RecordedSession(python ?? fakeKernel()).start();
    const { id, ended } = recorded.begin(
      "import time\ntry:\n    print('trying', flush=True)\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    print('swallowed', flush=True)\nwhile True:\n    pass",
    );
    await recorded.event("output", (event) => event.executionId === id);
    await recorded.session.interrupt();
    await recorded.until("the code's answer", () => (recorded.stream(id, "stdout") === "trying\nswallowed\n" ? true : undefined));
    expect(recorded.session.status).toBe("busy");
    await recorded.session.interrupt();
    expect(await ended).toMatchObject({ type: "failed", ename: "KeyboardInterrupt" });
  },
);

test.skipIf(python === undefined)("interrupts right after a request end it, time and again", { tags: ["kernel"] }, async () => {
  const recorded = await new RecordedSession(python ?? fakeKernel()).start();
  for (let round = 0; round < 20; round += 1) {
    const { ended } = recorded.begin("import time\ntime.sleep(60)");
    await recorded.session.interrupt();
    expect(await ended).toMatchObject({ type: "failed", ename: "KeyboardInterrupt" });
  }
  expect(await recorded.stdout("print('alive')")).toBe("alive\n");
});

test.skipIf(python === undefined)("a Python without ipykernel is told how to get it", { tags: ["kernel"] }, async () => {
  if (python === undefined) return;
  // -S leaves site-packages out: the interpreter is the same, ipykernel is not there.
  const launch = { ...python, isIpykernel: false, argv: [python.argv[0] ?? "", "-S", "-E", ...python.argv.slice(1)] };
  const started = await new RecordedSession(launch).session.start();
  expect(started).toMatchObject({ ok: false, detail: expect.stringContaining("-m pip install ipykernel") });
});
