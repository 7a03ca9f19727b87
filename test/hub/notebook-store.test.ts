import { appendFileSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tempDirectory } from "../real-kernels.ts";
import { hashOf, NotebookStore } from "../../server/hub/notebook-store.ts";

function journal(state: string): string {
  const folder = join(state, "notebooks", hashOf("/a.py"));
  const name = readdirSync(folder).find((entry) => entry.endsWith(".journal"));
  return join(folder, name ?? "none");
}

function run(store: NotebookStore, id: string, text: string): void {
  store.append({ type: "started", id, cellId: "c", source: "print()", startedAt: Number(id) });
  store.append({ type: "output", id, msgType: "stream", content: { name: "stdout", text } });
}

test("an execution comes back with its outputs, the newest of each cell", () => {
  const state = tempDirectory();
  const store = new NotebookStore(state, "/a.py", 1_000);
  run(store, "1", "old");
  store.append({ type: "ended", id: "1", state: "succeeded", executionCount: 1 });
  run(store, "2", "new é😀");
  store.append({ type: "ended", id: "2", state: "failed", executionCount: 2, durationMs: 5 });
  store.close();
  const [execution, ...others] = new NotebookStore(state, "/a.py", 1_000).load();
  expect(others).toEqual([]);
  expect(execution).toMatchObject({ id: "2", state: "failed", executionCount: 2, durationMs: 5 });
  expect(execution?.fold.outputs()).toEqual([{ output_type: "stream", name: "stdout", text: "new é😀" }]);
});

test("a record that was torn by a crash is cut off, and the execution it belonged to is unknown", () => {
  const state = tempDirectory();
  const store = new NotebookStore(state, "/a.py", 1_000);
  run(store, "1", "kept");
  store.close();
  appendFileSync(journal(state), '57 deadbeef {"type":"output","id":"1","msgT');
  const [execution] = new NotebookStore(state, "/a.py", 1_000).load();
  expect(execution?.state).toBe("unknown");
  expect(execution?.fold.outputs()).toEqual([{ output_type: "stream", name: "stdout", text: "kept" }]);
});

test("a flipped bit ends a journal where it stands", () => {
  const state = tempDirectory();
  const store = new NotebookStore(state, "/a.py", 1_000);
  run(store, "1", "one");
  run(store, "2", "two");
  store.close();
  const bytes = readFileSync(journal(state));
  bytes[bytes.length - 10] = (bytes[bytes.length - 10] ?? 0) ^ 1;
  writeFileSync(journal(state), bytes);
  const [execution] = new NotebookStore(state, "/a.py", 1_000).load();
  expect(execution).toMatchObject({ id: "2" });
  expect(execution?.fold.outputs()).toEqual([]);
});

test("what is stored can be read by its owner only", () => {
  const state = tempDirectory();
  const store = new NotebookStore(state, "/a.py", 1_000);
  store.writeCells("/a.py", [{ id: "a", kind: "code", hash: hashOf("x") }]);
  run(store, "1", "secret");
  store.close();
  expect(statSync(journal(state)).mode & 0o077).toBe(0);
  expect(statSync(join(state, "notebooks", hashOf("/a.py"))).mode & 0o077).toBe(0);
  expect(new NotebookStore(state, "/a.py", 1_000).readCells()).toEqual([{ id: "a", kind: "code", hash: hashOf("x") }]);
});
