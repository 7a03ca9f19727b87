import { join } from "node:path";
import packageJson from "../package.json" with { type: "json" };
import type { CliContext, SignalName } from "./cli/context.ts";
import { defaultLimits } from "./base/limits.ts";
import { createLog, logLevels } from "./base/log.ts";
import { createTrace } from "./base/trace.ts";

/**
 * The process: argv and environment go to a door, and nothing else of the program reads them. What a door does not need is
 * not loaded: the language server answers `initialize` before the hub, and ZeroMQ with it, is there.
 */
const { env, stdin, stdout, stderr } = process;
const argv = process.argv.slice(2);
const write = (line: string) => void stderr.write(line);
const log = createLog(logLevels.find((level) => level === env["NBLS_LOG"]) ?? "warn", write);
const trace = createTrace(env["NBLS_TRACE"] ?? "", write);
const isServer = argv[0] === "lsp";
/** It lies beside the program. */
const imageWorker = join(import.meta.dirname, "image-worker.cjs");

// A bug in one feature must not take an editor's kernels with it; a command that met one has failed.
process.on("unhandledRejection", (reason) => crashed("unhandled rejection", reason));
process.on("uncaughtException", (error) => crashed("uncaught exception", error));
// Whoever read our messages may be gone; that is no reason to end.
stderr.on("error", () => {});

function crashed(what: string, error: unknown): void {
  log.error(`${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  if (!isServer) process.exit(70);
}

async function openHub() {
  const { openLocalHub } = await import("./hub/open-hub.ts");
  return openLocalHub({ log, limits: defaultLimits, trace, env });
}

async function startLanguageServer(): Promise<void> {
  const { runLspServer } = await import("./lsp/server.ts");
  const exit = (code: number) => process.exit(code);
  runLspServer({
    input: stdin,
    output: stdout,
    hub: openHub,
    cwd: process.cwd(),
    env,
    log,
    trace,
    imageWorker,
    version: packageJson.version,
    exit,
  });
}

function onSignal(listener: (name: SignalName) => void): () => void {
  const names: readonly SignalName[] = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const name of names) process.on(name, listener);
  return () => {
    for (const name of names) process.removeListener(name, listener);
  };
}

async function runCommand(): Promise<void> {
  const { main } = await import("./cli/cli.ts");
  const context: CliContext = {
    version: packageJson.version,
    cwd: process.cwd(),
    env,
    stdin,
    stdout,
    stderr,
    imageWorker,
    openHub,
    startLanguageServer,
    onSignal,
    exitNow: (status) => process.exit(status),
  };
  const status = await main(argv, context);
  if (status !== undefined) process.exit(status);
}

/** The forms in which editors start the server. Every other one goes to the command line, which explains itself. */
const serverOptions = /^--(?:stdio|standalone|clientProcessId=\d+)$/;
const start = isServer && argv.slice(1).every((argument) => serverOptions.test(argument)) ? startLanguageServer : runCommand;
start().catch((error: unknown) => crashed("failed", error));
