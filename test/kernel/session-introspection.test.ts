import fc from "fast-check";
import { expect, test } from "vitest";
import { codePointOffset, readCompleteReply, readInspectReply, utf16Offset } from "../../server/kernel/introspection.ts";
import { fakeKernel } from "../fakes/fake-kernel.ts";
import { RecordedSession } from "./recorded-session.ts";

test("offsets count code points on the wire and come back as they were", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("a", "é", "日", "🎉", "\n", "e\u0301")), fc.nat(), (characters, at) => {
      const before = characters.slice(0, at % (characters.length + 1)).join("");
      const code = characters.join("");
      expect(codePointOffset(code, before.length)).toBe(Array.from(before).length);
      expect(utf16Offset(code, codePointOffset(code, before.length))).toBe(before.length);
    }),
  );
  expect(utf16Offset("a🎉", 99)).toBe(3);
});

test("ipykernel's types and signatures stand beside their matches, and nowhere else", () => {
  const entries = [
    { start: 0, end: 1, text: "print", type: "function", signature: "(*args)" },
    { start: 0, end: 1, text: "prod", type: "<unknown>", signature: "" },
    { start: 0, end: 1, text: "something else", type: "module" },
  ];
  const content = {
    status: "ok",
    matches: ["print", "prod", "property"],
    cursor_start: 0,
    cursor_end: 2,
    metadata: { _jupyter_types_experimental: entries },
  };
  expect(readCompleteReply("pr", 2, content)).toEqual({
    matches: [{ text: "print", type: "function", signature: "(*args)" }, { text: "prod" }, { text: "property" }],
    start: 0,
    end: 2,
  });
});

test("replies without positions, matches or data are no trouble", () => {
  expect(readCompleteReply("ab", 1, { status: "ok", matches: ["x", 3] })).toEqual({ matches: [{ text: "x" }], start: 1, end: 1 });
  expect(readCompleteReply("ab", 1, { status: "error", ename: "x" })).toBeUndefined();
  expect(readInspectReply({ status: "ok", found: true, data: {} })).toBeUndefined();
  expect(readInspectReply({ status: "ok", found: false, data: { "text/plain": "x" } })).toBeUndefined();
  expect(readInspectReply({ status: "ok", found: true, data: { "text/plain": "x" } })).toEqual({ "text/plain": "x" });
});

test("completion after an emoji replaces the right characters", { tags: ["process"] }, async () => {
  const recorded = await new RecordedSession(fakeKernel()).start();
  const reply = await recorded.session.complete("'🎉' + alph", 11, 2_000);
  expect(reply).toEqual({ matches: [{ text: "alpha" }, { text: "alphabet" }], start: 7, end: 11 });
});

// vscode-jupyter#15214, notebook#2480.
test("a busy kernel that answers only on shell is not asked at all", { tags: ["process"] }, async () => {
  const recorded = await new RecordedSession(fakeKernel()).start();
  const { ended } = recorded.begin("busy");
  expect(await recorded.session.complete("al", 2, 60_000)).toBeUndefined();
  expect(await recorded.session.inspect("al", 2, 60_000)).toBeUndefined();
  expect(recorded.transcript.join("")).not.toContain("complete_request");
  await recorded.session.interrupt();
  await ended;
});

test("a busy ipykernel is asked on control", { tags: ["process"] }, async () => {
  const recorded = await new RecordedSession({ ...fakeKernel("busy-control"), isIpykernel: true }).start();
  const { ended } = recorded.begin("busy");
  expect(await recorded.session.complete("al", 2, 2_000)).toMatchObject({ matches: [{ text: "alpha" }, { text: "alphabet" }] });
  expect(await recorded.session.inspect("al", 2, 2_000)).toEqual({ "text/plain": "about al" });
  expect(recorded.session.status).toBe("busy");
  await recorded.session.interrupt();
  await ended;
});

test("a kernel without an answer does not keep completion waiting", { tags: ["process"] }, async () => {
  const recorded = await new RecordedSession({ ...fakeKernel(), isIpykernel: true }).start();
  const { ended } = recorded.begin("busy");
  expect(await recorded.session.complete("al", 2, 50)).toBeUndefined();
  await recorded.session.interrupt();
  await ended;
});

test("asking for completion, inspection and completeness changes no status", { tags: ["process"] }, async () => {
  const recorded = await new RecordedSession(fakeKernel()).start();
  await recorded.session.complete("al", 2, 2_000);
  await recorded.session.inspect("al", 2, 2_000);
  expect(await recorded.session.isComplete("if x:", 2_000)).toBe("incomplete");
  expect(recorded.statuses).toEqual(["starting", "idle"]);
});
