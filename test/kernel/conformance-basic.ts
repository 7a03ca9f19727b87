import { expect } from "vitest";
import { type Check, conformanceEnvironment } from "./conformance-check.ts";

/** What every kernel must do. */
export const basicChecks: readonly Check[] = [
  {
    tier: "basic",
    name: "kernel_info",
    async run({ launch, shared }) {
      const { status, language_info: language } = (shared.session.info ?? {}) as {
        status?: string;
        language_info?: { name: string };
      };
      expect(status).toBe("ok");
      expect(language?.name.toLowerCase()).toBe(launch.language);
    },
  },
  {
    tier: "basic",
    name: "kernel_info on control",
    async run({ shared }) {
      expect((await shared.ask("control", "kernel_info_request", {})).content["status"]).toBe("ok");
    },
  },
  {
    tier: "basic",
    name: "execute",
    async run({ shared, snippets }) {
      const { end } = await shared.execute(snippets.nothing);
      expect(end).toMatchObject({ type: "succeeded", idleLost: false });
    },
  },
  {
    tier: "basic",
    name: "execution count",
    async run({ shared, snippets }) {
      const before = await shared.execute(snippets.nothing);
      const after = await shared.execute(snippets.nothing);
      if (before.end.type !== "succeeded" || after.end.type !== "succeeded") throw new Error("not executed");
      expect(after.end.executionCount).toBe((before.end.executionCount ?? Number.NaN) + 1);
      expect(shared.session.executionCount).toBe(after.end.executionCount);
      const started = shared.events.filter((event) => event.type === "started" && event.executionId === after.id);
      expect(started.at(-1)).toMatchObject({ executionCount: after.end.executionCount });
    },
  },
  {
    tier: "basic",
    name: "execute silently",
    async run({ shared, snippets }) {
      const before = await shared.execute(snippets.nothing);
      const silent = await shared.execute(snippets.value, { silent: true });
      const after = await shared.execute(snippets.nothing);
      if (before.end.type !== "succeeded" || after.end.type !== "succeeded") throw new Error("not executed");
      expect(silent.end.type).toBe("succeeded");
      expect(shared.outputs(silent.id)).toEqual([]);
      expect(after.end.executionCount).toBe((before.end.executionCount ?? Number.NaN) + 1);
    },
  },
  {
    tier: "basic",
    name: "execute without history",
    async run({ shared, snippets }) {
      const request = { code: snippets.nothing, silent: false, user_expressions: {}, allow_stdin: false, stop_on_error: false };
      const before = await shared.ask("shell", "execute_request", { ...request, store_history: true });
      await shared.ask("shell", "execute_request", { ...request, store_history: false });
      const after = await shared.ask("shell", "execute_request", { ...request, store_history: true });
      expect(after.content["execution_count"]).toBe(Number(before.content["execution_count"]) + 1);
    },
  },
  {
    tier: "basic",
    name: "stdout",
    async run({ shared, snippets }) {
      expect(await shared.printed(snippets.print("hello"))).toBe("hello\n");
    },
  },
  {
    tier: "basic",
    name: "stderr",
    async run({ shared, snippets }) {
      const { id } = await shared.execute(snippets.printError("careful"));
      // Deno's comes after the cell has ended.
      await shared.until("a line on stderr", () => shared.stream(id, "stderr").endsWith("\n") || undefined);
      expect(shared.stream(id, "stderr")).toBe("careful\n");
      expect(shared.stream(id, "stdout")).toBe("");
    },
  },
  {
    tier: "basic",
    name: "stdout and stderr in order",
    async run({ shared, snippets }) {
      const { id } = await shared.execute(snippets.interleaved);
      const text = () =>
        shared
          .outputs(id, "stream")
          .map(({ content }) => `${String(content["name"])} ${String(content["text"])}`)
          .join("");
      await shared.until("the last line", () => (text().includes("out2") ? true : undefined));
      expect(text()).toBe("stdout out1\nstderr err1\nstdout out2\n");
    },
  },
  {
    tier: "basic",
    name: "unicode",
    async run({ shared, snippets }) {
      expect(await shared.printed(snippets.print("héllo 日本 🎉"))).toBe("héllo 日本 🎉\n");
    },
  },
  {
    tier: "basic",
    name: "a line of 1 MB",
    async run({ shared, snippets }) {
      const { id } = await shared.execute(snippets.printMegabyte);
      await shared.until("1 MB of stdout", () => (shared.stream(id, "stdout").length > 1_000_000 ? true : undefined));
      expect(shared.stream(id, "stdout")).toBe(`${"x".repeat(1_000_000)}\n`);
    },
  },
  {
    tier: "basic",
    name: "10,000 lines",
    async run({ shared, snippets }) {
      const { id } = await shared.execute(snippets.printManyLines(10_000));
      const text = () => shared.stream(id, "stdout");
      await shared.until("the last line", () => (text().endsWith("9999\n") ? true : undefined));
      expect(text()).toBe(Array.from({ length: 10_000 }, (_, index) => `${index}\n`).join(""));
    },
  },
  {
    tier: "basic",
    name: "state is kept between executions",
    async run({ shared, snippets }) {
      await shared.execute(snippets.define);
      expect(await shared.printed(snippets.printDefined)).toBe("42\n");
    },
  },
  {
    tier: "basic",
    name: "error with traceback",
    async run({ shared, snippets }) {
      const { id, end } = await shared.execute(snippets.fail);
      expect(end).toMatchObject({ type: "failed", ename: snippets.failName });
      if (end.type !== "failed") return;
      expect(end.evalue).toContain("boom");
      expect(end.traceback.join("\n")).toContain("boom");
      expect(end.traceback.join("\n")).toContain("outer");
      expect(shared.outputs(id, "error")[0]?.content).toMatchObject({ ename: end.ename, evalue: end.evalue });
    },
  },
  {
    tier: "basic",
    name: "an error stops nothing else",
    async run({ shared, snippets }) {
      const failing = shared.begin(snippets.fail);
      const next = shared.begin(snippets.print("after"));
      expect((await failing.ended).type).toBe("failed");
      expect((await next.ended).type).toBe("succeeded");
      expect(shared.stream(next.id, "stdout")).toBe("after\n");
    },
  },
  {
    tier: "basic",
    name: "busy, input, output, idle in order",
    async run({ shared, snippets }) {
      const { id } = await shared.execute(snippets.value);
      const own = shared.messages.filter((message) => message.channel === "iopub" && message.parentHeader.msg_id === id);
      const order = own.map((message) => message.content["execution_state"] ?? message.header.msg_type);
      expect(order).toEqual(["busy", "execute_input", expect.stringMatching(/^(execute_result|display_data)$/), "idle"]);
    },
  },
  {
    tier: "basic",
    name: "status is busy while code runs",
    async run({ shared, snippets }) {
      const from = shared.statuses.length;
      const { ended } = shared.begin(snippets.sleepBriefly);
      await shared.session.isComplete(snippets.value, 500);
      expect(shared.session.status).toBe("busy");
      await ended;
      expect(shared.session.status).toBe("idle");
      expect(shared.statuses.slice(from)).toEqual(["busy", "idle"]);
    },
  },
  {
    tier: "basic",
    name: "working directory",
    async run({ shared, snippets }) {
      expect(await shared.printed(snippets.cwd)).toBe(`${shared.cwd}\n`);
    },
  },
  {
    tier: "basic",
    name: "environment",
    async run({ shared, snippets }) {
      expect(await shared.printed(snippets.environment)).toBe(`${conformanceEnvironment.NBLS_CONFORMANCE}\n`);
    },
  },
];
