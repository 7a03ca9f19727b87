import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { candidateNamed, kernelCandidates, type CandidateOptions } from "../../server/kernel/candidates.ts";
import { describeCandidates } from "../../server/kernel/describe-candidates.ts";
import { createProbe } from "../../server/kernel/interpreter-probe.ts";
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

test("a bare python3 in a kernelspec means the Python that it was installed with", async () => {
  const machine = new Machine();
  const executable = await systemKernel(machine);
  const { chosen, problem } = await kernelCandidates(
    machine.context(systemPath(machine)),
    options(machine, { kernelspecName: "python3" }),
  );
  expect(problem).toBeUndefined();
  expect(chosen).toMatchObject({
    name: "python3",
    source: "notebook",
    provider: "zeromq",
    interpreter: executable,
    argv: [executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
    isIpykernel: true,
    insideProject: false,
    reason: expect.stringMatching(/^the notebook names it: the kernelspec in /),
  });
});

test('"python3" in a notebook means the Python of its project, before a kernelspec of that name', async () => {
  const machine = new Machine();
  const base = await systemKernel(machine);
  const executable = await machine.venv(join(machine.project, ".venv"), join(base, "..", ".."), "3.11.7", ipykernel);
  const context = { ...machine.context({ ...systemPath(machine), PYTHONHOME: "/elsewhere" }), probe: createProbe(machine.root) };
  const { candidates, chosen } = await kernelCandidates(context, options(machine, { kernelspecName: "python3" }));
  expect(chosen).toMatchObject({
    name: executable,
    displayName: "Python 3.11.7 (.venv)",
    source: "environment",
    insideProject: true,
    reason: expect.stringContaining('the notebook asks for "python3"'),
    env: {
      VIRTUAL_ENV: join(machine.project, ".venv"),
      PATH: `${join(machine.project, ".venv", "bin")}:${systemPath(machine).PATH}`,
      PYTHONHOME: "",
    },
  });
  expect(candidates.map(({ name }) => name)).toEqual([executable, "python3", base, `embedded:${executable}`]);
  expect(existsSync(machine.trace)).toBe(false);
});

test("a notebook that names a kernel of its own gets it, unless its language is another", async () => {
  const machine = new Machine();
  const base = await systemKernel(machine);
  await machine.venv(join(machine.project, ".venv"), join(base, "..", ".."), "3.11.7", ipykernel);
  const user = join(machine.home, ".local", "share", "jupyter");
  await machine.kernelspec(user, "Course", { ...python3, argv: [base, ...ipykernelArgv.slice(1)] });
  await machine.kernelspec(user, "shell", { ...python3, language: "bash" });
  const context = machine.context(systemPath(machine));
  const choose = async (kernelspecName: string) => (await kernelCandidates(context, options(machine, { kernelspecName }))).chosen;
  expect(await choose("course")).toMatchObject({ name: "course", source: "notebook" });
  const own = join(machine.project, ".venv", "bin", "python3");
  expect(await choose("shell")).toMatchObject({
    name: own,
    reason: expect.stringMatching(/^the notebook names the kernel "shell", which is for bash\. Instead: /),
  });
  expect(await choose("gone")).toMatchObject({
    name: own,
    reason: expect.stringMatching(/^the notebook names the kernel "gone", which is not installed\. Instead: /),
  });
});

test("kernel.default counts where the notebook names none: a kernelspec or an interpreter's path", async () => {
  const machine = new Machine();
  const base = await systemKernel(machine);
  await machine.venv(join(machine.project, ".venv"), join(base, "..", ".."), "3.11.7", ipykernel);
  const elsewhere = join(machine.root, "elsewhere");
  await machine.python(elsewhere, "3.12", ipykernel);
  const context = machine.context(systemPath(machine));
  const choose = async (settingDefault: string, kernelspecName?: string) =>
    (await kernelCandidates(context, options(machine, { settingDefault, kernelspecName }))).chosen;
  expect(await choose("python3")).toMatchObject({ name: "python3", source: "setting" });
  expect(await choose(join(elsewhere, "bin", "python3"))).toMatchObject({
    name: join(elsewhere, "bin", "python3"),
    source: "setting",
  });
  expect(await choose(join(elsewhere, "bin", "python3"), "python3")).toMatchObject({ source: "environment" });
});

test("the project's Python without ipykernel runs the built-in kernel, before a kernel that cannot see its packages", async () => {
  const machine = new Machine();
  const base = await systemKernel(machine);
  const own = await machine.venv(join(machine.project, ".venv"), join(base, "..", ".."));
  await machine.file(join(machine.project, "uv.lock"));
  const context = machine.context(systemPath(machine));
  const wanted = options(machine, { kernelspecName: "python3" });
  const { candidates, chosen } = await kernelCandidates(context, wanted);
  expect(chosen).toMatchObject({
    provider: "embedded",
    interpreter: own,
    insideProject: true,
    env: { VIRTUAL_ENV: join(machine.project, ".venv") },
    reason: expect.stringContaining("for IPython in full, install ipykernel: uv add --dev ipykernel"),
  });
  expect(candidates.find(({ name }) => name === own)?.problem).toBe(
    "ipykernel is not installed there; install it: uv add --dev ipykernel",
  );
  expect((await kernelCandidates(context, options(machine))).chosen?.provider).toBe("embedded");
  const never = await kernelCandidates(context, { ...wanted, embedded: "never" });
  expect(never.chosen).toMatchObject({ name: "python3", interpreter: base });
  expect(never.candidates.find(({ provider }) => provider === "embedded")?.problem).toBe(
    "the setting kernel.embedded says never",
  );
});

test("a bare Python on PATH runs the built-in kernel; with it switched off, the problem says what to install", async () => {
  const machine = new Machine();
  const prefix = join(machine.root, "python");
  await machine.python(prefix);
  const context = machine.context({ PATH: join(prefix, "bin") });
  const { chosen } = await kernelCandidates(context, options(machine));
  expect(chosen).toMatchObject({ provider: "embedded", interpreter: join(prefix, "bin", "python3"), insideProject: false });
  expect(await kernelCandidates(context, options(machine, { embedded: "never" }))).toMatchObject({
    problem: `No kernel for Python was found. Install one: ${join(prefix, "bin", "python3")} -m pip install ipykernel`,
  });
});

test.for(["3.6", "3.7"])("Python %s alone: the problem says that the built-in kernel needs a newer one", async (version) => {
  const machine = new Machine();
  const prefix = join(machine.root, "python");
  await machine.python(prefix, version);
  const executable = join(prefix, "bin", "python3");
  const found = await kernelCandidates(machine.context({ PATH: join(prefix, "bin") }), options(machine));
  expect(found.chosen).toBeUndefined();
  expect(found.problem).toBe(
    "No kernel for Python was found: the built-in kernel needs Python 3.8 or newer, and what was found is " +
      `Python ${version} (${executable}). Install a newer Python, or ipykernel for this one: ${executable} -m pip install ipykernel`,
  );
});

test("a project's Python too old for the built-in kernel is named in the reason for the one that stands in", async () => {
  const machine = new Machine();
  await systemKernel(machine);
  const old = join(machine.root, "old");
  await machine.python(old, "3.7");
  await machine.venv(join(machine.project, ".venv"), old, "3.7.9");
  const { chosen } = await kernelCandidates(machine.context(systemPath(machine)), options(machine));
  expect(chosen).toMatchObject({
    name: "python3",
    reason: expect.stringContaining(
      "has no ipykernel, and its Python 3.7.9 is too old for the built-in kernel, which needs 3.8. Instead: ",
    ),
  });
});

test("kernel.embedded = always: the built-in kernel comes before everything, but only for Python", async () => {
  const machine = new Machine();
  await systemKernel(machine);
  await machine.file(join(machine.root, "usr", "bin", "deno"), "#!/bin/sh\n");
  const context = machine.context(systemPath(machine));
  const always = options(machine, { embedded: "always", kernelspecName: "python3" });
  expect((await kernelCandidates(context, always)).chosen?.provider).toBe("embedded");
  expect((await kernelCandidates(context, { ...always, language: "typescript" })).chosen?.name).toBe("deno");
});

test("a broken project environment is named in the reason for the kernel that stands in", async () => {
  const machine = new Machine();
  await systemKernel(machine);
  await machine.venv(join(machine.project, ".venv"), join(machine.root, "gone"), "3.11.7", ipykernel);
  const { chosen } = await kernelCandidates(machine.context(systemPath(machine)), options(machine));
  expect(chosen?.name).toBe("python3");
  expect(chosen?.reason).toContain(`.venv in ${machine.project} cannot be used (the Python it was made from`);
});

test("a kernelspec to a removed interpreter is listed with the reason and not chosen", async () => {
  const machine = new Machine();
  await systemKernel(machine);
  const gone = join(machine.root, "gone", "bin", "python");
  await machine.kernelspec(join(machine.home, ".local", "share", "jupyter"), "old", {
    ...python3,
    argv: [gone, ...ipykernelArgv.slice(1)],
  });
  const { candidates, chosen } = await kernelCandidates(
    machine.context(systemPath(machine)),
    options(machine, { kernelspecName: "old" }),
  );
  expect(candidates.find(({ name }) => name === "old")?.problem).toBe(`its program ${gone} does not exist`);
  expect(chosen).toMatchObject({ name: "python3", reason: expect.stringContaining(`but its program ${gone} does not exist`) });
});

test("a kernelspec's env is expanded from the client's, and wins over the environment's own", async () => {
  const machine = new Machine();
  const base = await systemKernel(machine);
  const prefix = join(machine.root, "lab");
  await machine.venv(prefix, join(base, "..", ".."), "3.11.7", ipykernel);
  const env = { A: "${FOO}/a", B: "$FOO-$MISSING", C: "$$x", PATH: "/extra:${PATH}" };
  await machine.kernelspec(join(prefix, "share", "jupyter"), "lab", { ...python3, env });
  const context = machine.context({ ...systemPath(machine), FOO: "foo", VIRTUAL_ENV: prefix });
  const { candidates } = await kernelCandidates(context, options(machine));
  expect(candidates.find(({ name }) => name === "lab")).toMatchObject({
    interpreter: join(prefix, "bin", "python3"),
    env: { A: "foo/a", B: "foo-$MISSING", C: "$x", PATH: `/extra:${systemPath(machine).PATH}`, VIRTUAL_ENV: prefix },
  });
});

test("a kernelspec that needs a provisioner or lies in the project says so", async () => {
  const machine = new Machine();
  const base = await systemKernel(machine);
  const data = join(machine.project, "jupyter");
  const argv = [base, ...ipykernelArgv.slice(1)];
  await machine.kernelspec(data, "remote", {
    ...python3,
    argv,
    metadata: { kernel_provisioner: { provisioner_name: "remote-provisioner" } },
  });
  await machine.kernelspec(data, "local", { ...python3, argv });
  const { candidates } = await kernelCandidates(
    machine.context({ ...systemPath(machine), JUPYTER_PATH: data }),
    options(machine),
  );
  const named = (wanted: string) => candidates.find(({ name }) => name === wanted);
  expect(named("remote")?.problem).toBe("only Jupyter's own client can start it (provisioner remote-provisioner)");
  expect(named("local")).toMatchObject({ insideProject: true, interpreter: base });
  expect(named("python3")).toMatchObject({ insideProject: false });
});

test("Deno needs no kernelspec; through npm's package its real program is taken", async () => {
  const machine = new Machine();
  const context = machine.context();
  const modules = join(machine.root, "node_modules");
  await machine.link(join(machine.root, "bin", "deno"), await machine.file(join(modules, "deno", "bin.cjs")));
  const deno = await machine.file(join(modules, "@deno", "linux-x64-glibc", "deno"));
  for (const language of ["javascript", "typescript"]) {
    const { chosen } = await kernelCandidates(context, options(machine, { language }));
    expect(chosen).toMatchObject({
      name: "deno",
      language: "typescript",
      source: "path",
      argv: [deno, "jupyter", "--kernel", "--conn", "{connection_file}"],
      interruptMode: "message",
      isIpykernel: false,
    });
  }
});

test("Deno's own kernelspec gets interrupts by message, which it does not say", async () => {
  const machine = new Machine();
  const deno = await machine.file(join(machine.root, "bin", "deno"));
  const argv = ["deno", "jupyter", "--kernel", "--conn", "{connection_file}"];
  await machine.kernelspec(join(machine.home, ".local", "share", "jupyter"), "deno", {
    argv,
    display_name: "Deno",
    language: "typescript",
  });
  const { candidates } = await kernelCandidates(machine.context(), options(machine, { language: "typescript" }));
  expect(candidates).toMatchObject([
    { name: "deno", source: "kernelspec", argv: [deno, ...argv.slice(1)], interruptMode: "message" },
  ]);
});

test("R: IRkernel is seen in a library, and asked for where it is not", async () => {
  const machine = new Machine();
  const r = await machine.file(join(machine.root, "bin", "R"));
  const context = machine.context();
  const found = async () => await kernelCandidates(context, options(machine, { language: "r" }));
  expect(await found()).toMatchObject({
    candidates: [{ name: "ir", problem: 'the package IRkernel was not found; install it in R: install.packages("IRkernel")' }],
    problem: 'No kernel for R was found. Install R (https://cran.r-project.org), then in R: install.packages("IRkernel")',
  });
  await machine.file(join(machine.home, "R", "x86_64-pc-linux-gnu-library", "4.2", "IRkernel", "DESCRIPTION"));
  expect((await found()).chosen).toMatchObject({
    name: "ir",
    language: "r",
    argv: [r, "--slave", "-e", "IRkernel::main()", "--args", "{connection_file}"],
  });
});

test.for([
  ["python", "No Python was found. Install Python 3"],
  ["julia", 'Pkg.add("IJulia")'],
  ["typescript", "No kernel for TypeScript was found. Install Deno"],
  ["lua", "No kernel for lua was found. Install a Jupyter kernel for it"],
] as const)("nothing installed: the problem says what to install for %s", async ([language, advice]) => {
  const machine = new Machine();
  const found = await kernelCandidates(machine.context(), options(machine, { language }));
  expect(found.candidates).toEqual([]);
  expect(found.problem).toContain(advice);
});

test("names: python3 is whichever Python comes first; a path need not have been found", async () => {
  const machine = new Machine();
  const prefix = join(machine.root, "python");
  await machine.python(prefix, "3.11", ipykernel);
  const other = join(machine.root, "other");
  await machine.python(other, "3.12", ipykernel);
  const context = machine.context({ PATH: join(prefix, "bin") });
  const { candidates } = await kernelCandidates(context, options(machine));
  const named = async (name: string) => await candidateNamed(context, options(machine), candidates, name);
  expect(await named("python3")).toMatchObject({ name: join(prefix, "bin", "python3") });
  expect(await named(join(other, "bin", "python3"))).toMatchObject({ displayName: "Python 3.12", isIpykernel: true });
  expect(await named(join(other, "bin", "none"))).toMatchObject({ problem: `${join(other, "bin", "none")} does not exist` });
  expect(await named("embedded")).toMatchObject({ provider: "embedded" });
  expect(await named("unheard-of")).toBeUndefined();
});

test("the description marks the choice, what cannot run, and broken kernelspecs", async () => {
  const machine = new Machine();
  await systemKernel(machine);
  const user = join(machine.home, ".local", "share", "jupyter");
  await machine.kernelspec(user, "old", { ...python3, argv: ["/gone/python"] });
  await machine.kernelspec(user, "bad", "[]");
  const lines = describeCandidates(
    await kernelCandidates(machine.context(systemPath(machine)), options(machine, { embedded: "never" })),
  );
  const shown = lines
    .filter((line) => !line.includes("embedded"))
    .map((line) => line.replaceAll(machine.root, "").replaceAll(/ {2,}/g, "  "));
  expect(shown).toMatchInlineSnapshot(`
    [
      "* python3  Python 3 (ipykernel), /usr/bin/python3  the kernelspec in /usr/share/jupyter/kernels/python3",
      "! old  Python 3 (ipykernel)  its program /gone/python does not exist (the kernelspec in /home/.local/share/jupyter/kernels/old)",
      "  /usr/bin/python3  Python 3.11, /usr/bin/python3  python3 on PATH; it has ipykernel 7.4.0",
      "! /home/.local/share/jupyter/kernels/bad/kernel.json: it is not a JSON object",
    ]
  `);
});
