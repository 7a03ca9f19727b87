import { PassThrough } from "node:stream";
import { expect, onTestFinished, test, vi } from "vitest";
import { silentLog } from "../../server/base/log.ts";
import { readClient } from "../../server/lsp/client.ts";
import { ClientPort } from "../../server/lsp/client-port.ts";
import { openConnection } from "../../server/lsp/connection.ts";
import { Screen } from "../../server/lsp/screen.ts";
import { defaultSettings, type Settings } from "../../server/protocol/settings.ts";
import { LspClient } from "../fakes/lsp-client.ts";
import { nblsClient } from "./open-project.ts";
import { mirrorOf, uri } from "./mirror-of.ts";

const publish = "textDocument/publishDiagnostics";

/** A screen that draws for a client on the other end of two streams, and clocks that the test moves. */
function openScreen(capabilities: unknown = {}, settings: Partial<Settings> = {}) {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const [toServer, toClient] = [new PassThrough(), new PassThrough()];
  const client = new LspClient(toServer, toClient);
  client.answers.set("workspace/inlayHint/refresh", () => null);
  const { rpc } = openConnection(toServer, toClient, silentLog, undefined);
  rpc.listen();
  const placed: number[] = [];
  const screen = new Screen(
    new ClientPort(silentLog, rpc),
    readClient({ capabilities }),
    () => ({ ...defaultSettings, ...settings }),
    async (document) => void placed.push(document.version),
  );
  onTestFinished(() => {
    screen.dispose();
    rpc.dispose();
    vi.useRealTimers();
  });
  const { mirror, document } = mirrorOf("# %%\nx\n");
  const run = (state: "running" | "succeeded") => {
    mirror.apply({ type: "execution", execution: { textDocument: { uri }, cellId: "c1", executionId: "e1", state } });
    screen.stateChanged(document);
  };
  const type = (version: number) => {
    mirror.change(uri, version, [{ range: { start: { line: 1, character: 1 }, end: { line: 1, character: 1 } }, text: "y" }]);
    screen.textChanged(document);
  };
  /** The versions and messages of all diagnostics so far. */
  const published = async () => {
    // What was sent is read in a later turn.
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    return client
      .all(publish)
      .map(({ version, diagnostics }) => [version, ...diagnostics.map(({ message }: { message: string }) => message)]);
  };
  return { screen, document, client, run, type, published, placed };
}

test("diagnostics that an edit may have made stale come once more, 150 ms after the last edit", async () => {
  const { run, type, published, placed } = openScreen();
  run("running");
  const first = [1, "[*] ● running"];
  expect(await published()).toEqual([first]);
  type(2);
  await vi.advanceTimersByTimeAsync(149);
  type(3);
  await vi.advanceTimersByTimeAsync(149);
  expect(await published()).toEqual([first]);
  await vi.advanceTimersByTimeAsync(1);
  expect(await published()).toEqual([first, [3, "[*] ● running"]]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await published()).toHaveLength(2);
  expect(placed).toEqual([3]);
});

test("a text without anything to show is not published for being typed in", async () => {
  const { type, published } = openScreen();
  type(2);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await published()).toEqual([]);
});

test("a document that was closed while the typing rested is not published again", async () => {
  const { screen, run, type, published } = openScreen();
  run("running");
  type(2);
  screen.closed(uri);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await published()).toEqual([[1, "[*] ● running"], [undefined]]);
});

test("changes that come closer than 33 ms are one publication, and the last is never lost", async () => {
  const { run, published } = openScreen();
  run("running");
  run("running");
  run("succeeded");
  expect(await published()).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(33);
  expect((await published()).slice(1)).toEqual([[1, "✓"]]);
});

const refreshing = { workspace: { inlayHint: { refreshSupport: true } } };

test("a status is a hint and no diagnostic once the client has asked for hints and lets them be refreshed", async () => {
  const { screen, document, run, published } = openScreen(refreshing);
  run("running");
  expect(await published()).toEqual([[1, "[*] ● running"]]);
  expect(screen.answersHints(document)).toBe(true);
  await vi.advanceTimersByTimeAsync(33);
  expect((await published()).slice(1)).toEqual([[1]]);
});

test.each([
  ["cannot refresh them", {}, {}, false],
  ["cannot refresh them, and the setting wants them", {}, { "outputs.hints": "on" }, true],
  ["refreshes them, and the setting does not want them", refreshing, { "outputs.hints": "off" }, false],
  ["draws outputs itself", { ...refreshing, ...nblsClient }, {}, false],
  ["draws outputs itself and whose setting wants them", { ...refreshing, ...nblsClient }, { "outputs.hints": "on" }, true],
] as const)("hints for a client that %s", (_, capabilities, settings, expected) => {
  const { screen, document } = openScreen(capabilities, settings);
  expect(screen.answersHints(document)).toBe(expected);
});
