import { existsSync } from "node:fs";
import type { KernelExit, KernelLaunch } from "./provider.ts";

/** Why a kernel's program could not be started at all. `cwd` is looked at, because Node blames the program for it. */
export function describeSpawnError(launch: KernelLaunch, cwd: string, error: NodeJS.ErrnoException): string {
  const program = launch.argv[0] ?? launch.interpreter ?? "";
  const named = `${launch.displayName} cannot be started:`;
  if (!existsSync(cwd)) return `${named} its working directory ${cwd} does not exist.`;
  switch (error.code) {
    case "ENOENT":
      return `${named} ${program} does not exist. ${whoNamesIt(launch)}`;
    case "EACCES":
    case "EPERM":
      return `${named} ${program} may not be executed. ${whoNamesIt(launch)}`;
    default:
      return `${named} ${error.message}. ${whoNamesIt(launch)}`;
  }
}

function whoNamesIt(launch: KernelLaunch): string {
  const directory = launch.resourceDirectory === undefined ? "" : ` in ${launch.resourceDirectory}`;
  if (launch.resourceDirectory !== undefined || launch.source === "kernelspec") {
    return `The kernelspec "${launch.name}"${directory} names it; choose another kernel or install this one again.`;
  }
  return `It is the interpreter "${launch.name}" (${launch.reason}); choose another kernel.`;
}

/** Why a kernel ended before its first answer. */
export function describeEarlyExit(launch: KernelLaunch, exit: KernelExit): string {
  const missing = missingPackage(launch, exit.stderrTail);
  return `${launch.displayName} ended before it answered (${ending(exit)}).${missing}${stderrPart(exit)}`;
}

/** Why a kernel that runs was given up before its first answer. */
export function describeStartTimeout(launch: KernelLaunch, timeoutMs: number, exit: KernelExit | undefined): string {
  return `${launch.displayName} did not answer within ${timeoutMs / 1_000} s.${exit === undefined ? "" : stderrPart(exit)}`;
}

/** How a kernel that had answered came to its end. */
export function describeDeath(launch: KernelLaunch, exit: KernelExit): string {
  return `${launch.displayName} died: ${ending(exit)}.${stderrPart(exit)}`;
}

function ending(exit: KernelExit): string {
  if (exit.signal === "SIGKILL") return "killed by SIGKILL, often because the machine ran out of memory";
  if (exit.signal !== null) return `killed by ${exit.signal}`;
  return `exit status ${exit.code ?? "unknown"}`;
}

function stderrPart(exit: KernelExit): string {
  const tail = exit.stderrTail.trim();
  return tail === "" ? "" : `\nIts last words on stderr:\n${tail}`;
}

function missingPackage(launch: KernelLaunch, stderr: string): string {
  if (/No module named '?ipykernel/.test(stderr)) {
    const interpreter = launch.interpreter ?? launch.argv[0] ?? "python3";
    return ` ipykernel is not installed there; install it with: ${interpreter} -m pip install ipykernel`;
  }
  if (/there is no package called .?IRkernel/.test(stderr)) {
    return ` IRkernel is not installed there; install it in R with: install.packages("IRkernel")`;
  }
  return "";
}
