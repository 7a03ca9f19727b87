import { isWithin, pathsOf, variable, type DiscoveryContext } from "./discovery-context.ts";

/** Jupyter looks for its files from inside a Python: what of that Python decides where. */
export interface JupyterPython {
  readonly prefix: string;
  /** `sys.prefix` differs from `sys.base_prefix`. */
  readonly isVirtual: boolean;
  /** The current user owns the prefix. */
  readonly isOwned: boolean;
  /** `site.getuserbase()`; absent where the user's packages are switched off. */
  readonly userBase?: string | undefined;
}

/**
 * The directories that Jupyter searches for data (kernelspecs among them), in jupyter_core's order (`jupyter_path`).
 * Without a Python those that depend on one are left out.
 */
export function jupyterDataDirectories(context: DiscoveryContext, python?: JupyterPython): string[] {
  const { join, resolve, delimiter } = pathsOf(context);
  const explicit = (variable(context, "JUPYTER_PATH") ?? "")
    .split(delimiter)
    // An empty entry (a trailing colon) would mean the current directory, and so whatever a project put there.
    .filter((entry) => entry !== "")
    .map((entry) => resolve(context.cwd, entry));

  const user = [userDataDirectory(context)];
  if (python?.userBase !== undefined) user.push(join(python.userBase, "share", "jupyter"));

  const system = systemDataDirectories(context, python);
  const own = python === undefined ? [] : [join(python.prefix, "share", "jupyter")];
  // On Windows the environment's directory is the system's as well, and keeps its rank as the environment's.
  const environment = context.platform === "win32" ? own : own.filter((directory) => !system.includes(directory));

  const ranked = prefersEnvironment(context, python) ? [...environment, ...user] : [...user, ...environment];
  return [...new Set([...explicit, ...ranked, ...system])];
}

/** The directories that hold one folder for each kernelspec, in the order in which jupyter_client searches them. */
export function kernelspecDirectories(context: DiscoveryContext, python?: JupyterPython): string[] {
  const { join, resolve } = pathsOf(context);
  const ipython = variable(context, "IPYTHONDIR");
  return [
    ...jupyterDataDirectories(context, python).map((directory) => join(directory, "kernels")),
    join(ipython === undefined ? join(context.homeDirectory, ".ipython") : resolve(context.cwd, ipython), "kernels"),
  ];
}

function userDataDirectory(context: DiscoveryContext): string {
  const { join, resolve } = pathsOf(context);
  const explicit = variable(context, "JUPYTER_DATA_DIR");
  if (explicit !== undefined) return resolve(context.cwd, explicit);
  const home = context.homeDirectory;
  const xdg = variable(context, "XDG_DATA_HOME");
  if (isSet(context, "JUPYTER_PLATFORM_DIRS") === true) {
    switch (context.platform) {
      case "win32":
        return join(variable(context, "LOCALAPPDATA") ?? join(home, "AppData", "Local"), "Jupyter");
      case "darwin":
        return join(xdg ?? join(home, "Library", "Application Support"), "Jupyter");
      default:
        return join(xdg ?? join(home, ".local", "share"), "jupyter");
    }
  }
  switch (context.platform) {
    case "win32": {
      const appData = variable(context, "APPDATA");
      if (appData !== undefined) return join(appData, "jupyter");
      return join(variable(context, "JUPYTER_CONFIG_DIR") ?? join(home, ".jupyter"), "data");
    }
    case "darwin":
      return join(home, "Library", "Jupyter");
    default:
      return join(xdg ?? join(home, ".local", "share"), "jupyter");
  }
}

function systemDataDirectories(context: DiscoveryContext, python: JupyterPython | undefined): string[] {
  const { join, delimiter } = pathsOf(context);
  const platformDirectories = isSet(context, "JUPYTER_PLATFORM_DIRS") === true;
  if (context.platform === "win32") {
    // Any user may write to %PROGRAMDATA%, so Jupyter looks there only when told to.
    const programData = isSet(context, "JUPYTER_USE_PROGRAMDATA") === true ? variable(context, "PROGRAMDATA") : undefined;
    if (programData !== undefined) return [join(programData, platformDirectories ? "Jupyter" : "jupyter")];
    return python === undefined ? [] : [join(python.prefix, "share", "jupyter")];
  }
  if (!platformDirectories) return ["/usr/local/share/jupyter", "/usr/share/jupyter"];
  const name = context.platform === "darwin" ? "Jupyter" : "jupyter";
  const xdg = (variable(context, "XDG_DATA_DIRS") ?? "").split(delimiter).filter((entry) => entry.trim() !== "");
  if (xdg.length > 0) return xdg.map((directory) => join(directory, name));
  return context.platform === "darwin"
    ? ["/Library/Application Support/Jupyter"]
    : ["/usr/local/share/jupyter", "/usr/share/jupyter"];
}

/** jupyter_core's rule: asked for, or a virtual or non-base conda environment that the user owns. */
function prefersEnvironment(context: DiscoveryContext, python: JupyterPython | undefined): boolean {
  const asked = isSet(context, "JUPYTER_PREFER_ENV_PATH");
  if (asked !== undefined) return asked;
  if (python === undefined || !python.isOwned) return false;
  if (python.isVirtual) return true;
  const conda = variable(context, "CONDA_PREFIX");
  if (conda === undefined || !isWithin(context, conda, python.prefix)) return false;
  return (context.env["CONDA_DEFAULT_ENV"] ?? "base") !== "base";
}

/** jupyter_core's reading of a switch: anything but these words is "on", the empty string too. */
function isSet(context: DiscoveryContext, name: string): boolean | undefined {
  const value = context.env[name];
  if (value === undefined) return undefined;
  return !["no", "n", "false", "off", "0", "0.0"].includes(value.toLowerCase());
}
