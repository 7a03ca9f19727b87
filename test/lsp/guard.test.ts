import { CancellationToken, ResponseError } from "vscode-jsonrpc";
import { expect, test } from "vitest";
import { createLog } from "../../server/base/log.ts";
import { guardNotification, guardRequest, route } from "../../server/lsp/guard.ts";
import { NblsError } from "../../server/protocol/errors.ts";
import { object, string } from "../../server/protocol/validate.ts";

function guarded(run: () => unknown) {
  const lines: string[] = [];
  const log = createLog("debug", (line) => lines.push(line));
  return { log, lines, entry: route("nbls/test", object({ uri: string }), run) };
}

test("a bug in one method is answered and logged with its stack", async () => {
  const { log, lines, entry } = guarded(() => {
    throw new TypeError("x is not a function");
  });
  const answer = await guardRequest(log, entry, { uri: "a" }, CancellationToken.None);
  expect(answer).toBeInstanceOf(ResponseError);
  expect(answer).toMatchObject({ code: -32603 });
  expect(lines.join("")).toMatch(/error nbls\/test: TypeError: x is not a function\n +at /);
});

test("a failure with a code is an answer, not a bug", async () => {
  const { log, lines, entry } = guarded(() => Promise.reject(new NblsError("kernel_died", "the kernel died")));
  const answer = await guardRequest(log, entry, { uri: "a" }, CancellationToken.None);
  expect(answer).toMatchObject({ code: -32803, message: "the kernel died", data: { code: "kernel_died" } });
  expect(lines).toEqual([]);
});

test("a code survives a process border, where classes do not", async () => {
  const { log, entry } = guarded(() => Promise.reject({ code: "no_cell", message: "gone" } as unknown as Error));
  expect(await guardRequest(log, entry, { uri: "a" }, CancellationToken.None)).toMatchObject({ data: { code: "no_cell" } });
});

test("no result is null, as JSON-RPC wants it", async () => {
  const { log, entry } = guarded(() => undefined);
  expect(await guardRequest(log, entry, { uri: "a" }, CancellationToken.None)).toBeNull();
});

test("notifications never reject", async () => {
  const { log, lines, entry } = guarded(() => Promise.reject(new Error("bug")));
  await guardNotification(log, entry, { uri: "a" });
  await guardNotification(log, entry, { uri: 1 });
  expect(lines[0]).toContain("error nbls/test: Error: bug");
  expect(lines[1]).toContain("warn nbls/test: uri: expected a string");
});
