import { expect, test } from "vitest";
import type { Hub } from "../../server/hub/hub.ts";
import { openServer, initialize } from "./open-server.ts";

/** No test of this file may need a hub. */
const noHub = (): Promise<Hub> => Promise.reject(new Error("the hub was loaded"));
const uri = "file:///a.py";

test("initialize is answered without a hub", async () => {
  const { client, log } = openServer({ hub: noHub });
  const { capabilities } = await initialize(client);
  expect(capabilities.experimental).toEqual({ nbls: { version: 1 } });
  expect(capabilities.positionEncoding).toBe("utf-16");
  expect(capabilities.textDocumentSync.change).toBe(2);
  expect(capabilities.executeCommandProvider.commands).toContain("nbls.runCell");
  expect(JSON.stringify(capabilities)).not.toContain('"resolveProvider":true');
  expect(log.join("")).not.toContain("the hub was loaded");
});

test("a request before initialize is refused, and initialize still works", async () => {
  const { client } = openServer({ hub: noHub });
  expect(await client.requestError("textDocument/codeLens", { textDocument: { uri } })).toMatchObject({ code: -32002 });
  client.notify("textDocument/didOpen", { textDocument: { uri, languageId: "python", version: 1, text: "" } });
  await initialize(client);
  // The text came too early and was dropped.
  const failure = await client.requestError("textDocument/codeLens", { textDocument: { uri } });
  expect(failure).toMatchObject({ code: -32803, data: { code: "no_notebook" } });
});

test("a second initialize is refused", async () => {
  const { client } = openServer({ hub: noHub });
  await initialize(client);
  expect(await client.requestError("initialize", { capabilities: {} })).toMatchObject({ code: -32600 });
});

test("after shutdown requests are refused, and exit ends with 0", async () => {
  const { client, exited } = openServer({ hub: noHub });
  await initialize(client);
  expect(await client.request("shutdown")).toBeNull();
  expect(await client.requestError("nbls/kernels", {})).toMatchObject({ code: -32600 });
  client.notify("exit");
  expect(await exited).toBe(0);
});

test("exit without shutdown ends with 1", async () => {
  const { client, exited } = openServer({ hub: noHub });
  await initialize(client);
  client.notify("exit");
  expect(await exited).toBe(1);
});

test("a client that goes away without a word ends the server with 1", async () => {
  const { client, exited } = openServer({ hub: noHub });
  await initialize(client);
  client.end();
  expect(await exited).toBe(1);
});

test("requests are answered although the client closed its side behind them", async () => {
  const { client, exited } = openServer({ hub: noHub });
  const answer = client.request("initialize", { capabilities: {} });
  client.end();
  expect((await answer).serverInfo.name).toBe("nbls");
  expect(await exited).toBe(1);
});

test("an editor whose process is gone is noticed although its pipe stays open", async () => {
  const { client, exited } = openServer({ hub: noHub });
  // No system gives a process this id: Linux stops at 2^22.
  await client.request("initialize", { processId: 2 ** 30, capabilities: {} });
  expect(await exited).toBe(1);
});

test("an unknown method, bad params and a missing hub are told apart", async () => {
  const { client } = openServer({ hub: noHub });
  await initialize(client);
  expect(await client.requestError("nbls/nothing", {})).toMatchObject({ code: -32601 });
  const bad = await client.requestError("nbls/execute", { textDocument: { uri }, target: { cellIds: "all" } });
  expect(bad.code).toBe(-32602);
  expect(bad.message).toContain("target");
  const missing = await client.requestError("nbls/execute", { textDocument: { uri: 7 }, target: { scope: "all" } });
  expect(missing.message).toContain("textDocument.uri");
  const away = await client.requestError("nbls/kernels", {});
  expect(away).toMatchObject({ code: -32803, data: { code: "hub_unavailable" } });
});

test("what is no message is answered, and the next message is served", async () => {
  const { client } = openServer({ hub: noHub });
  client.sendRaw("Content-Length: 9\r\n\r\n{not json");
  await initialize(client);
  expect(client.transcript.some((line) => line.includes('"id":null') && line.includes("-32700"))).toBe(true);
});

test("a command that does not exist is an error; one that fails is a message", async () => {
  const { client } = openServer({ hub: noHub });
  await initialize(client);
  expect(await client.requestError("workspace/executeCommand", { command: "nbls.nothing" })).toMatchObject({ code: -32602 });
  expect(await client.request("workspace/executeCommand", { command: "nbls.runAll", arguments: ["a.py"] })).toBeNull();
  const { message } = await client.expect("window/showMessage");
  expect(message).toContain("a.py is not open");
});

test("each unknown setting is reported once", async () => {
  const { client } = openServer({ hub: noHub });
  await initialize(client, {}, { initializationOptions: { nbls: { outputs: { linesMax: 3 }, colour: "red" } } });
  client.notify("workspace/didChangeConfiguration", { settings: { nbls: { colour: "blue", "outputs.linesMax": "many" } } });
  const { message } = await client.expect("window/showMessage", ({ message: text }) => text.includes("linesMax"));
  expect(message).toContain("a whole number");
  expect(client.all("window/showMessage").filter((shown) => shown.message.includes("colour"))).toHaveLength(1);
});

test("settings are asked for where the client offers them", async () => {
  const { client } = openServer({ hub: noHub });
  client.answers.set("workspace/configuration", () => [{ colour: "red" }]);
  await initialize(client, { workspace: { configuration: true } });
  expect((await client.expect("workspace/configuration")).items).toEqual([{ section: "nbls" }]);
  expect((await client.expect("window/showMessage")).message).toContain("nbls.colour");
});
