// @module-tag process
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tempDirectory } from "../real-kernels.ts";
import { describeEmbedded, launchWith, startEmbedded } from "./embedded-session.ts";
import type { RecordedSession } from "./recorded-session.ts";

const answerMs = 10_000;

/** What `<|>` in a code is completed with. */
async function completions(kernel: RecordedSession, marked: string): Promise<string[]> {
  const offset = marked.indexOf("<|>");
  const reply = await kernel.session.complete(marked.replace("<|>", ""), offset, answerMs);
  return reply?.matches.map((match) => match.text) ?? [];
}

describeEmbedded("questions to the embedded kernel", () => {
  test("completion finds names, attributes, keys, arguments and modules", async () => {
    const cwd = tempDirectory();
    mkdirSync(join(cwd, "package_here"));
    writeFileSync(join(cwd, "package_here", "__init__.py"), "");
    writeFileSync(join(cwd, "package_here", "inner_module.py"), "raise SystemExit");
    const kernel = await startEmbedded(launchWith(), { cwd });
    await kernel.execute(
      "class Thing:\n    size = 1\n    def shout(self, loud_or_not=True): pass\nthing = Thing()\ntable = {'key one': 1, 2: 3}",
    );
    expect(await completions(kernel, "thi<|>")).toEqual(["thing"]);
    expect(await completions(kernel, "x = thing.s<|> + 1")).toEqual(["shout", "size"]);
    expect(await completions(kernel, "thing.<|>")).toEqual(["shout", "size"]);
    expect(await completions(kernel, "thing.__cl<|>")).toEqual(["__class__"]);
    expect(await completions(kernel, "table['k<|>")).toEqual(["key one"]);
    expect(await completions(kernel, "table[<|>")).toEqual(["'key one'", "2"]);
    expect(await completions(kernel, "thing.shout(lou<|>")).toEqual(["loud_or_not="]);
    expect(await completions(kernel, "import package_h<|>")).toEqual(["package_here"]);
    expect(await completions(kernel, "from package_here import inn<|>")).toEqual(["inner_module"]);
    expect(await completions(kernel, "import os, package_here.<|>")).toEqual(["inner_module"]);
    expect(await completions(kernel, "whi<|>")).toEqual(["while"]);
    expect(await completions(kernel, "f().anything<|>")).toEqual([]);
    expect(await completions(kernel, "nowhere.x<|>")).toEqual([]);
  });

  test("completion tells what a name is, and how it is called", async () => {
    const kernel = await startEmbedded();
    await kernel.execute("def function_here(a, *, b=1): pass\nclass ClassHere: pass\nimport json as json_here");
    const reply = await kernel.session.complete("function_h", 10, answerMs);
    expect(reply?.matches).toEqual([{ text: "function_here", type: "function", signature: "(a, *, b=1)" }]);
    const types = async (prefix: string) => (await kernel.session.complete(prefix, prefix.length, answerMs))?.matches[0]?.type;
    expect(await types("ClassH")).toBe("class");
    expect(await types("json_h")).toBe("module");
    expect(await types("whil")).toBe("keyword");
  });

  test("completion evaluates no property", async () => {
    const kernel = await startEmbedded();
    const { id } = await kernel.execute("class P:\n    @property\n    def danger(self): print('evaluated')\np = P()");
    expect(await completions(kernel, "p.dan<|>")).toEqual(["danger"]);
    expect(await kernel.stdout("1")).toBe("");
    expect(kernel.stream(id, "stdout")).toBe("");
  });

  test("questions are answered while a cell computes, also when another question hangs", async () => {
    const kernel = await startEmbedded();
    await kernel.execute(
      "import time\nvalue_here = 5\nclass Slow:\n    @property\n    def slow(self): time.sleep(60)\nslow = Slow()",
    );
    const { id, ended } = kernel.begin("print('in')\nwhile True: pass");
    await kernel.until("in", () => (kernel.stream(id, "stdout").includes("in") ? true : undefined));
    const hanging = kernel.session.complete("slow.slow.x", 11, 50);
    expect(await completions(kernel, "value_h<|>")).toEqual(["value_here"]);
    expect(await kernel.session.inspect("value_here", 3, answerMs)).toMatchObject({ "text/plain": expect.stringContaining("5") });
    expect(await kernel.session.isComplete("if x:", answerMs)).toBe("incomplete");
    expect(await hanging).toBeUndefined();
    await kernel.session.interrupt();
    expect((await ended).type).toBe("failed");
  });

  test("on shell a question waits for the cells before it", async () => {
    const kernel = await startEmbedded();
    const { id, ended } = kernel.begin("print('in')\nwhile True: pass");
    await kernel.until("in", () => (kernel.stream(id, "stdout").includes("in") ? true : undefined));
    const asked = kernel.ask("shell", "kernel_info_request", {});
    await kernel.ask("control", "kernel_info_request", {});
    await kernel.ask("control", "interrupt_request", {});
    await ended;
    await asked;
    const replies = kernel.messages.filter(({ channel }) => channel === "shell").map(({ header }) => header.msg_type);
    expect(replies).toEqual(["kernel_info_reply", "execute_reply", "kernel_info_reply"]);
  });

  test("with stop_on_error, cells behind one that failed are aborted", async () => {
    const kernel = await startEmbedded();
    const request = { silent: false, store_history: true, user_expressions: {}, allow_stdin: false, stop_on_error: true };
    const sent = ["import time\ntime.sleep(0.1)\n1/0", "print('never')"].map((code) =>
      kernel.ask("shell", "execute_request", { ...request, code }),
    );
    const info = kernel.ask("shell", "kernel_info_request", {});
    const [failed, aborted] = await Promise.all(sent);
    expect(failed?.content).toMatchObject({ status: "error", ename: "ZeroDivisionError" });
    expect(aborted?.content).toEqual({ status: "aborted" });
    expect((await info).content).toMatchObject({ status: "ok" });
    expect(await kernel.stdout("print('next')")).toBe("next\n");
  });

  test("inspection tells signature, type, value, documentation and place", async () => {
    const kernel = await startEmbedded();
    await kernel.execute(
      'def greet(name: str = "you") -> str:\n    """Says hello."""\n    return name\nnumbers = list(range(1000))',
    );
    const inspect = async (code: string, offset: number) => (await kernel.session.inspect(code, offset, answerMs)) ?? {};
    expect(await inspect("greet", 2)).toEqual({
      "text/plain":
        "Signature: greet(name: str = 'you') -> str\nType:      function\nDocstring: \nSays hello.\nFile:      Cell In[1]",
      "text/markdown": "```python\ngreet(name: str = 'you') -> str\n```\n\nSays hello.\n\n*Cell In[1]*",
    });
    expect((await inspect("greet('x', ", 11))["text/plain"]).toContain("Says hello.");
    expect((await inspect("numbers", 7))["text/plain"]).toBe(
      "Type:      list\nValue:     [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ...]\nLength:    1000",
    );
    expect(await kernel.session.inspect("nowhere", 3, answerMs)).toBeUndefined();
  });

  test.each([
    ["x = 1", "complete"],
    ["await f()", "complete"],
    ["%time x", "complete"],
    ["def f():", "incomplete"],
    ["def f():\n    return 1", "incomplete"],
    ["def f():\n    return 1\n", "complete"],
    ["'''open", "incomplete"],
    ["x = = 1", "invalid"],
  ])("whether %j is complete", async (code, status) => {
    const kernel = await startEmbedded();
    expect(await kernel.session.isComplete(code, answerMs)).toBe(status);
  });

  test("history gives the last cells, a range or what matches", async () => {
    const kernel = await startEmbedded();
    for (const code of ["first = 1", "second = 2", "third = 3"]) await kernel.execute(code);
    const ask = async (content: { readonly [key: string]: unknown }) =>
      (await kernel.ask("shell", "history_request", { output: false, raw: true, ...content })).content["history"];
    expect(await ask({ hist_access_type: "tail", n: 2 })).toEqual([
      [0, 2, "second = 2"],
      [0, 3, "third = 3"],
    ]);
    expect(await ask({ hist_access_type: "range", session: 0, start: 1, stop: 2 })).toEqual([[0, 1, "first = 1"]]);
    expect(await ask({ hist_access_type: "search", pattern: "*3", n: 10 })).toEqual([[0, 3, "third = 3"]]);
  });

  test("kernel_info says which kernel it is and what to install for more", async () => {
    const kernel = await startEmbedded();
    expect(kernel.session.info).toMatchObject({
      implementation: "nbls-embedded",
      banner: expect.stringMatching(/^nbls basic Python kernel .* install ipykernel: python -m pip install ipykernel$/),
      language_info: { name: "python", file_extension: ".py", mimetype: "text/x-python" },
    });
  });

  test("input() and getpass() ask, and say so where nobody can answer", async () => {
    const kernel = await startEmbedded();
    const { id, ended } = kernel.begin(
      "import getpass, sys\nprint(input('a? '), getpass.getpass('b? '), repr(sys.stdin.readline()))",
      {
        allowStdin: true,
      },
    );
    for (const [count, prompt, password] of [
      [1, "a? ", false],
      [2, "b? ", true],
      [3, "", false],
    ] as const) {
      const asked = await kernel.until("the question", () => kernel.events.filter((event) => event.type === "input")[count - 1]);
      expect(asked).toMatchObject({ prompt, password });
      kernel.session.replyInput(id, `${count}é`);
    }
    expect((await ended).type).toBe("succeeded");
    expect(kernel.stream(id, "stdout")).toBe("1é 2é '3é\\n'\n");
    const refused = await kernel.execute("input('a? ')");
    expect(refused.end).toMatchObject({
      ename: "StdinNotImplementedError",
      evalue: "raw_input was called, but this frontend does not support input requests.",
    });
  });
});
