import { spawnSync } from "node:child_process";
import { describe } from "vitest";
import { embeddedLaunch } from "../../server/kernel/embedded.ts";
import type { KernelLaunch } from "../../server/kernel/provider.ts";
import { RecordedSession, type RecordedSessionOptions } from "./recorded-session.ts";

/** The Python that `python3` means, past any wrapper script; `undefined` where there is none that is new enough. */
export const python = findPython();

function findPython(): string | undefined {
  const code = "import sys; sys.exit(1) if sys.version_info < (3, 8) else print(sys.executable)";
  const { status, stdout } = spawnSync("python3", ["-c", code], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

/** As `describe`, for tests that need nothing but a Python. */
export function describeEmbedded(title: string, body: () => void): void {
  if (python === undefined) describe.skip(`${title}: there is no python3 from 3.8 on`, body);
  else describe(title, body);
}

/** The embedded kernel on `python3`; `flags` are the interpreter's, such as `-S` for one without packages. */
export function launchWith(flags: readonly string[] = [], interpreter = python ?? "python3"): KernelLaunch {
  const launch = embeddedLaunch(interpreter, "for a test");
  const [program = "", ...rest] = launch.argv;
  return { ...launch, argv: [program, ...flags, ...rest] };
}

/** A running embedded kernel, gone when the test ends. */
export async function startEmbedded(launch = launchWith(), options: RecordedSessionOptions = {}): Promise<RecordedSession> {
  return await new RecordedSession(launch, options).start();
}

/** The plain text of the execution's result. */
export function resultText(kernel: RecordedSession, executionId: string): unknown {
  return bundle(kernel, executionId, "execute_result")?.["text/plain"];
}

/** The mime bundle of the first output of a type. */
export function bundle(
  kernel: RecordedSession,
  executionId: string,
  type: string,
): { readonly [mime: string]: unknown } | undefined {
  const data = kernel.outputs(executionId, type)[0]?.content["data"];
  return typeof data === "object" && data !== null ? { ...data } : undefined;
}

/** The traceback of the execution's error, without colours. */
export function tracebackText(kernel: RecordedSession, executionId: string): string {
  const lines = kernel.outputs(executionId, "error")[0]?.content["traceback"];
  // oxlint-disable-next-line no-control-regex -- that is what is taken out
  return Array.isArray(lines) ? lines.join("\n").replaceAll(/\u001b\[\d+m/g, "") : "";
}

/** What every output of an execution is, in order: stream texts as `name: text`, others by type. */
export function summary(kernel: RecordedSession, executionId: string): string {
  const streams: string[] = [];
  for (const { header, content } of kernel.outputs(executionId)) {
    const label = header.msg_type === "stream" ? String(content["name"]) : header.msg_type;
    if (header.msg_type !== "stream") streams.push(label);
    else if (streams.at(-1)?.startsWith(`${label}: `)) streams.push(`${streams.pop()}${String(content["text"])}`);
    else streams.push(`${label}: ${String(content["text"])}`);
  }
  return streams.join("|");
}
