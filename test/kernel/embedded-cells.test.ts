// @module-tag process
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tempDirectory } from "../real-kernels.ts";
import { describeEmbedded, launchWith, resultText, startEmbedded, summary, tracebackText } from "./embedded-session.ts";

describeEmbedded("cells of the embedded kernel", () => {
  test("the value of a last expression is shown, and kept in _ , __ , _1 and Out", async () => {
    const kernel = await startEmbedded();
    const first = await kernel.execute("20 + 1");
    await kernel.execute("2");
    const { id } = await kernel.execute("(_, __, _1, Out[1], In[1], sorted(Out))");
    expect(resultText(kernel, first.id)).toBe("21");
    expect(resultText(kernel, id)).toBe("(2, 21, 21, 21, '20 + 1', [1, 2])");
  });

  test("a program's own _ is left alone", async () => {
    const kernel = await startEmbedded();
    await kernel.execute("_ = 'mine'");
    await kernel.execute("1");
    expect(await kernel.stdout("print(_)")).toBe("mine\n");
  });

  test.each([
    ["1;", undefined],
    ["1; # quiet", undefined],
    ["1 # loud;", "1"],
    ["'a;b'", "'a;b'"],
    ["None", undefined],
  ])("what %s shows", async (code, shown) => {
    const kernel = await startEmbedded();
    const { id } = await kernel.execute(code);
    expect(resultText(kernel, id)).toBe(shown);
  });

  test("long containers are shown an item a line, very long ones cut", async () => {
    const kernel = await startEmbedded();
    const { id } = await kernel.execute("{'first': ['x' * 30, 'y' * 30, 'z' * 30], 'second': 2}");
    expect(resultText(kernel, id)).toBe(
      `{'first': ['${"x".repeat(30)}',\n  '${"y".repeat(30)}',\n  '${"z".repeat(30)}'],\n 'second': 2}`,
    );
    const long = await kernel.execute("list(range(5000))");
    expect(String(resultText(kernel, long.id)).split("\n").at(-1)).toBe(" ...]");
  });

  test("await works at the top level, and tasks live on between cells", async () => {
    const kernel = await startEmbedded();
    await kernel.execute("import asyncio\nasync def later():\n    await asyncio.sleep(0.02)\n    print('later')\n    return 7");
    const made = await kernel.execute("task = asyncio.create_task(later())");
    await kernel.until("the task's output", () => (kernel.stream(made.id, "stdout") === "later\n" ? true : undefined));
    const { id } = await kernel.execute("await task");
    expect(resultText(kernel, id)).toBe("7");
  });

  test("asyncio.run works beside the tasks of other cells", async () => {
    const kernel = await startEmbedded();
    const { id } = await kernel.execute(
      "import asyncio\nasync def f():\n    await asyncio.sleep(0)\n    return 3\nasyncio.run(f())",
    );
    expect(resultText(kernel, id)).toBe("3");
    const after = await kernel.execute("await f() + await asyncio.create_task(f())");
    expect(resultText(kernel, after.id)).toBe("6");
  });

  test("an event loop that the user closed is replaced", async () => {
    const kernel = await startEmbedded();
    await kernel.execute("import asyncio\nasyncio.get_running_loop().close()");
    const { id } = await kernel.execute("await asyncio.sleep(0, 'open')");
    expect(resultText(kernel, id)).toBe("'open'");
  });

  test("a future import counts for later cells", async () => {
    const kernel = await startEmbedded();
    await kernel.execute("from __future__ import annotations");
    const { id, end } = await kernel.execute("def f(x: NotDefined): pass\nf.__annotations__");
    expect(end.type).toBe("succeeded");
    expect(resultText(kernel, id)).toBe("{'x': 'NotDefined'}");
  });

  test("classes of cells can be pickled, and sources of functions are found", async () => {
    const kernel = await startEmbedded();
    const { id } = await kernel.execute(
      "import pickle, inspect, dataclasses\n@dataclasses.dataclass\nclass P:\n    x: int\ndef f():\n    return 1\nprint(pickle.loads(pickle.dumps(P(1))), __name__)\nprint(inspect.getsource(f))",
    );
    expect(kernel.stream(id, "stdout")).toBe("P(x=1) __main__\ndef f():\n    return 1\n\n");
  });

  test("modules beside the notebook are found, and one named as Python's own does no harm at start", async () => {
    const cwd = tempDirectory();
    writeFileSync(join(cwd, "beside.py"), "value = 'found'");
    for (const name of ["socket", "json", "traceback", "linecache"])
      writeFileSync(join(cwd, `${name}.py`), "raise SystemExit(9)");
    const kernel = await startEmbedded(launchWith(), { cwd });
    expect(await kernel.stdout("import beside, sys\nprint(beside.value, repr(sys.path[0]), sys.argv)")).toBe("found '' ['']\n");
    const { end } = await kernel.execute("1/0");
    expect(end).toMatchObject({ type: "failed", ename: "ZeroDivisionError" });
  });

  test("sys.exit and exit end the cell and not the kernel", async () => {
    const kernel = await startEmbedded();
    const pid = kernel.session.pid;
    const { id, end } = await kernel.execute("import sys\nsys.exit(3)");
    expect(end).toMatchObject({ type: "failed", ename: "SystemExit", evalue: "3" });
    expect(tracebackText(kernel, id)).toBe("The cell ended itself; the kernel goes on.\n\nSystemExit: 3");
    const quit = await kernel.execute("exit()");
    expect(quit.end).toMatchObject({ type: "failed", ename: "SystemExit" });
    expect(kernel.stream(quit.id, "stderr")).toContain("the kernel goes on");
    expect(await kernel.stdout("print('here')")).toBe("here\n");
    expect(kernel.session.pid).toBe(pid);
  });

  test("warnings come again when a cell is run again", async () => {
    const kernel = await startEmbedded();
    const code = "import warnings\nwarnings.warn('careful')";
    await kernel.execute(code);
    const { id } = await kernel.execute(code);
    expect(kernel.stream(id, "stderr")).toContain("UserWarning: careful");
  });

  test("what a program did not write out is written when the kernel is shut down", async () => {
    const cwd = tempDirectory();
    mkdirSync(join(cwd, "out"));
    const kernel = await startEmbedded(launchWith(), { cwd });
    await kernel.execute(
      "import atexit\nfile = open('out/buffered', 'w')\nfile.write('all of it')\natexit.register(lambda: open('out/atexit', 'w').close())",
    );
    await kernel.session.shutdown();
    expect(readFileSync(join(cwd, "out/buffered"), "utf8")).toBe("all of it");
    expect(readFileSync(join(cwd, "out/atexit"), "utf8")).toBe("");
  });
});

describeEmbedded("streams of the embedded kernel", () => {
  test("what child processes write stands in its place", async () => {
    const kernel = await startEmbedded();
    const { id } = await kernel.execute(`
import os, subprocess, sys
print('1')
subprocess.run(['echo', '2'])
print('3', end='')
os.system('echo 4')
print('5')
os.write(1, b'6\\n')
print('7')
os.write(2, b'8\\n')
print('9', file=sys.stderr)
subprocess.run(['sh', '-c', 'echo 10 >&2']);`);
    expect(summary(kernel, id)).toBe("stdout: 1\n2\n34\n5\n6\n7\n|stderr: 8\n9\n10\n");
  });

  test("what is printed right after a child wrote stands behind it, a thousand times over", async () => {
    const kernel = await startEmbedded();
    const { id } = await kernel.execute("import os\nfor i in range(1000):\n    os.write(1, b'a\\n')\n    print('b')");
    expect(kernel.stream(id, "stdout")).toBe("a\nb\n".repeat(1000));
  });

  test("text comes before the cell ends, without a flush", async () => {
    const kernel = await startEmbedded();
    const { id, ended } = kernel.begin("print('soon')\nimport time\ntime.sleep(60)");
    await kernel.until("the text", () => (kernel.stream(id, "stdout") === "soon\n" ? true : undefined));
    await kernel.session.interrupt();
    expect((await ended).type).toBe("failed");
  });

  test("a thread prints into the cell that started it", async () => {
    const kernel = await startEmbedded();
    const { id: first } = await kernel.execute(
      "import threading\ngo = threading.Event()\ndef work():\n    go.wait()\n    print('worked')\nthread = threading.Thread(target=work)\nthread.start()",
    );
    const { id: second } = await kernel.execute("go.set()\nthread.join()\nprint('joined')");
    await kernel.until("both", () => (kernel.stream(first, "stdout") && kernel.stream(second, "stdout") ? true : undefined));
    expect(kernel.stream(first, "stdout")).toBe("worked\n");
    expect(kernel.stream(second, "stdout")).toBe("joined\n");
  });

  test("lone surrogates and bytes that are no UTF-8 pass without harm", async () => {
    const kernel = await startEmbedded();
    const { id } = await kernel.execute(
      "print('\\udc80')\nimport sys, os\nsys.stdout.buffer.write(b'\\xff')\nos.write(1, b'\\xfe\\n')\n'\\ud800'",
    );
    expect(kernel.stream(id, "stdout")).toBe("\udc80\n\ufffd\ufffd\n");
    expect(resultText(kernel, id)).toBe("'\\ud800'");
  });

  test("many threads printing at once lose nothing", async () => {
    const kernel = await startEmbedded();
    const { id } = await kernel.execute(`
import threading
def work(name):
    for i in range(2000): print(f'{name}:{i}\\n', end='')
threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
for t in threads: t.start()
for t in threads: t.join()`);
    const lines = kernel.stream(id, "stdout").trimEnd().split("\n");
    const wanted = Array.from({ length: 8000 }, (_, index) => `${Math.floor(index / 2000)}:${index % 2000}`);
    expect(lines.toSorted()).toEqual(wanted.toSorted());
  });

  test("a forked child prints into the cell, and never becomes a second kernel", async () => {
    const kernel = await startEmbedded();
    const { id, end } = await kernel.execute(`
import os, warnings
warnings.simplefilter('ignore')
if os.fork() == 0:
    print('child', flush=True)
    display('shown')
    raise ValueError('in the child')
print(os.WEXITSTATUS(os.wait()[1]))`);
    expect(end.type).toBe("succeeded");
    expect(kernel.stream(id, "stdout")).toBe("child\n'shown'\n1\n");
    expect(kernel.stream(id, "stderr")).toContain("ValueError");
    expect(kernel.outputs(id, "error")).toEqual([]);
  });

  test("multiprocessing works with functions of cells", async () => {
    const kernel = await startEmbedded();
    const { id } = await kernel.execute(`
import multiprocessing, warnings
warnings.simplefilter('ignore')
def square(x):
    print('squaring', flush=True)
    return x * x
with multiprocessing.get_context('fork').Pool(2) as pool: print(pool.map(square, [1, 2, 3]))`);
    expect(kernel.stream(id, "stdout")).toContain("[1, 4, 9]\n");
    expect(kernel.stream(id, "stdout").match(/squaring/g)).toHaveLength(3);
  });

  test("a program that closes its standard streams goes on printing", async () => {
    const kernel = await startEmbedded();
    await kernel.execute("import os, sys\nsys.stdout.close()\nos.close(1)");
    expect(await kernel.stdout("print('still')")).toBe("still\n");
  });
});
