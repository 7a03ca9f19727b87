import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { tempDirectory } from "../real-kernels.ts";
import { hashOf } from "../../server/hub/stored-cells.ts";
import { openStore, stdout } from "./open-store.ts";

const folder = (state: string) => join(state, "notebooks", hashOf("/a.py"));
const log = (state: string, id: string) => join(folder(state), "outputs", id);

function journal(state: string): string {
  const name = readdirSync(folder(state)).find((entry) => entry.endsWith(".journal"));
  return join(folder(state), name ?? "none");
}

/** What another process finds of an execution. */
function outputsAfter(state: string, id: string) {
  return openStore(state).folds.stored(id)().outputs();
}

test("an execution comes back with its outputs, the newest of each cell", () => {
  const { stateDirectory, store, start } = openStore();
  const old = start("1");
  old.message(...stdout("old"));
  old.end();
  const run = start("2");
  run.message(...stdout("new é😀"));
  store.append({ type: "ended", id: "2", state: "failed", executionCount: 2, durationMs: 5 });
  store.close();
  const again = openStore(stateDirectory);
  const [execution, ...others] = again.store.load();
  expect(others).toEqual([]);
  expect(execution).toMatchObject({ id: "2", state: "failed", executionCount: 2, durationMs: 5 });
  expect(again.folds.stored("2")().outputs()).toEqual([{ output_type: "stream", name: "stdout", text: "new é😀" }]);
});

test("outputs of an execution are read when they are looked at, not when the notebook is opened", () => {
  const { stateDirectory, store, start } = openStore();
  start("1").message(...stdout("text"));
  store.close();
  const { folds, store: again } = openStore(stateDirectory);
  const [execution] = again.load();
  const fold = folds.stored("1");
  expect(
    folds.isEmpty({
      id: "1",
      get fold(): never {
        throw new Error("was read");
      },
    }),
  ).toBe(false);
  expect(execution?.state).toBe("unknown");
  expect(fold().outputs()).toHaveLength(1);
});

test("a record that was torn by a crash is cut off, and the execution it belonged to is unknown", () => {
  const { stateDirectory, store, start } = openStore();
  start("1").message(...stdout("kept"));
  store.close();
  appendFileSync(journal(stateDirectory), '57 deadbeef {"type":"ended","id":"1","st');
  appendFileSync(log(stateDirectory, "1"), "57 deadbeef otorn");
  expect(openStore(stateDirectory).store.load()[0]?.state).toBe("unknown");
  expect(outputsAfter(stateDirectory, "1")).toEqual([{ output_type: "stream", name: "stdout", text: "kept" }]);
});

test("a flipped bit ends a log where it stands", () => {
  const { stateDirectory, store, start } = openStore();
  const run = start("1");
  run.message(...stdout("one"));
  run.message(...stdout("two"));
  store.close();
  const bytes = readFileSync(log(stateDirectory, "1"));
  bytes[bytes.length - 3] = (bytes[bytes.length - 3] ?? 0) ^ 1;
  writeFileSync(log(stateDirectory, "1"), bytes);
  expect(outputsAfter(stateDirectory, "1")).toEqual([{ output_type: "stream", name: "stdout", text: "one" }]);
});

test("what is stored can be read by its owner only", () => {
  const { stateDirectory, store, start } = openStore();
  store.writeCells("/a.py", [{ id: "a", kind: "code", hash: hashOf("x") }]);
  const run = start("1");
  run.message(...stdout("secret"));
  run.message("display_data", { data: { "text/plain": "x".repeat(10_000) } });
  store.close();
  const blobs = join(stateDirectory, "blobs");
  const [blob = "none"] = readdirSync(blobs);
  for (const path of [journal(stateDirectory), log(stateDirectory, "1"), folder(stateDirectory), blobs, join(blobs, blob)])
    expect(statSync(path).mode & 0o077).toBe(0);
  expect(openStore(stateDirectory).store.readCells()).toEqual([{ id: "a", kind: "code", hash: hashOf("x") }]);
});

test("outputs that were taken back leave nothing on disk", () => {
  const { stateDirectory, store, start } = openStore();
  const run = start("1");
  for (let step = 0; step < 100; step += 1) {
    run.message("clear_output", { wait: true });
    run.message(...stdout(`step ${step} ${"x".repeat(1_000)}`));
  }
  run.message("clear_output", { wait: true });
  store.close();
  expect(statSync(log(stateDirectory, "1")).size).toBeLessThan(2_000);
  expect(outputsAfter(stateDirectory, "1")).toEqual(run.fold.outputs());
});

test("what is overwritten again and again does not fill the disk", () => {
  const limits = { outputLogMax: 8_000, inlineDataMax: 100 };
  const { stateDirectory, store, start, problems } = openStore(tempDirectory(), limits);
  const run = start("1");
  const display = { transient: { display_id: "d" } };
  run.message("display_data", { ...display, data: { "text/html": "first" } });
  for (let step = 0; step < 2_000; step += 1) {
    run.message(...stdout(`\r${step} ${"#".repeat(step % 50)}\u001b[K`));
    if (step % 10 === 0) run.message("update_display_data", { ...display, data: { "text/html": `${step} `.repeat(100) } });
  }
  store.close();
  expect(problems).toEqual([]);
  expect(statSync(log(stateDirectory, "1")).size).toBeLessThan(2 * limits.outputLogMax);
  expect(JSON.stringify(openStore(stateDirectory, limits).folds.stored("1")().outputs())).toBe(
    JSON.stringify(run.fold.outputs()),
  );
});

test("outputs that nobody can ask for go when the notebook is opened again", () => {
  const first = openStore();
  const { stateDirectory } = first;
  for (const id of ["1", "2"]) {
    const run = first.start(id);
    run.message(...stdout(id));
    run.end();
  }
  first.store.close();
  openStore(stateDirectory).store.load();
  expect(existsSync(log(stateDirectory, "1"))).toBe(true);
  // The process that wrote them ends.
  renameSync(journal(stateDirectory), join(folder(stateDirectory), "0-gone.journal"));
  vi.useFakeTimers();
  openStore(stateDirectory).store.load();
  vi.runAllTimers();
  vi.useRealTimers();
  expect(existsSync(log(stateDirectory, "1"))).toBe(false);
  expect(outputsAfter(stateDirectory, "2")).toHaveLength(1);
});

test("a link that was planted among the logs is not followed", () => {
  const { stateDirectory, store, start, problems } = openStore();
  const target = join(tempDirectory(), "precious");
  writeFileSync(target, "as it was");
  mkdirSync(join(folder(stateDirectory), "outputs"), { recursive: true });
  symlinkSync(target, log(stateDirectory, "1"));
  const run = start("1");
  run.message(...stdout("text"));
  store.close();
  expect(readFileSync(target, "utf8")).toBe("as it was");
  expect(problems.join()).toContain("outputs are not being kept on disk");
  expect(run.fold.outputs()).toHaveLength(1);
});

test("a cell whose outputs could not be stored runs on, says so, and is known to lack some", () => {
  const { stateDirectory, store, start, problems } = openStore();
  // Where the folder of the logs would be there is a file: each write fails as on a full disk.
  mkdirSync(folder(stateDirectory), { recursive: true });
  writeFileSync(join(folder(stateDirectory), "outputs"), "");
  const run = start("1");
  run.message(...stdout("one\n"));
  run.message(...stdout("two\n"));
  run.end();
  store.close();
  expect(run.fold.outputs()).toEqual([{ output_type: "stream", name: "stdout", text: "one\ntwo\n" }]);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(/^outputs are not being kept on disk: .*save the notebook/);
  expect(openStore(stateDirectory).store.load()[0]).toMatchObject({ state: "succeeded", reason: "output_may_be_missing" });
});

test("whatever a kernel sends, another process reads the outputs that this one shows", () => {
  const chunk = fc.string({
    unit: fc.constantFrom("a", "\n", "\r", "\b", "é", "\ud83d", "\ude00", "\u001b[31m", "\u001b[A", "="),
  });
  const data = fc.dictionary(
    fc.constantFrom("text/plain", "image/png", "application/json", "text/html", "__proto__"),
    fc.oneof(
      chunk,
      fc.array(chunk),
      fc.jsonValue(),
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString("base64")),
      fc.uint8Array({ maxLength: 60 }).map((bytes) => `${Buffer.from(bytes).toString("base64")}\n`),
    ),
  );
  const id = fc.constantFrom("x", "y");
  const message = fc.oneof(
    fc.tuple(fc.constant("stream"), fc.record({ name: fc.constantFrom("stdout", "stderr"), text: chunk })),
    fc.tuple(fc.constant("display_data"), fc.record({ data, transient: fc.record({ display_id: id }) })),
    fc.tuple(fc.constant("update_display_data"), fc.record({ data, transient: fc.record({ display_id: id }) })),
    fc.tuple(fc.constant("execute_result"), fc.record({ data, execution_count: fc.nat() })),
    fc.tuple(fc.constant("clear_output"), fc.record({ wait: fc.boolean() })),
    fc.tuple(fc.constant("error"), fc.record({ ename: chunk, evalue: chunk, traceback: fc.array(chunk) })),
  );
  fc.assert(
    fc.property(fc.array(message), fc.constantFrom(40, 1_000_000), (messages, outputBytesMax) => {
      // Small bounds, so that small texts are large: blobs, and texts that are cut.
      const limits = { inlineDataMax: 16, blobCacheMax: 64, outputBytesMax };
      const { stateDirectory, store, start, problems } = openStore(tempDirectory(), limits);
      const run = start("1");
      for (const [type, content] of messages) run.message(type, content);
      store.close();
      const seen = JSON.stringify(run.fold.outputs());
      expect(JSON.stringify(openStore(stateDirectory, limits).folds.stored("1")().outputs())).toBe(seen);
      expect(problems).toEqual([]);
    }),
  );
});

test.each([
  ["the notebook's folder", (state: string) => folder(state)],
  ["the folder of its outputs", (state: string) => join(folder(state), "outputs")],
])("nothing is written through a link in the place of %s", (_, place) => {
  const { stateDirectory, start, problems } = openStore();
  const victim = tempDirectory();
  mkdirSync(join(place(stateDirectory), ".."), { recursive: true });
  symlinkSync(victim, place(stateDirectory));
  start("1").message(...stdout("text"));
  expect(readdirSync(victim)).toEqual([]);
  expect(problems[0]).toMatch(/are not being kept on disk: .*it is no directory/);
});
