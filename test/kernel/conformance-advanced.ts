import { randomUUID } from "node:crypto";
import { readdirSync } from "node:fs";
import { expect } from "vitest";
import { type Check, needed } from "./conformance-check.ts";
import { isAlive } from "./process-state.ts";

/** Life, death and what comes late. */
export const advancedChecks: readonly Check[] = [
  {
    tier: "advanced",
    name: "a comm of an unknown target harms nothing",
    async run({ shared, snippets }) {
      shared.kernel.send({
        channel: "shell",
        msgId: randomUUID(),
        msgType: "comm_open",
        content: { comm_id: randomUUID(), target_name: "conformance.unknown", data: {} },
      });
      expect(await shared.printed(snippets.print("alive"))).toBe("alive\n");
    },
  },
  {
    tier: "advanced",
    name: "a message of an unknown type harms nothing",
    async run({ shared, snippets }) {
      shared.kernel.send({ channel: "shell", msgId: randomUUID(), msgType: "conformance_request", content: {} });
      expect(await shared.printed(snippets.print("alive"))).toBe("alive\n");
    },
  },
  {
    tier: "advanced",
    name: "top-level await",
    async run({ shared, snippets }) {
      expect(await shared.printed(needed(snippets.topLevelAwait))).toBe("awaited\n");
    },
  },
  {
    tier: "advanced",
    name: "output of child processes",
    async run({ shared, snippets }) {
      const { id } = await shared.execute(snippets.childOutput);
      await shared.until("the child's output", () => (shared.stream(id, "stdout").includes("from a child\n") ? true : undefined));
    },
  },
  {
    tier: "advanced",
    name: "late output finds its execution",
    async run({ shared, snippets }) {
      const { id, end } = await shared.execute(needed(snippets.late));
      expect(end.type).toBe("succeeded");
      expect(shared.stream(id, "stdout")).toBe("");
      await shared.until("late output", () => (shared.stream(id, "stdout") === "late\n" ? true : undefined));
    },
  },
  {
    tier: "advanced",
    name: "heartbeat",
    async run({ shared }) {
      process.kill(shared.kernel.pid, "SIGSTOP");
      try {
        await shared.until("the loss of the heartbeat", () => (shared.heartbeats.at(-1) === false ? true : undefined));
      } finally {
        process.kill(shared.kernel.pid, "SIGCONT");
      }
      await shared.until("the heartbeat's return", () => (shared.heartbeats.at(-1) === true ? true : undefined));
    },
  },
  {
    tier: "advanced",
    name: "restart loses state",
    async run({ fresh, snippets }) {
      const own = await fresh();
      const pid = own.session.pid;
      await own.execute(snippets.define);
      expect(await own.session.restart()).toEqual({ ok: true });
      expect(own.session.pid).not.toBe(pid);
      expect(isAlive(pid ?? 0)).toBe(false);
      const { end } = await own.execute(snippets.printDefined);
      expect(end).toMatchObject({ type: "failed", executionCount: 1 });
    },
  },
  {
    tier: "advanced",
    name: "restart while a cell runs",
    async run({ fresh, snippets }) {
      const own = await fresh();
      const { id, ended } = own.begin(snippets.spin);
      await own.event("started", (event) => event.executionId === id);
      const [end, restarted] = await Promise.all([ended, own.session.restart()]);
      expect(end).toEqual({ type: "kernel_restarted" });
      expect(restarted).toEqual({ ok: true });
      expect(await own.printed(snippets.print("again"))).toBe("again\n");
    },
  },
  {
    tier: "advanced",
    name: "a kernel that ends itself is told with how",
    async run({ fresh, snippets }) {
      const own = await fresh();
      const { end } = await own.execute(snippets.exit);
      expect(end).toMatchObject({ type: "kernel_died", detail: expect.stringMatching(/exit status 7|killed by SIGKILL/) });
      expect(own.session.status).toBe("dead");
    },
  },
  {
    tier: "advanced",
    name: "shutdown leaves nothing",
    async run({ fresh, snippets }) {
      const own = await fresh();
      const pid = own.session.pid ?? 0;
      const child = Number(await own.printed(snippets.spawnChild));
      expect(isAlive(pid) && isAlive(child)).toBe(true);
      await own.session.shutdown();
      expect(isAlive(pid)).toBe(false);
      expect(isAlive(child)).toBe(false);
      expect(readdirSync(own.runtimeDirectory)).toEqual([]);
      expect(own.session.status).toBe("dead");
    },
  },
];
