import { expect } from "vitest";
import { bundleOf, type Check } from "./conformance-check.ts";

/** Outputs beyond text. */
export const richChecks: readonly Check[] = [
  {
    tier: "rich",
    name: "execute_result",
    async run({ shared, snippets }) {
      const { id, end } = await shared.execute(snippets.value);
      const [result] = shared.outputs(id, "execute_result");
      expect(bundleOf(result)["text/plain"]).toMatch(/^(\u001b\[\d+m)?2/);
      expect(end).toMatchObject({ executionCount: result?.content["execution_count"] });
    },
  },
  {
    tier: "rich",
    name: "a result with HTML",
    async run({ shared, snippets }) {
      const { id } = await shared.execute(snippets.richResult);
      const [result] = shared.outputs(id).filter((message) => message.header.msg_type !== "stream");
      expect(Object.keys(bundleOf(result))).toEqual(expect.arrayContaining(["text/plain", "text/html"]));
    },
  },
  {
    tier: "rich",
    name: "display_data",
    async run({ shared, snippets }) {
      const { id } = await shared.execute(snippets.displayHtml);
      const [shown] = shared.outputs(id, "display_data");
      expect(bundleOf(shown)["text/html"]).toBe("<b>shown</b>");
    },
  },
  {
    tier: "rich",
    name: "update_display_data",
    async run({ shared, snippets }) {
      const { id } = await shared.execute(snippets.displayAndUpdate);
      const [shown] = shared.outputs(id, "display_data");
      const [updated] = shared.outputs(id, "update_display_data");
      expect(shown?.content).toMatchObject({ transient: { display_id: "conformance" }, data: { "text/plain": "before" } });
      expect(updated?.content).toMatchObject({ transient: { display_id: "conformance" }, data: { "text/plain": "after" } });
    },
  },
  {
    tier: "rich",
    name: "clear_output",
    async run({ shared, snippets }) {
      const { id } = await shared.execute(snippets.clearOutput);
      await shared.until("what stays", () => (shared.stream(id, "stdout").includes("stays") ? true : undefined));
      const types = shared.outputs(id).map((message) => message.header.msg_type);
      expect(types).toContain("clear_output");
      expect(types.at(-1)).toBe("stream");
    },
  },
  {
    tier: "rich",
    name: "comm_info",
    async run({ shared }) {
      expect((await shared.ask("shell", "comm_info_request", {})).content).toMatchObject({ status: "ok" });
    },
  },
];
