import { expect } from "vitest";
import { type Check, needed } from "./conformance-check.ts";
import type { RecordedSession } from "./recorded-session.ts";

const introspectMs = 10_000;

/** What somebody who types and waits needs. */
export const interactiveChecks: readonly Check[] = [
  {
    tier: "interactive",
    name: "completion",
    async run({ shared, snippets }) {
      await shared.execute(snippets.define);
      const from = shared.statuses.length;
      const reply = await shared.session.complete(snippets.completePrefix, snippets.completePrefix.length, introspectMs);
      expect(reply?.matches.map((match) => match.text)).toContain("conformance_value");
      expect(reply).toMatchObject({ start: 0, end: snippets.completePrefix.length });
      expect(shared.statuses.slice(from)).toEqual([]);
    },
  },
  {
    tier: "interactive",
    name: "completion after an emoji",
    async run({ shared, snippets }) {
      await shared.execute(snippets.define);
      const before = '"🎉🎉"; ';
      const code = `${before}${snippets.completePrefix}`;
      const reply = await shared.session.complete(code, code.length, introspectMs);
      expect(reply?.matches.map((match) => match.text)).toContain("conformance_value");
      expect(reply).toMatchObject({ start: before.length, end: code.length });
    },
  },
  {
    tier: "interactive",
    name: "completion while busy",
    async run({ shared, snippets }) {
      await shared.execute(snippets.define);
      const { id, ended } = shared.begin(snippets.sleepBriefly);
      await shared.event("started", (event) => event.executionId === id);
      const reply = await shared.session.complete(snippets.completePrefix, snippets.completePrefix.length, introspectMs);
      expect(shared.session.status).toBe("busy");
      expect(reply?.matches.map((match) => match.text)).toContain("conformance_value");
      expect((await ended).type).toBe("succeeded");
    },
  },
  {
    tier: "interactive",
    name: "inspection",
    async run({ shared, snippets }) {
      const bundle = await shared.session.inspect(snippets.inspected, snippets.inspected.length, introspectMs);
      expect(String(bundle?.["text/plain"]).length).toBeGreaterThan(20);
    },
  },
  {
    tier: "interactive",
    name: "inspection of what is not there",
    async run({ shared }) {
      expect(await shared.session.inspect("conformance_nowhere", 5, introspectMs)).toBeUndefined();
      // It answered, and did not only stay silent.
      const { content } = await shared.ask("shell", "inspect_request", {
        code: "conformance_nowhere",
        cursor_pos: 5,
        detail_level: 0,
      });
      expect(content).toMatchObject({ status: "ok", found: false });
    },
  },
  {
    tier: "interactive",
    name: "is_complete",
    async run({ shared, snippets }) {
      expect(await shared.session.isComplete(snippets.value, introspectMs)).toBe("complete");
      expect(await shared.session.isComplete(snippets.incomplete, introspectMs)).toBe("incomplete");
    },
  },
  {
    tier: "interactive",
    name: "history",
    async run({ shared, snippets }) {
      await shared.execute(snippets.print("remembered"));
      const request = {
        hist_access_type: "tail",
        n: 3,
        output: false,
        raw: true,
        session: 0,
        start: 0,
        stop: 0,
        pattern: "*",
        unique: false,
      };
      const { content } = await shared.ask("shell", "history_request", request);
      expect(JSON.stringify(content["history"])).toContain("remembered");
    },
  },
  {
    tier: "interactive",
    name: "input()",
    async run({ shared, snippets }) {
      const { id, ended } = shared.begin(snippets.input, { allowStdin: true });
      const asked = await shared.event("input", (event) => event.executionId === id);
      expect(asked).toMatchObject({ prompt: "name? ", password: false });
      shared.session.replyInput(id, "Ada ünd Bob");
      expect((await ended).type).toBe("succeeded");
      expect(shared.stream(id, "stdout")).toBe("hello Ada ünd Bob\n");
    },
  },
  {
    tier: "interactive",
    name: "password input",
    async run({ shared, snippets }) {
      const { id, ended } = shared.begin(needed(snippets.password), { allowStdin: true });
      const asked = await shared.event("input", (event) => event.executionId === id);
      expect(asked).toMatchObject({ prompt: "secret? ", password: true });
      shared.session.replyInput(id, "s3cret");
      await ended;
      expect(shared.stream(id, "stdout")).toBe("hello s3cret\n");
    },
  },
  {
    tier: "interactive",
    name: "input() where nobody can answer",
    async run({ shared, snippets }) {
      const { id, end } = await shared.execute(snippets.input, { allowStdin: false });
      // An error in most kernels; Deno's prompt() then returns null.
      expect(["failed", "succeeded"]).toContain(end.type);
      expect(shared.events.filter((event) => event.type === "input" && event.executionId === id)).toEqual([]);
    },
  },
  {
    tier: "interactive",
    name: "interrupt while input() waits",
    async run({ shared, snippets }) {
      const { id, ended } = shared.begin(snippets.input, { allowStdin: true });
      await shared.event("input", (event) => event.executionId === id);
      expect(await shared.session.interrupt()).toBe(true);
      expect((await ended).type).toBe("failed");
      await shared.event("inputWithdrawn", (event) => event.executionId === id);
    },
  },
  {
    tier: "interactive",
    name: "interrupt a loop",
    run: ({ shared, snippets }) => interrupted(shared, snippets.spin),
  },
  {
    tier: "interactive",
    name: "interrupt a sleep",
    run: ({ shared, snippets }) => interrupted(shared, snippets.sleep),
  },
  {
    tier: "interactive",
    name: "state is kept after an interrupt",
    async run({ shared, snippets }) {
      const pid = shared.session.pid;
      await shared.execute(snippets.define);
      await interrupted(shared, snippets.spin);
      expect(await shared.printed(snippets.printDefined)).toBe("42\n");
      expect(shared.session.pid).toBe(pid);
    },
  },
];

/** Runs code without end, interrupts it and expects it to fail, soon. */
async function interrupted(session: RecordedSession, code: string): Promise<void> {
  const { id, ended } = session.begin(code);
  // Where the kernel streams its output, the code says when it sleeps.
  if (code.includes("asleep")) await session.event("output", (event) => event.executionId === id);
  expect(await session.session.interrupt()).toBe(true);
  expect((await ended).type).toBe("failed");
}
