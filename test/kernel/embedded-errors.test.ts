// @module-tag process
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tempDirectory } from "../real-kernels.ts";
import { describeEmbedded, launchWith, resultText, startEmbedded, summary, tracebackText } from "./embedded-session.ts";

const ruler = "-".repeat(75);
const header = (name: string) => `${name}${"Traceback (most recent call last)".padStart(75 - name.length)}`;

describeEmbedded("errors of the embedded kernel", () => {
  test("a traceback names cells by their number and shows the lines around", async () => {
    const kernel = await startEmbedded();
    await kernel.execute("def divide(a, b):\n    # first\n    # second\n    return a / b\n\n\nunrelated = 1");
    const { id } = await kernel.execute("x = 1\ndivide(x, 0)");
    expect(tracebackText(kernel, id)).toBe(
      [
        ruler,
        header("ZeroDivisionError"),
        "Cell In[2], line 2",
        "      1 x = 1",
        "----> 2 divide(x, 0)",
        "",
        "Cell In[1], line 4, in divide()",
        "      2     # first",
        "      3     # second",
        "----> 4     return a / b",
        "",
        "ZeroDivisionError: division by zero",
      ].join("\n"),
    );
  });

  test("a traceback goes into files, and shows none of the kernel's own frames", async () => {
    const cwd = tempDirectory();
    writeFileSync(join(cwd, "library.py"), "def broken(stream):\n    print(1, file=stream)\n    return [].pop()\n");
    const kernel = await startEmbedded(launchWith(), { cwd });
    const { id } = await kernel.execute("import library, sys\nlibrary.broken(sys.stdout)");
    expect(tracebackText(kernel, id)).toContain("library.py:3, in broken()\n");
    const { id: own } = await kernel.execute("print(1, file=sys.stdout, sep=2)\n");
    const { id: inside } = await kernel.execute("sys.stdout.write(3)");
    for (const text of [own, inside].map((execution) => tracebackText(kernel, execution))) {
      expect(text).toContain("TypeError");
      expect(text).not.toContain("embedded_kernel.py");
    }
  });

  test("a traceback tells causes", async () => {
    const kernel = await startEmbedded();
    const { id } = await kernel.execute("try:\n    {}['k']\nexcept KeyError as error:\n    raise ValueError('outer') from error");
    const text = tracebackText(kernel, id);
    expect(text).toMatch(/KeyError: 'k'\n\nThe above exception was the direct cause[^\n]*\n\n-+\nValueError/);
    const implicit = await kernel.execute("try:\n    1/0\nexcept ZeroDivisionError:\n    undefined_name");
    expect(tracebackText(kernel, implicit.id)).toContain("During handling of the above exception");
  });

  test("a syntax error is shown with its place", async () => {
    const kernel = await startEmbedded();
    const { id, end } = await kernel.execute("x = 1\nif x = = 2: pass");
    expect(end).toMatchObject({ type: "failed", ename: "SyntaxError" });
    expect(tracebackText(kernel, id)).toMatch(
      /^ {2}Cell In\[1\], line 2\n {4}if x = = 2: pass\n +\^+\nSyntaxError: invalid syntax/,
    );
  });

  test("a misspelt name is answered with the right one", async () => {
    const kernel = await startEmbedded();
    const { id } = await kernel.execute("lenght = 1\nlenhgt");
    expect(tracebackText(kernel, id).split("\n").at(-1)).toBe("NameError: name 'lenhgt' is not defined. Did you mean: 'lenght'?");
  });

  test("a recursion without end is cut in its traceback", async () => {
    const kernel = await startEmbedded();
    const { id, end } = await kernel.execute("def f(): return f()\nf()");
    expect(end).toMatchObject({ ename: "RecursionError" });
    expect(tracebackText(kernel, id)).toMatch(/\[\.\.\. \d+ frames left out \.\.\.\]/);
    expect(tracebackText(kernel, id).split("\n").length).toBeLessThan(150);
  });

  test.each([
    ["an exception whose text fails", "class E(Exception):\n    def __str__(self): raise ValueError\nraise E()", "E"],
    ["an exception that is no Exception", "class E(BaseException): pass\nraise E('x')", "E"],
    ["a repr that fails", "class R:\n    def __repr__(self): raise ValueError('bad repr')\nR()", "ValueError"],
    ["a source with a null byte", "x = '\0'", "SyntaxError|ValueError"],
    ["a source with a lone surrogate", "x = '\ud800'", "UnicodeEncodeError|SyntaxError"],
    ["a deleted builtin", "import builtins\nsaved = builtins.repr\ndel builtins.print\nprint(1)", "NameError"],
  ])("%s fails the cell and not the kernel", async (_what, code, ename) => {
    const kernel = await startEmbedded();
    const { end } = await kernel.execute(code);
    expect(end).toMatchObject({ type: "failed", ename: expect.stringMatching(ename) });
    const { id } = await kernel.execute("'alive'");
    expect(resultText(kernel, id)).toBe("'alive'");
  });

  test("a task that fails while no cell runs leaves the kernel alive", async () => {
    const kernel = await startEmbedded();
    const { id } = await kernel.execute(
      "import asyncio, sys\nasync def end():\n    await asyncio.sleep(0.01)\n    sys.exit(4)\ntask = asyncio.create_task(end())",
    );
    await kernel.until("the traceback", () => (kernel.stream(id, "stderr").includes("SystemExit") ? true : undefined));
    expect(await kernel.stdout("print('alive')")).toBe("alive\n");
  });

  test("a crash of Python is told with the place where it happened", async () => {
    const kernel = await startEmbedded();
    const { end } = await kernel.execute("import ctypes\nctypes.string_at(0)");
    expect(end).toMatchObject({ type: "kernel_died", detail: expect.stringContaining("Segmentation fault") });
    expect(end).toMatchObject({ detail: expect.stringContaining('File "<cell 1>", line 2') });
  });
});

describeEmbedded("magics in the embedded kernel", () => {
  test("harmless ones work, and lines around them run", async () => {
    const kernel = await startEmbedded();
    const { id, end } = await kernel.execute("%matplotlib inline\n%load_ext autoreload\nx = 2\nif x:\n    %time y = x + 1\ny");
    expect(end.type).toBe("succeeded");
    expect(resultText(kernel, id)).toBe("3");
    expect(kernel.stream(id, "stdout")).toMatch(/^CPU times: total: .*\nWall time: .*\n$/);
    expect(kernel.stream(id, "stderr")).toBe("%load_ext autoreload is ignored by the basic Python kernel (ipykernel has it)\n");
  });

  test("%%time shows the value of the cell", async () => {
    const kernel = await startEmbedded();
    const { id } = await kernel.execute("%%time\nz = 5\nz * 2");
    expect(resultText(kernel, id)).toBe("10");
  });

  test("%%html shows its body", async () => {
    const kernel = await startEmbedded();
    const { id } = await kernel.execute("%%html\n<b>bold</b>");
    expect(kernel.outputs(id, "display_data")[0]?.content["data"]).toMatchObject({ "text/html": "<b>bold</b>" });
  });

  test.each(["!ls -l", "files = !ls", "%who", "%%bash\nls", "print?", "?print", "x = %sql select 1"])(
    "%s is answered with what to install, after what stands before it ran",
    async (magic) => {
      const kernel = await startEmbedded();
      const isCell = magic.startsWith("%%");
      const { id, end } = await kernel.execute(isCell ? magic : `print('before')\n${magic}`);
      expect(end).toMatchObject({ type: "failed", ename: "MagicNotAvailable" });
      expect(end).toMatchObject({ evalue: expect.stringContaining("python -m pip install ipykernel") });
      expect(summary(kernel, id)).toBe(isCell ? "error" : "stdout: before\n|error");
      expect(tracebackText(kernel, id)).toContain(`----> ${isCell ? 1 : 2} ${magic.split("\n")[0]}`);
    },
  );

  test("what only looks like a magic is left alone", async () => {
    const kernel = await startEmbedded();
    const code = "a, b = 7, 4\ntext = '''\n%who\n!ls\n'''\nc = (a\n%b)\n(text, c)";
    const { id } = await kernel.execute(code);
    expect(resultText(kernel, id)).toBe("('\\n%who\\n!ls\\n', 3)");
  });

  test("strings of a cell that also has a magic are left alone", async () => {
    const kernel = await startEmbedded();
    const { id } = await kernel.execute("%matplotlib inline\n'''\n%who\n'''");
    expect(resultText(kernel, id)).toBe("'\\n%who\\n'");
  });
});
