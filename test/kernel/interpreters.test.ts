import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chown, readFile, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createProbe } from "../../server/kernel/interpreter-probe.ts";
import { findInterpreters } from "../../server/kernel/interpreters.ts";
import { Machine } from "./machine.ts";

const ipykernel = "ipykernel-7.4.0";

test("the project's environment is found from a folder below it, and read without running it", async () => {
  const machine = new Machine();
  const python = join(machine.root, "python");
  await machine.python(python);
  const executable = await machine.venv(join(machine.project, ".venv"), python, "3.11.7", ipykernel);
  const notebooks = join(machine.project, "notebooks", "deep");
  await machine.file(join(notebooks, "a.ipynb"));
  const context = { ...machine.context(), probe: createProbe(machine.home) };
  expect(await findInterpreters(context, notebooks)).toEqual([
    {
      executable,
      prefix: join(machine.project, ".venv"),
      kind: "venv",
      isVirtual: true,
      isOwned: true,
      isMadeByUv: false,
      version: "3.11.7",
      ipykernel: "7.4.0",
      origin: `the project's environment .venv in ${machine.project}`,
      isOwn: true,
      insideProject: true,
    },
  ]);
  expect(existsSync(machine.trace)).toBe(false);
});

test("the order is: activated, project's environments nearest first, pyenv's version, conda's base, PATH", async () => {
  const machine = new Machine();
  const python = join(machine.root, "python");
  await machine.python(python);
  const notebooks = join(machine.project, "notebooks");
  const activated = join(machine.root, "activated");
  await machine.venv(activated, python);
  await machine.venv(join(machine.project, ".venv"), python);
  await machine.venv(join(notebooks, "venv"), python);
  await machine.python(join(machine.home, ".pyenv", "versions", "3.12.1"), "3.12");
  await machine.file(join(machine.project, ".python-version"), "3.12\n");
  const conda = join(machine.root, "conda");
  await machine.python(conda, "3.13");
  await machine.file(join(conda, "conda-meta", "python-3.13.5-hec9711d_102_cp313.json"));
  const env = { VIRTUAL_ENV: activated, CONDA_PREFIX: conda, CONDA_DEFAULT_ENV: "base", PATH: join(python, "bin") };
  const found = await findInterpreters(machine.context(env), notebooks);
  expect(found.map(({ prefix, version, isOwn }) => [prefix, version, isOwn])).toEqual([
    [activated, "3.11.7", true],
    [join(notebooks, "venv"), "3.11.7", true],
    [join(machine.project, ".venv"), "3.11.7", true],
    [join(machine.home, ".pyenv", "versions", "3.12.1"), "3.12.1", true],
    [conda, "3.13.5", false],
    [python, "3.11", false],
  ]);
});

test("uv, pixi, Poetry and Pipenv: each keeps its environments in its own place", async () => {
  const machine = new Machine();
  const python = join(machine.root, "python");
  await machine.python(python);
  const hash = (path: string) => createHash("sha256").update(path).digest("base64url").slice(0, 8);
  for (const name of ["pyproject.toml", "Pipfile"]) await machine.file(join(machine.project, name));
  const uv = join(machine.root, "uv-environment");
  const pixi = join(machine.project, ".pixi", "envs", "default");
  const poetry = (minor: string) =>
    join(machine.home, ".cache", "pypoetry", "virtualenvs", `lab-${hash(machine.project)}-py3.${minor}`);
  const pipenv = join(machine.home, ".local", "share", "virtualenvs", `project-${hash(join(machine.project, "Pipfile"))}`);
  await machine.venv(uv, python);
  await machine.python(pixi, "3.12");
  await machine.file(join(pixi, "conda-meta", "python-3.12.1-h1_0.json"));
  await machine.venv(poetry("9"), python, "3.9.1");
  await machine.venv(poetry("10"), python, "3.10.1");
  await machine.venv(join(machine.home, ".cache", "pypoetry", "virtualenvs", "other-abcdefgh-py3.11"), python);
  await machine.venv(pipenv, python);
  const found = await findInterpreters(machine.context({ UV_PROJECT_ENVIRONMENT: uv }), machine.project);
  expect(found.map(({ prefix, installer, insideProject }) => [prefix, installer, insideProject])).toEqual([
    [uv, "uv", false],
    [pixi, "pixi", true],
    [poetry("10"), "poetry", false],
    [poetry("9"), "poetry", false],
    [pipenv, "pipenv", false],
  ]);
});

test("an environment whose Python was removed is listed with the reason", async () => {
  const machine = new Machine();
  const python = join(machine.root, "python");
  await machine.python(python);
  await machine.venv(join(machine.project, ".venv"), python, "3.11.7", ipykernel);
  await rename(python, `${python}-gone`);
  const [found] = await findInterpreters(machine.context(), machine.project);
  expect(found?.problem).toBe(`the Python it was made from (${join(python, "bin")}) was removed; make the environment anew`);
});

test("an activated environment that was deleted is listed with the reason", async () => {
  const machine = new Machine();
  const prefix = join(machine.root, "deleted");
  const [found] = await findInterpreters(machine.context({ VIRTUAL_ENV: prefix }), machine.project);
  expect(found).toMatchObject({ prefix, isOwn: true, problem: `${join(prefix, "bin", "python3")} does not exist` });
});

test("an environment whose link leads nowhere is listed with the reason", async () => {
  const machine = new Machine();
  const prefix = join(machine.project, ".venv");
  await machine.file(join(prefix, "pyvenv.cfg"), `home = ${machine.root}\nversion = 3.11.7\n`);
  await machine.link(join(prefix, "bin", "python3"), join(machine.root, "python3.11"));
  const [found] = await findInterpreters(machine.context(), machine.project);
  expect(found?.problem).toContain(`is a link to ${join(machine.root, "python3.11")}, which leads nowhere`);
});

test("a pyenv shim on PATH stands for the version that pyenv's files name", async () => {
  const machine = new Machine();
  const pyenv = join(machine.home, ".pyenv");
  for (const version of ["3.9.9", "3.9.18", "3.12.1"]) await machine.python(join(pyenv, "versions", version), version);
  await machine.file(join(pyenv, "shims", "python3"), "#!/bin/sh\nexit 1\n");
  await machine.file(join(pyenv, "version"), "3.12.1\n");
  const env = { PATH: join(pyenv, "shims") };
  const executables = async (more: { readonly [name: string]: string }) =>
    (await findInterpreters(machine.context({ ...env, ...more }), machine.project)).map(({ executable }) => executable);
  const program = (version: string) => join(pyenv, "versions", version, "bin", "python3");
  expect(await executables({})).toEqual([program("3.12.1")]);
  expect(await executables({ PYENV_VERSION: "3.9" })).toEqual([program("3.9.18")]);
  await machine.file(join(machine.project, ".python-version"), "# ours\n3.9.9\n");
  expect(await executables({})).toEqual([program("3.9.9")]);
});

test("a .python-version cannot name an interpreter outside of pyenv", async () => {
  const machine = new Machine();
  await machine.python(join(machine.project, "evil"));
  await machine.file(join(machine.home, ".pyenv", "versions", "3.12.1", "bin", "nothing"));
  await machine.file(join(machine.project, ".python-version"), "../../project/evil\n");
  expect(await findInterpreters(machine.context(), machine.project)).toEqual([]);
});

test("the user's own packages count for a Python of the machine, not for an isolated environment", async () => {
  const machine = new Machine();
  const python = join(machine.root, "python");
  await machine.python(python);
  await machine.venv(join(machine.project, ".venv"), python);
  await machine.install(join(machine.home, ".local", "lib", "python3.11", "site-packages"), [ipykernel]);
  const env = { PATH: join(python, "bin") };
  const versions = async (context = machine.context(env)) =>
    (await findInterpreters(context, machine.project)).map((found) => found.ipykernel);
  expect(await versions()).toEqual([undefined, "7.4.0"]);
  expect(await versions(machine.context({ ...env, PYTHONNOUSERSITE: "1" }))).toEqual([undefined, undefined]);
  await machine.file(
    join(machine.project, ".venv", "pyvenv.cfg"),
    `home = ${join(python, "bin")}\ninclude-system-site-packages = true\nversion = 3.11.7\n`,
  );
  expect(await versions()).toEqual(["7.4.0", "7.4.0"]);
});

test("a wrapper outside of the project is asked once; one inside is never executed", async () => {
  const machine = new Machine();
  const real = join(machine.root, "real");
  await machine.python(real, "3.12");
  const answer = {
    executable: join(real, "bin", "python3"),
    prefix: real,
    isVirtual: false,
    version: "3.12.1",
    sitePaths: [join(real, "lib", "python3.12", "site-packages")],
    userBase: null,
    userSite: null,
    hasIpykernel: true,
  };
  const wrapper = `#!/bin/sh\necho asked >> '${machine.trace}'\necho '${JSON.stringify(answer)}'\n`;
  await machine.file(join(machine.root, "bin", "python3"), wrapper);
  const context = { ...machine.context(), probe: createProbe(machine.root) };
  const expected = { executable: answer.executable, version: "3.12.1", ipykernel: "unknown version" };
  expect(await findInterpreters(context, machine.project)).toMatchObject([expected]);
  expect(await findInterpreters(context, machine.project)).toMatchObject([expected]);
  expect(await readFile(machine.trace, "utf8")).toBe("asked\n");

  await rm(machine.trace);
  await machine.file(join(machine.project, "tools", "python3"), wrapper);
  await symlink(join(machine.project, "tools"), join(machine.root, "tools"));
  for (const directory of [join(machine.project, "tools"), join(machine.root, "tools")]) {
    const inside = await findInterpreters({ ...context, env: { PATH: directory } }, machine.project);
    expect(inside).toMatchObject([
      { insideProject: true, problem: expect.stringContaining("cannot be told without running it") },
    ]);
  }
  expect(existsSync(machine.trace)).toBe(false);
});

test("an interpreter that does not answer in time has a problem", async () => {
  const machine = new Machine();
  await machine.file(join(machine.root, "bin", "python3"), "#!/bin/sh\nexec sleep 60\n");
  const context = {
    ...machine.context({ PATH: `${join(machine.root, "bin")}:/usr/bin:/bin` }),
    probe: createProbe(machine.root, 50),
  };
  const [found] = await findInterpreters(context, machine.project);
  expect(found).toMatchObject({ executable: join(machine.root, "bin", "python3"), problem: expect.any(String) });
});

test("Python 2 is listed as too old", async () => {
  const machine = new Machine();
  const two = join(machine.root, "two");
  await machine.python(two, "2.7");
  const env = { PATH: join(two, "bin") };
  expect(await findInterpreters(machine.context(env), machine.project)).toMatchObject([{ problem: "Python 2 is too old" }]);
});

test("a project that is reached through a link is still the project", async () => {
  const machine = new Machine();
  const tools = join(machine.project, "tools");
  await machine.python(tools);
  const link = await machine.link(join(machine.home, "link"), machine.project);
  const found = await findInterpreters(machine.context({ PATH: join(tools, "bin") }), link);
  expect(found).toMatchObject([{ prefix: tools, insideProject: true }]);
});

test("relative entries of PATH are not searched", async () => {
  const machine = new Machine();
  await machine.python(machine.project);
  const env = { PATH: "bin:.:" };
  expect(await findInterpreters(machine.context(env), machine.project)).toEqual([]);
});

test.runIf(process.geteuid?.() === 0)("another user's environment above the notebook is not used (tested as root)", async () => {
  const machine = new Machine();
  const python = join(machine.root, "python");
  await machine.python(python);
  const prefix = join(machine.project, ".venv");
  await machine.venv(prefix, python);
  await chown(prefix, 12_345, 12_345);
  const [found] = await findInterpreters(machine.context(), join(machine.project, "notebooks"));
  expect(found?.problem).toBe(`${prefix} belongs to another user of this machine`);
});
