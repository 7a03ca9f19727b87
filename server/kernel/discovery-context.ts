import { posix, win32, type PlatformPath } from "node:path";
import type { Probe } from "./interpreter-probe.ts";

/**
 * The surroundings in which kernels are looked for: those of one client, never of this process (invariant 12).
 * The platform is an argument too, so that the rules of every platform can be tested on any.
 */
export interface DiscoveryContext {
  readonly cwd: string;
  readonly env: { readonly [name: string]: string | undefined };
  readonly platform: NodeJS.Platform;
  readonly homeDirectory: string;
  /** Asks an interpreter outside of the project where its packages are. Absent: nothing is ever executed. */
  readonly probe?: Probe;
}

/** The path rules of the context's platform. */
export function pathsOf(context: Pick<DiscoveryContext, "platform">): PlatformPath {
  return context.platform === "win32" ? win32 : posix;
}

/** A variable that is set and not empty. Names of variables have no case on Windows. */
export function variable(context: DiscoveryContext, name: string): string | undefined {
  return context.env[variableName(context, name)] || undefined;
}

/** The name as the environment spells it: `Path` and `PATH` are one variable on Windows. */
export function variableName(context: DiscoveryContext, name: string): string {
  if (context.platform !== "win32" || name in context.env) return name;
  const wanted = name.toUpperCase();
  return Object.keys(context.env).find((key) => key.toUpperCase() === wanted) ?? name;
}

/** `directory` and every directory above it, nearest first. */
export function upward(context: DiscoveryContext, directory: string): string[] {
  const { dirname } = pathsOf(context);
  const found = [directory];
  for (let parent = dirname(directory); parent !== found.at(-1); parent = dirname(parent)) found.push(parent);
  return found;
}

/** Whether `path` is `directory` or lies in it. Lexical: neither needs to exist. */
export function isWithin(context: DiscoveryContext, directory: string, path: string): boolean {
  const { relative, isAbsolute, sep } = pathsOf(context);
  const rest = relative(directory, path);
  return rest !== ".." && !rest.startsWith(`..${sep}`) && !isAbsolute(rest);
}
