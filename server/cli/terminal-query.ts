import { deferred, within } from "../base/deferred.ts";
import type { CellSize } from "../render/image-cells.ts";
import type { CliContext } from "./context.ts";
import { exitStatus } from "./exit-status.ts";

export interface TerminalAnswer {
  readonly hasSixel: boolean;
  /** A cell in pixels, where the terminal tells it. */
  readonly cell: CellSize | undefined;
}

/** Every terminal answers the last of the two questions, so this long waits only one that is far away, or none at all. */
const answerMs = 1_000;

/**
 * Asks the terminal for its abilities ("primary device attributes") and the size of its cells. The answer arrives as if it
 * were typed: it is read without echo, and what the user typed meanwhile is put back. `undefined` where nobody can answer.
 */
export async function queryTerminal({
  stdin,
  stdout,
  exitNow,
}: Pick<CliContext, "stdin" | "stdout" | "exitNow">): Promise<TerminalAnswer | undefined> {
  // In raw mode somebody else is reading: a question of the kernel's, whose answer must not be mixed with ours.
  if (stdin.isTTY !== true || stdin.setRawMode === undefined || stdin.isRaw === true) return undefined;
  const answered = deferred<void>();
  let read = "";
  const onData = (chunk: Buffer | string) => {
    read += typeof chunk === "string" ? chunk : chunk.toString("latin1");
    if (attributes.test(read)) answered.resolve();
  };
  stdin.setRawMode(true);
  stdin.on("data", onData);
  stdin.resume();
  stdout.write("\u001b[16t\u001b[c");
  await within(answered.promise, answerMs, undefined);
  stdin.off("data", onData);
  stdin.pause();
  stdin.setRawMode(false);
  const typed = read.replace(attributes, "").replace(cellReport, "");
  // In raw mode ^C is a character.
  if (typed.includes("\u0003")) exitNow(exitStatus.interrupted);
  if (typed !== "") stdin.unshift(Buffer.from(typed, "latin1"));
  return parsed(read);
}

// oxlint-disable-next-line no-control-regex
const attributes = /\u001b\[\?([\d;]*)c/;
// oxlint-disable-next-line no-control-regex
const cellReport = /\u001b\[6;(\d+);(\d+)t/;

function parsed(read: string): TerminalAnswer | undefined {
  const abilities = attributes.exec(read)?.[1];
  if (abilities === undefined) return undefined;
  const [, height, width] = (cellReport.exec(read) ?? []).map(Number);
  const hasCell = width !== undefined && height !== undefined && width > 0 && height > 0;
  return { hasSixel: abilities.split(";").includes("4"), cell: hasCell ? { width, height } : undefined };
}
