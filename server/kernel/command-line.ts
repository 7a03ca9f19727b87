import type { KernelLaunch, LaunchOptions } from "./provider.ts";
import { resourcePath } from "./resources.ts";

/** The launch's command line with its templates filled in, and our launcher in place of ipykernel's where it is wanted. */
export function commandLine(
  launch: KernelLaunch,
  { useLauncher, keepHistory = true }: Pick<LaunchOptions, "useLauncher" | "keepHistory">,
  connectionFile: string,
): readonly string[] {
  const filled = launch.argv.map((word) =>
    word
      .replaceAll("{connection_file}", connectionFile)
      .replaceAll("{resource_dir}", launch.resourceDirectory ?? "{resource_dir}"),
  );
  if (!usesLauncher(launch, useLauncher)) return filled;
  // The database costs a fifth of a short cell.
  return keepHistory ? withLauncher(filled) : [...withLauncher(filled), "--HistoryManager.enabled=False"];
}

/** Whether the kernel will start through our launcher, and so wait for readers instead of dropping messages. */
export function usesLauncher(launch: KernelLaunch, useLauncher: boolean): boolean {
  return useLauncher && launch.isIpykernel && moduleAt(launch.argv) !== -1;
}

function withLauncher(argv: readonly string[]): readonly string[] {
  const at = moduleAt(argv);
  return [...argv.slice(0, at), resourcePath("launcher.py"), ...argv.slice(at + 2)];
}

/** The place of `-m ipykernel_launcher` among the interpreter's options. */
function moduleAt(argv: readonly string[]): number {
  const at = argv.indexOf("-m");
  return argv[at + 1] === "ipykernel_launcher" || argv[at + 1] === "ipykernel" ? at : -1;
}

/** The kernel's environment: the client's, what the launch sets on top, and whom it belongs to. */
export function environment(launch: KernelLaunch, options: LaunchOptions): { readonly [name: string]: string | undefined } {
  const env: { [name: string]: string | undefined } = { ...options.env, ...launch.env };
  // ipykernel ends by itself when this process is gone. One we inherited (nbls run in a notebook) speaks of somebody else.
  if (options.lifetime === "door") env["JPY_PARENT_PID"] = String(process.pid);
  else delete env["JPY_PARENT_PID"];
  return env;
}
