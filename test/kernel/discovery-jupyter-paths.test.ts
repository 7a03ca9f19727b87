import { expect, test } from "vitest";
import { jupyterDataDirectories, kernelspecDirectories, type JupyterPython } from "../../server/kernel/jupyter-paths.ts";

const venv: JupyterPython = { prefix: "/envs/lab", isVirtual: true, isOwned: true };
const base: JupyterPython = { prefix: "/opt/python", isVirtual: false, isOwned: true, userBase: "/home/ada/.local" };
const debian: JupyterPython = { prefix: "/usr", isVirtual: false, isOwned: false, userBase: "/home/ada/.local" };

interface Recorded {
  readonly env: { readonly [name: string]: string };
  readonly python: JupyterPython;
  readonly platform?: "darwin";
  readonly expected: string;
}

// Recorded from jupyter_core 5.9.1 with the prefixes renamed:
//   env -i HOME=/home/ada PATH=/usr/bin <env> <python> -c 'from jupyter_core.paths import jupyter_path; print(jupyter_path())'
// "darwin" with `sys.platform = "darwin"` set before the import.
const recorded: readonly Recorded[] = [
  {
    env: {},
    python: venv,
    expected: "/envs/lab/share/jupyter ~/.local/share/jupyter /usr/local/share/jupyter /usr/share/jupyter",
  },
  {
    env: { JUPYTER_PATH: "/a/:/b" },
    python: venv,
    expected: "/a /b /envs/lab/share/jupyter ~/.local/share/jupyter /usr/local/share/jupyter /usr/share/jupyter",
  },
  {
    env: { JUPYTER_PREFER_ENV_PATH: "0" },
    python: venv,
    expected: "~/.local/share/jupyter /envs/lab/share/jupyter /usr/local/share/jupyter /usr/share/jupyter",
  },
  {
    env: { JUPYTER_DATA_DIR: "/d", XDG_DATA_HOME: "/x" },
    python: venv,
    expected: "/envs/lab/share/jupyter /d /usr/local/share/jupyter /usr/share/jupyter",
  },
  {
    env: { XDG_DATA_HOME: "/x" },
    python: venv,
    expected: "/envs/lab/share/jupyter /x/jupyter /usr/local/share/jupyter /usr/share/jupyter",
  },
  {
    env: { JUPYTER_PLATFORM_DIRS: "1", XDG_DATA_HOME: "/x", XDG_DATA_DIRS: "/p:/q" },
    python: venv,
    expected: "/envs/lab/share/jupyter /x/jupyter /p/jupyter /q/jupyter",
  },
  {
    env: { JUPYTER_PLATFORM_DIRS: "1" },
    python: venv,
    expected: "/envs/lab/share/jupyter ~/.local/share/jupyter /usr/local/share/jupyter /usr/share/jupyter",
  },
  {
    env: {},
    python: venv,
    platform: "darwin",
    expected: "/envs/lab/share/jupyter ~/Library/Jupyter /usr/local/share/jupyter /usr/share/jupyter",
  },
  {
    env: { JUPYTER_PLATFORM_DIRS: "1" },
    python: venv,
    platform: "darwin",
    expected: "/envs/lab/share/jupyter ~/Library/Application_Support/Jupyter /Library/Application_Support/Jupyter",
  },
  {
    env: {},
    python: base,
    platform: "darwin",
    expected: "~/Library/Jupyter ~/.local/share/jupyter /opt/python/share/jupyter /usr/local/share/jupyter /usr/share/jupyter",
  },
  {
    env: {},
    python: base,
    expected: "~/.local/share/jupyter /opt/python/share/jupyter /usr/local/share/jupyter /usr/share/jupyter",
  },
  {
    env: { JUPYTER_PREFER_ENV_PATH: "1" },
    python: base,
    expected: "/opt/python/share/jupyter ~/.local/share/jupyter /usr/local/share/jupyter /usr/share/jupyter",
  },
  {
    env: { JUPYTER_PREFER_ENV_PATH: "No", CONDA_PREFIX: "/opt/python", CONDA_DEFAULT_ENV: "work" },
    python: base,
    expected: "~/.local/share/jupyter /opt/python/share/jupyter /usr/local/share/jupyter /usr/share/jupyter",
  },
  {
    env: { PYTHONUSERBASE: "/ub" },
    python: { ...base, userBase: "/ub" },
    expected: "~/.local/share/jupyter /ub/share/jupyter /opt/python/share/jupyter /usr/local/share/jupyter /usr/share/jupyter",
  },
  {
    env: { CONDA_PREFIX: "/opt/python", CONDA_DEFAULT_ENV: "work" },
    python: base,
    expected: "/opt/python/share/jupyter ~/.local/share/jupyter /usr/local/share/jupyter /usr/share/jupyter",
  },
  {
    env: { CONDA_PREFIX: "/opt/python", CONDA_DEFAULT_ENV: "base" },
    python: base,
    expected: "~/.local/share/jupyter /opt/python/share/jupyter /usr/local/share/jupyter /usr/share/jupyter",
  },
  { env: {}, python: debian, expected: "~/.local/share/jupyter /usr/local/share/jupyter /usr/share/jupyter" },
];

test.for(recorded)("jupyter_core's order: $platform $env under $python.prefix", ({ env, python, platform, expected }) => {
  const context = { cwd: "/home/ada/lab", env, platform: platform ?? "linux", homeDirectory: "/home/ada" } as const;
  const directories = expected.split(" ").map((path) => path.replace("~", "/home/ada").replace("_", " "));
  expect(jupyterDataDirectories(context, python)).toEqual(directories);
});

// Not recorded, for want of a Windows: read from jupyter_core's rules.
test("on Windows the environment is the system, unless %PROGRAMDATA% is asked for", () => {
  const python: JupyterPython = { prefix: "C:\\lab", isVirtual: true, isOwned: true };
  const context = {
    cwd: "C:\\lab2",
    env: { AppData: "C:\\Users\\ada\\AppData\\Roaming", ProgramData: "C:\\ProgramData", JUPYTER_PATH: "C:\\a;b" },
    platform: "win32",
    homeDirectory: "C:\\Users\\ada",
  } as const;
  expect(jupyterDataDirectories(context, python)).toEqual([
    "C:\\a",
    "C:\\lab2\\b",
    "C:\\lab\\share\\jupyter",
    "C:\\Users\\ada\\AppData\\Roaming\\jupyter",
  ]);
  const asked = { ...context, env: { ...context.env, JUPYTER_PATH: "", JUPYTER_USE_PROGRAMDATA: "1" } };
  expect(jupyterDataDirectories(asked, { ...python, isVirtual: false })).toEqual([
    "C:\\Users\\ada\\AppData\\Roaming\\jupyter",
    "C:\\lab\\share\\jupyter",
    "C:\\ProgramData\\jupyter",
  ]);
});

test("relative entries count from the client's directory; empty ones do not count", () => {
  const context = {
    cwd: "/home/ada/lab",
    env: { JUPYTER_PATH: "data::" },
    platform: "linux",
    homeDirectory: "/home/ada",
  } as const;
  expect(jupyterDataDirectories(context)).toEqual([
    "/home/ada/lab/data",
    "/home/ada/.local/share/jupyter",
    "/usr/local/share/jupyter",
    "/usr/share/jupyter",
  ]);
});

test("IPython's own kernelspecs come last", () => {
  const context = { cwd: "/home/ada/lab", env: {}, platform: "linux", homeDirectory: "/home/ada" } as const;
  expect(kernelspecDirectories(context, debian)).toEqual([
    "/home/ada/.local/share/jupyter/kernels",
    "/usr/local/share/jupyter/kernels",
    "/usr/share/jupyter/kernels",
    "/home/ada/.ipython/kernels",
  ]);
});
