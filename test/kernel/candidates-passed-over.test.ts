import { join } from "node:path";
import { expect, test } from "vitest";
import { kernelCandidates, type CandidateOptions } from "../../server/kernel/candidates.ts";
import { Machine } from "./machine.ts";

const ipykernel = "ipykernel-7.4.0";
const ipykernelArgv = ["python3", "-m", "ipykernel_launcher", "-f", "{connection_file}"];
const python3 = { argv: ipykernelArgv, display_name: "Python 3 (ipykernel)", language: "python" };

function options(machine: Machine, more: Partial<CandidateOptions> = {}): CandidateOptions {
  return { notebookDirectory: machine.project, language: "python", embedded: "auto", ...more };
}

/** A machine with a system Python that has ipykernel and its kernelspec. */
async function systemKernel(machine: Machine): Promise<string> {
  const prefix = join(machine.root, "usr");
  await machine.python(prefix, "3.11", ipykernel);
  await machine.kernelspec(join(prefix, "share", "jupyter"), "python3", python3);
  return join(prefix, "bin", "python3");
}

function systemPath(machine: Machine): { readonly PATH: string } {
  return { PATH: join(machine.root, "usr", "bin") };
}

test("a python3 whose interpreter was removed is named in the reason for the kernel that stands in", async () => {
  const machine = new Machine();
  const prefix = join(machine.root, "usr");
  await machine.python(prefix, "3.11", ipykernel);
  await machine.kernelspec(join(machine.home, ".local", "share", "jupyter"), "python3", { ...python3, argv: ["/gone/python"] });
  const context = machine.context(systemPath(machine));
  const { chosen } = await kernelCandidates(context, options(machine, { kernelspecName: "python3" }));
  expect(chosen).toMatchObject({
    name: join(prefix, "bin", "python3"),
    reason:
      'the notebook names the kernel "python3", but its program /gone/python does not exist. ' +
      "Instead: python3 on PATH; it has ipykernel 7.4.0",
  });
});

test("python3 without a kernelspec is the Python on PATH, and nothing was passed over", async () => {
  const machine = new Machine();
  await machine.python(join(machine.root, "usr"), "3.11", ipykernel);
  const context = machine.context(systemPath(machine));
  const { chosen } = await kernelCandidates(context, options(machine, { kernelspecName: "python3" }));
  expect(chosen?.reason).toBe("python3 on PATH; it has ipykernel 7.4.0");
});

/** A machine whose JUPYTER_PATH has a usable kernel "aaa", "old" without its program and "bad", which is not JSON. */
async function severalKernels(machine: Machine) {
  const base = await systemKernel(machine);
  const data = join(machine.root, "extra");
  await machine.kernelspec(data, "aaa", { ...python3, argv: [base, ...ipykernelArgv.slice(1)] });
  await machine.kernelspec(data, "old", { ...python3, argv: ["/gone/python"] });
  await machine.kernelspec(data, "bad", "{");
  return machine.context({ ...systemPath(machine), JUPYTER_PATH: data });
}

test.for([
  ["gone", 'the kernel "gone", which is not installed. '],
  ["old", 'the kernel "old", but its program /gone/python does not exist. '],
  ["bad", /^the kernel "bad", whose \S+\/bad\/kernel\.json cannot be used: it is not JSON: .*\. $/],
  ["/gone/python", "/gone/python, but /gone/python does not exist. "],
] as const)("kernel.default = %s cannot run: the reason says it, and the choice is as without it", async ([name, said]) => {
  const machine = new Machine();
  const context = await severalKernels(machine);
  const without = (await kernelCandidates(context, options(machine))).chosen;
  expect(without?.name).toBe("python3");
  const { chosen } = await kernelCandidates(context, options(machine, { settingDefault: name }));
  expect({ ...chosen, reason: "" }).toEqual({ ...without, reason: "" });
  const [before, after] = (chosen?.reason ?? "").split("Instead: ");
  expect(before?.replace("the setting kernel.default names ", "")).toEqual(
    typeof said === "string" ? said : expect.stringMatching(said),
  );
  expect(after).toBe(without?.reason);
});

test("a notebook that names a broken kernel.json is told so", async () => {
  const machine = new Machine();
  const context = await severalKernels(machine);
  const { chosen } = await kernelCandidates(context, options(machine, { kernelspecName: "bad" }));
  expect(chosen?.reason).toMatch(/^the notebook names the kernel "bad", whose .*cannot be used: it is not JSON.*Instead: /);
});

test("kernel.default is not spoken of where the notebook's own kernel runs", async () => {
  const machine = new Machine();
  const context = await severalKernels(machine);
  const wanted = options(machine, { kernelspecName: "aaa", settingDefault: "gone" });
  expect((await kernelCandidates(context, wanted)).chosen?.reason).toMatch(/^the notebook names it: the kernelspec in /);
});
