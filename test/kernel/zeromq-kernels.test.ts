// @module-tag process
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { LaunchOptions } from "../../server/kernel/provider.ts";
import { realKernel, type RealKernelName, tempDirectory, whyMissing } from "../real-kernels.ts";
import { RecordedKernel } from "./kernel-recording.ts";
import { isAlive } from "./process-state.ts";

const ipykernels = ["ipykernel7", "ipykernel6"] as const;

/** A started kernel; tests that call it are skipped where there is none. */
async function started(name: RealKernelName, options: Partial<LaunchOptions> = {}): Promise<RecordedKernel> {
  return await new RecordedKernel(options).start(realKernel(name) ?? expect.fail(whyMissing(name)));
}

for (const [name, code, output] of [
  ["ipykernel7", "print('hi')", "hi\n"],
  ["ipykernel6", "print('hi')", "hi\n"],
  ["deno", "console.log('hi')", "hi\n"],
  ["irkernel", "cat('hi\\n')", "hi\n"],
] as const)
  test.skipIf(realKernel(name) === undefined)(
    `${name}: starts, prints, and leaves nothing (${whyMissing(name)})`,
    { tags: ["kernel"] },
    async () => {
      const recorded = await started(name);
      const id = await recorded.execute(code);
      await recorded.until(() => recorded.stdout(id) === output);
      const { pid } = recorded.kernel;
      await recorded.kernel.dispose();
      expect(isAlive(pid)).toBe(false);
      expect(readdirSync(recorded.options.runtimeDirectory)).toEqual([]);
    },
  );

for (const name of ipykernels) {
  test.skipIf(realKernel(name) === undefined)(
    `${name}: a stall of 5 s in a flood of 20,000 lines loses nothing (${whyMissing(name)})`,
    { tags: ["kernel"] },
    async () => {
      const recorded = await started(name);
      const id = recorded.request("for i in range(20_000): print(i, flush=True)");
      await recorded.until(() => recorded.stdout(id) !== "");
      // The whole process stands still: no socket is read.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5_000);
      await recorded.until(() => recorded.ended(id));
      expect(recorded.stdout(id)).toBe(Array.from({ length: 20_000 }, (_, index) => `${index}\n`).join(""));
    },
  );

  test.skipIf(realKernel(name) === undefined)(
    `${name}: printed text comes within 100 ms, not with ipykernel's 200 ms timer (${whyMissing(name)})`,
    { tags: ["kernel"] },
    async () => {
      const recorded = await started(name);
      const delays: number[] = [];
      const id = recorded.request("import time\nfor i in range(10):\n  print(time.time(), end=' ')\n  time.sleep(0.1)");
      let seen = 0;
      await recorded.until(() => {
        const times = recorded.stdout(id).split(" ").filter(Boolean);
        for (const time of times.slice(seen)) delays.push(Date.now() - Number(time) * 1_000);
        seen = times.length;
        return recorded.ended(id);
      });
      expect(delays).toHaveLength(10);
      expect(delays.sort((a, b) => a - b)[5]).toBeLessThan(100);
    },
  );

  test.skipIf(realKernel(name) === undefined)(
    `${name}: text, displays and errors keep their order, however they are flushed (${whyMissing(name)})`,
    { tags: ["kernel"] },
    async () => {
      const recorded = await started(name);
      // Around the interval after which text leaves by itself, where a timer and a flush meet.
      const id = await recorded.execute(
        [
          "import random, sys, time",
          "random.seed(7)",
          "for i in range(400):",
          "    place = random.choice(['out', 'err', 'shown'])",
          "    if place == 'shown': display({'text/plain': f'{i} '}, raw=True)",
          "    else: print(i, end=' ', file=sys.stdout if place == 'out' else sys.stderr, flush=i % 3 == 0)",
          "    if i % 4 == 0: time.sleep(random.random() * 0.02)",
        ].join("\n"),
      );
      const said = recorded.of(id).map(({ header, content }) => {
        const { text, data } = content as { readonly text?: string; readonly data?: { readonly "text/plain": string } };
        return header.msg_type === "stream" ? text : data?.["text/plain"];
      });
      const numbers = said.join("").trim().split(" ").map(Number);
      expect(numbers).toEqual(Array.from({ length: 400 }, (_, index) => index));
    },
  );

  test.skipIf(realKernel(name) === undefined)(
    `${name}: an interrupted print is shown at the cell's line, not deep in ipykernel (${whyMissing(name)})`,
    { tags: ["kernel"] },
    async () => {
      const recorded = await started(name);
      const id = recorded.request("while True:\n    print('x' * 79)");
      await recorded.until(() => recorded.stdout(id) !== "");
      recorded.kernel.signal("SIGINT");
      await recorded.until(() => recorded.ended(id));
      const error = recorded.of(id).find(({ header }) => header.msg_type === "error");
      const traceback = JSON.stringify(error?.content["traceback"]);
      expect(traceback).toContain("KeyboardInterrupt");
      expect(traceback).not.toContain("iostream.py");
    },
  );

  test.skipIf(realKernel(name) === undefined)(
    `${name}: our launcher leaves no trace in the user's world (${whyMissing(name)})`,
    { tags: ["kernel"] },
    async () => {
      const recorded = await started(name);
      const plain = await started(name, { useLauncher: false, cwd: recorded.options.cwd });
      const code = [
        "import sys, os, json",
        "connection = [word for word in sys.argv if word.endswith('connection.json')][0]",
        "argv = [word.replace(connection, 'CONNECTION') for word in sys.argv]",
        "names = sorted(name for name in globals() if not name.startswith('_'))",
        "print(json.dumps([sys.path, argv, names, sys.modules['__main__'].__name__, __name__]))",
      ].join("\n");
      expect(recorded.stdout(await recorded.execute(code))).toBe(plain.stdout(await plain.execute(code)));
      expect(recorded.stdout(await recorded.execute("from multiprocessing import Pool\nprint(Pool(1).map(abs, [-1]))"))).toBe(
        "[1]\n",
      );
    },
  );

  test.skipIf(realKernel(name) === undefined)(
    `${name}: a module beside the notebook does not get into the way of the start (${whyMissing(name)})`,
    { tags: ["kernel"] },
    async () => {
      const cwd = tempDirectory();
      writeFileSync(join(cwd, "zmq.py"), "raise RuntimeError('shadowed')\n");
      writeFileSync(join(cwd, "mine.py"), "value = 7\n");
      const recorded = await started(name, { cwd });
      expect(recorded.stdout(await recorded.execute("import mine; print(mine.value)"))).toBe("7\n");
    },
  );

  test.skipIf(realKernel(name) === undefined)(
    `${name}: another reader that stalls does not stop the kernel for good (${whyMissing(name)})`,
    { tags: ["kernel"] },
    async () => {
      const recorded = await started(name);
      const [directory = ""] = readdirSync(recorded.options.runtimeDirectory);
      const { Subscriber } = await import("zeromq");
      const stalled = new Subscriber({ linger: 0, receiveHighWaterMark: 1 });
      stalled.connect(`ipc://${join(recorded.options.runtimeDirectory, directory, "s")}-2`);
      stalled.subscribe("");
      let subscribed = false;
      const receiving = stalled.receive().then(() => (subscribed = true));
      while (!subscribed) await recorded.execute("pass");
      await receiving;
      // It never reads again. Output stops for as long as it is given, and goes on for everybody else.
      const id = recorded.request("for i in range(5_000): print('x' * 1_000, flush=True)\nprint('end')");
      await recorded.until(() => recorded.ended(id));
      expect(recorded.stdout(id)).toMatch(/end\n$/);
      stalled.close();
    },
  );
}
