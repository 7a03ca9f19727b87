// @module-tag process
import { expect, test } from "vitest";
import type { RecordedSession } from "./recorded-session.ts";
import { describeEmbedded, resultText, startEmbedded, tracebackText } from "./embedded-session.ts";

/** Runs code that prints "in" and then never ends, and interrupts it there. */
async function interruptInside(kernel: RecordedSession, code: string): Promise<string> {
  const { id, ended } = kernel.begin(code);
  await kernel.until("the code to be inside", () => (kernel.stream(id, "stdout").includes("in") ? true : undefined));
  expect(await kernel.session.interrupt()).toBe(true);
  expect(await ended).toMatchObject({ type: "failed", ename: "KeyboardInterrupt" });
  return id;
}

describeEmbedded("interrupts of the embedded kernel", () => {
  test.each([
    ["a loop", "print('in')\nwhile True: pass"],
    ["a sleep", "import time\nprint('in')\ntime.sleep(60)"],
    ["a child process", "import subprocess\nprint('in')\nsubprocess.run(['sleep', '60'])"],
    ["a lock", "import threading\nprint('in')\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()"],
    ["await", "import asyncio\nprint('in')\nawait asyncio.sleep(60)"],
    ["a loop in a coroutine", "async def f():\n    print('in')\n    while True: pass\nawait f()"],
    ["a flood of text", "while True: print('in')"],
    ["asyncio.run", "import asyncio\nprint('in')\nasyncio.run(asyncio.sleep(60))"],
    [
      "a loop of another task",
      "async def f():\n    print('in')\n    while True: pass\nt = asyncio.create_task(f())\nawait asyncio.sleep(60)",
    ],
  ])("%s", async (_what, code) => {
    const kernel = await startEmbedded();
    await kernel.execute("import asyncio\nkept = 'state'");
    await interruptInside(kernel, code);
    const { id } = await kernel.execute("await asyncio.sleep(0, kept)");
    expect(resultText(kernel, id)).toBe("'state'");
  });

  test("the traceback of an awaiting cell shows where it awaited", async () => {
    const kernel = await startEmbedded();
    const id = await interruptInside(kernel, "import asyncio\nprint('in')\nawait asyncio.sleep(60)");
    expect(tracebackText(kernel, id)).toContain("----> 3 await asyncio.sleep(60)");
    expect(tracebackText(kernel, id)).not.toContain("CancelledError");
  });

  // vscode-jupyter#2158.
  test("a cell that catches the first interrupt is ended by the second", async () => {
    const kernel = await startEmbedded();
    const { id, ended } = kernel.begin(`
import time
print('in')
try:
    time.sleep(60)
except KeyboardInterrupt:
    print('caught')
time.sleep(60)`);
    await kernel.until("in", () => (kernel.stream(id, "stdout").includes("in") ? true : undefined));
    await kernel.session.interrupt();
    await kernel.until("caught", () => (kernel.stream(id, "stdout").includes("caught") ? true : undefined));
    await kernel.session.interrupt();
    expect(await ended).toMatchObject({ type: "failed", ename: "KeyboardInterrupt" });
  });

  test("a coroutine that refuses to be cancelled is ended by the second interrupt", async () => {
    const kernel = await startEmbedded();
    const { id, ended } = kernel.begin(`
import asyncio
print('in')
try:
    await asyncio.sleep(60)
except asyncio.CancelledError:
    print('refused')
await asyncio.sleep(60)`);
    await kernel.until("in", () => (kernel.stream(id, "stdout").includes("in") ? true : undefined));
    await kernel.session.interrupt();
    await kernel.until("refused", () => (kernel.stream(id, "stdout").includes("refused") ? true : undefined));
    await kernel.session.interrupt();
    expect(await ended).toMatchObject({ type: "failed", ename: "KeyboardInterrupt" });
  });

  test("a handler that a cell installed is not used for the next one", async () => {
    const kernel = await startEmbedded();
    await kernel.execute("import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN);");
    const id = await interruptInside(kernel, "print('in')\nwhile True: pass");
    expect(tracebackText(kernel, id)).toContain("KeyboardInterrupt");
  });

  test("an interrupt between cells harms nothing", async () => {
    const kernel = await startEmbedded();
    await kernel.execute("1");
    expect(kernel.kernel.signal("SIGINT")).toBe(true);
    expect((await kernel.ask("control", "interrupt_request", {})).content).toEqual({ status: "ok" });
    expect((await kernel.execute("2")).end.type).toBe("succeeded");
  });

  test("interrupt_request interrupts a busy cell", async () => {
    const kernel = await startEmbedded();
    const { id, ended } = kernel.begin("import time\nprint('in')\ntime.sleep(60)");
    await kernel.until("in", () => (kernel.stream(id, "stdout").includes("in") ? true : undefined));
    await kernel.ask("control", "interrupt_request", {});
    expect(await ended).toMatchObject({ type: "failed", ename: "KeyboardInterrupt" });
  });

  test("under a storm of interrupts every cell gets one reply and no message is torn", async () => {
    const kernel = await startEmbedded();
    const codes = [
      "for i in range(500): print(i, 'x' * 80)",
      "display(1)\n1 + 1",
      "await asyncio.sleep(0.002)",
      "1 / 0",
      "import asyncio",
    ];
    const storm = setInterval(() => kernel.kernel.signal("SIGINT"), 1);
    try {
      for (let round = 0; round < 200; round += 1) {
        const { end } = await kernel.execute(codes[round % codes.length] ?? "");
        expect(end.type).toMatch(/^(succeeded|failed)$/);
        expect(end).toMatchObject({ idleLost: false });
      }
    } finally {
      clearInterval(storm);
    }
    await kernel.ask("control", "interrupt_request", {});
    const { id } = await kernel.execute("import asyncio\nawait asyncio.sleep(0, 'alive')");
    expect(tracebackText(kernel, id)).toBe("");
    expect(resultText(kernel, id)).toBe("'alive'");
    expect(kernel.messages.filter((message) => message.header.msg_type === "execute_reply")).toHaveLength(201);
  });
});
