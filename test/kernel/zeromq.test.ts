// @module-tag process
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { KernelLaunch } from "../../server/kernel/provider.ts";
import { fakeKernel } from "../fakes/fake-kernel.ts";
import { tempDirectory } from "../real-kernels.ts";
import { RecordedKernel } from "./kernel-recording.ts";
import { isAlive } from "./process-state.ts";

/** The private directory of the kernel that is running. */
function kernelDirectory(recorded: RecordedKernel): string {
  const [name = "", ...more] = readdirSync(recorded.options.runtimeDirectory);
  expect(more).toEqual([]);
  return join(recorded.options.runtimeDirectory, name);
}

function connectionFile(recorded: RecordedKernel): { readonly [member: string]: unknown } {
  return JSON.parse(readFileSync(join(kernelDirectory(recorded), "connection.json"), "utf8")) as { [member: string]: unknown };
}

test("a kernel starts, answers kernel_info, executes and is gone after dispose: process, sockets, connection file", async () => {
  const recorded = await new RecordedKernel().launch(fakeKernel());
  expect(await recorded.kernel.ready(AbortSignal.timeout(5_000))).toMatchObject({ content: { implementation: "fake" } });
  expect(recorded.stdout(await recorded.execute('stream stdout "hello\\n"'))).toBe("hello\n");
  const { pid } = recorded.kernel;
  await recorded.kernel.dispose();
  expect(await recorded.kernel.exited).toMatchObject({ signal: "SIGKILL" });
  expect(isAlive(pid)).toBe(false);
  expect(readdirSync(recorded.options.runtimeDirectory)).toEqual([]);
  await recorded.kernel.dispose();
});

test.skipIf(process.platform === "win32")("only its user may read the connection file and reach the sockets", async () => {
  const recorded = await new RecordedKernel({ runtimeDirectory: join(tempDirectory(), "new") }).start(fakeKernel());
  const directory = kernelDirectory(recorded);
  const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
  expect(mode(recorded.options.runtimeDirectory)).toBe("700");
  expect(mode(directory)).toBe("700");
  expect(mode(join(directory, "connection.json"))).toBe("600");
  expect(connectionFile(recorded)).toMatchObject({ transport: "ipc", signature_scheme: "hmac-sha256" });
  expect(connectionFile(recorded)["key"]).toHaveLength(64);
});

test("a runtime directory too long for a socket's path makes it tcp, on an address of its own", async () => {
  const recorded = await new RecordedKernel({ runtimeDirectory: join(tempDirectory(), "d".repeat(100)) }).start(fakeKernel());
  expect(connectionFile(recorded)).toMatchObject({ transport: "tcp", ip: expect.stringMatching(/^127\.\d+\.\d+\.\d+$/) });
  if (process.platform === "linux") expect(connectionFile(recorded)["ip"]).not.toBe("127.0.0.1");
  expect(recorded.stdout(await recorded.execute('stream stdout "over tcp\\n"'))).toBe("over tcp\n");
});

test("a kernel that finds its port taken is started again, with other ports", async () => {
  const marker = join(tempDirectory(), "tried");
  const recorded = new RecordedKernel({ runtimeDirectory: join(tempDirectory(), "d".repeat(100)) });
  await recorded.start(fakeKernel(`dies-once=${marker}`));
  expect(existsSync(marker)).toBe(true);
  expect(recorded.stdout(await recorded.execute('stream stdout "second time"'))).toBe("second time");
  // The directory of the first start is gone.
  expect(connectionFile(recorded)).toMatchObject({ transport: "tcp" });
});

test("ports that others listen on are not chosen", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  const recorded = await new RecordedKernel({ runtimeDirectory: join(tempDirectory(), "d".repeat(100)) }).start(fakeKernel());
  const ports = Object.entries(connectionFile(recorded)).flatMap(([name, value]) => (name.endsWith("_port") ? [value] : []));
  expect(new Set(ports).size).toBe(5);
  server.close();
});

test("a kernel that dies at start tells its stderr, and is never ready", async () => {
  const recorded = await new RecordedKernel().launch(fakeKernel("dies=No module named spam"));
  expect(await recorded.kernel.ready(AbortSignal.timeout(5_000))).toBe(false);
  expect(await recorded.kernel.exited).toEqual({ code: 1, signal: null, stderrTail: "No module named spam\n" });
});

test("a kernel that never answers is waited for until the caller gives up", async () => {
  const recorded = await new RecordedKernel().launch(fakeKernel("never-answers"));
  const controller = new AbortController();
  const ready = recorded.kernel.ready(controller.signal);
  controller.abort();
  expect(await ready).toBe(false);
  expect(await recorded.kernel.ready(controller.signal)).toBe(false);
});

test.for(["late=300", "welcome", "no-control-info"])("a kernel is ready although it is one of those: %s", async (manner) => {
  const recorded = await new RecordedKernel().start(fakeKernel(manner));
  // What readiness promises: nothing that is published from now on is lost.
  const id = await recorded.execute("flood 100");
  expect(recorded.stdout(id).split("\n")).toHaveLength(101);
});

test("a program that does not exist, and a working directory that does not, are errors of spawning", async () => {
  const missing: KernelLaunch = { ...fakeKernel(), argv: ["/nowhere/python", "{connection_file}"] };
  const recorded = new RecordedKernel();
  await expect(recorded.launch(missing)).rejects.toMatchObject({ code: "ENOENT", path: "/nowhere/python" });
  expect(readdirSync(recorded.options.runtimeDirectory)).toEqual([]);
  const elsewhere = new RecordedKernel({ cwd: "/nowhere/at/all" });
  await expect(elsewhere.launch(fakeKernel())).rejects.toMatchObject({ code: "ENOENT", path: "/nowhere/at/all" });
});

test("the kernel has the client's environment, the launch's on top of it, and our pid", async () => {
  const env = { PATH: process.env["PATH"], OF_CLIENT: "client", OF_BOTH: "client" };
  const recorded = await new RecordedKernel({ env }).start({ ...fakeKernel(), env: { OF_BOTH: "launch" } });
  const value = async (name: string) => recorded.stdout(await recorded.execute(`env ${name}`));
  expect(await value("OF_CLIENT")).toBe("client\n");
  expect(await value("OF_BOTH")).toBe("launch\n");
  expect(await value("JPY_PARENT_PID")).toBe(`${process.pid}\n`);
  expect(recorded.stdout(await recorded.execute("cwd"))).toBe(`${recorded.options.cwd}\n`);
});

test("a kernel that shall outlive us is not told our pid, nor that of a notebook we run in", async () => {
  const env = { ...process.env, JPY_PARENT_PID: "1" };
  const recorded = await new RecordedKernel({ env, lifetime: "detached" }).start(fakeKernel());
  expect(recorded.stdout(await recorded.execute("env JPY_PARENT_PID"))).toBe("\n");
});

test("the templates of a command line are filled in, also within a word and in paths with spaces", async () => {
  const recorded = new RecordedKernel({ runtimeDirectory: join(tempDirectory(), "with a space é") });
  const launch = fakeKernel("late={resource_dir}", "file={connection_file}");
  await recorded.start({ ...launch, resourceDirectory: "/some where" });
  const [argv = ""] = recorded.stdout(await recorded.execute("argv")).split("\n");
  const connection = join(kernelDirectory(recorded), "connection.json");
  expect(JSON.parse(argv).slice(2)).toEqual([connection, "late=/some where", `file=${connection}`]);
});

test("an input_request finds the client: shell and stdin share their routing id", async () => {
  const recorded = await new RecordedKernel().start(fakeKernel());
  const id = recorded.request('input "name? "');
  await recorded.until(() => recorded.of(id).some(({ channel }) => channel === "stdin"));
  recorded.kernel.send({ channel: "stdin", msgId: "answer", msgType: "input_reply", content: { value: "Ada" } });
  await recorded.until(() => recorded.ended(id));
  expect(recorded.stdout(id)).toBe("Ada\n");
});

test("requests arrive in the order in which they were sent", async () => {
  const recorded = await new RecordedKernel().start(fakeKernel());
  const ids = Array.from({ length: 200 }, (_, index) => recorded.request(`stream stdout "${index}"`));
  await recorded.until(() => recorded.ended(ids.at(-1) ?? ""));
  const texts = recorded.messages.filter(({ header }) => header.msg_type === "stream").map(({ content }) => content["text"]);
  expect(texts).toEqual(ids.map((_, index) => String(index)));
});

test("a large message is not overtaken by the small ones behind it", async () => {
  const recorded = await new RecordedKernel().start(fakeKernel());
  const id = await recorded.execute('stream stdout "before"\nbig 5000000\nstream stdout "behind"');
  const types = recorded.of(id).flatMap(({ channel, header }) => (channel === "iopub" ? [header.msg_type] : []));
  expect(types).toEqual(["status", "execute_input", "stream", "display_data", "stream", "status"]);
});

test("messages wrongly signed and frames that are no message are left out, with a word in the log", async () => {
  const recorded = await new RecordedKernel().start(fakeKernel());
  const id = await recorded.execute('bad hmac\nstream stdout "forged"\ngood hmac\ngarbage\nstream stdout "real"');
  expect(recorded.stdout(id)).toBe("real");
  expect(recorded.log.join("")).toMatch(/bad_signature[^]*no_delimiter/);
});

test("messages with null metadata, without date, parent or with NaN arrive", async () => {
  const recorded = await new RecordedKernel().start(fakeKernel());
  const id = recorded.request(
    'null metadata\nno date\nno version\nnan\nstream stdout "lenient"\nno parent\nstream stdout "orphan"',
  );
  await recorded.until(() => recorded.stdout("") === "orphan");
  expect(recorded.stdout(id)).toBe("lenient");
  const display = recorded.of(id).find(({ header }) => header.msg_type === "display_data");
  expect(display).toMatchObject({
    metadata: {},
    header: { date: "" },
    content: { data: { "application/json": { x: Number.NaN } } },
  });
});

test("a kernel that stands still is reported by its heartbeat, and so is its return", async () => {
  const recorded = await new RecordedKernel().start(fakeKernel());
  recorded.request("stall 600");
  await recorded.until(() => recorded.heartbeats.length === 2);
  expect(recorded.heartbeats).toEqual([false, true]);
});

test("output that a kernel sent just before it died is delivered", async () => {
  const recorded = await new RecordedKernel().start(fakeKernel());
  const id = recorded.request('stream stdout "last words"\nsleep 50\ndie 7');
  expect(await recorded.kernel.exited).toMatchObject({ code: 7, signal: null });
  await recorded.until(() => recorded.stdout(id) === "last words");
});

test("a signal reaches the kernel's group, and is refused once it is gone", async () => {
  const recorded = await new RecordedKernel().start(fakeKernel());
  const id = recorded.request("busy");
  await recorded.until(() => recorded.of(id).some(({ header }) => header.msg_type === "execute_input"));
  expect(recorded.kernel.signal("SIGINT")).toBe(true);
  await recorded.until(() => recorded.ended(id));
  expect(recorded.of(id).find(({ header }) => header.msg_type === "error")?.content).toMatchObject({
    ename: "KeyboardInterrupt",
  });
  expect(recorded.kernel.signal("SIGKILL")).toBe(true);
  await recorded.kernel.exited;
  expect(recorded.kernel.signal("SIGINT")).toBe(false);
  recorded.request("lost without an error");
});

test("what a kernel started and left behind ends with it", async () => {
  const recorded = await new RecordedKernel().start(fakeKernel());
  const child = Number(recorded.stdout(await recorded.execute("child")));
  expect(isAlive(child)).toBe(true);
  recorded.request("die");
  await recorded.kernel.exited;
  await expect.poll(() => isAlive(child)).toBe(false);
});
