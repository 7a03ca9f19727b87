import { join } from "node:path";
import { expect, test } from "vitest";
import { findKernelspecs } from "../../server/kernel/kernelspecs.ts";
import { Machine } from "./machine.ts";

const minimal = { argv: ["bash-kernel", "{connection_file}"], display_name: "Bash", language: "bash" };

test("the first of several kernelspecs with one name counts, whatever its case", async () => {
  const machine = new Machine();
  const [a, b] = [join(machine.root, "a"), join(machine.root, "b")];
  const folder = await machine.kernelspec(a, "Bash", minimal);
  await machine.kernelspec(b, "bash", { ...minimal, display_name: "another" });
  const { kernelspecs } = await findKernelspecs([join(a, "kernels"), join(b, "kernels")]);
  expect(kernelspecs).toEqual([
    {
      name: "bash",
      displayName: "Bash",
      language: "bash",
      argv: ["bash-kernel", "{connection_file}"],
      env: {},
      interruptMode: "signal",
      resourceDirectory: folder,
    },
  ]);
});

test("reads leniently: byte order mark, letter case of interrupt_mode, numbers in env, missing names", async () => {
  const machine = new Machine();
  const text = `\uFEFF${JSON.stringify({ argv: ["x"], interrupt_mode: "MESSAGE", env: { A: 1, B: "b", C: null } })}`;
  await machine.kernelspec(machine.root, "odd", text);
  const { kernelspecs, problems } = await findKernelspecs([join(machine.root, "kernels")]);
  expect(kernelspecs).toMatchObject([
    { name: "odd", displayName: "odd", language: "", interruptMode: "message", env: { A: "1", B: "b" } },
  ]);
  expect(problems).toEqual([]);
});

test("a broken kernelspec is a problem with its path, and hides no good one", async () => {
  const machine = new Machine();
  const [a, b] = [join(machine.root, "a"), join(machine.root, "b")];
  await machine.kernelspec(a, "bash", "{");
  await machine.kernelspec(a, "empty", { argv: [] });
  await machine.kernelspec(a, "list", "[]");
  await machine.kernelspec(a, "with space", minimal);
  await machine.file(join(a, "kernels", "no-folder"));
  await machine.file(join(a, "kernels", "no-spec", "logo.png"));
  await machine.kernelspec(b, "bash", minimal);
  const { kernelspecs, problems } = await findKernelspecs([join(a, "kernels"), join(b, "kernels"), join(machine.root, "none")]);
  expect(kernelspecs.map(({ resourceDirectory }) => resourceDirectory)).toEqual([join(b, "kernels", "bash")]);
  const path = (name: string) => join(a, "kernels", name, "kernel.json");
  expect(problems).toEqual([
    { path: path("bash"), reason: expect.stringContaining("it is not JSON") },
    { path: path("empty"), reason: "its argv is not a list of texts" },
    { path: path("list"), reason: "it is not a JSON object" },
    { path: path("with space"), reason: "the folder's name may have only ASCII letters, digits, and . _ -" },
  ]);
});
