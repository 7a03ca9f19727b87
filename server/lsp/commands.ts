import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { within } from "../base/deferred.ts";
import type { Position } from "../base/text.ts";
import type { CellEditRequest, HubClient } from "../hub/hub.ts";
import { outputPages } from "../hub/output-pages.ts";
import { commands, isCommand, type CommandName } from "../protocol/commands.ts";
import { NblsError } from "../protocol/errors.ts";
import type { ExecuteTarget } from "../protocol/execution.ts";
import { InvalidParams, string } from "../protocol/validate.ts";
import { plainText } from "../render/span.ts";
import { editCellText } from "./cell-edits.ts";
import { sanitize } from "../render/ansi.ts";
import { pathOf } from "./client.ts";
import type { ClientPort } from "./client-port.ts";
import { commandTarget, linePair, type CommandTarget } from "./command-arguments.ts";
import { findDocument } from "./document-path.ts";
import { kernelList } from "./kernel-list.ts";
import type { HubLink } from "./hub-link.ts";
import { messageOf } from "./guard.ts";
import type { Mirror, MirrorCell, MirrorDocument } from "./mirror.ts";
import { showAsText } from "./paired-texts.ts";
import { clipboardBytesMax, type Terminal } from "./terminal.ts";

/** Reading a large file for the first time may take this long; a document that is no notebook never has cells. */
const cellsWaitMs = 1_000;

/** So long a client that cannot say where its cursor is may take to ask about that place. */
const cursorWaitMs = 50;

/** What commands act through. */
export interface CommandContext {
  readonly mirror: Mirror;
  readonly hub: HubLink;
  readonly client: ClientPort;
  readonly terminal: Terminal;
  /** Whether the client's users can bind keys to commands with arguments. */
  readonly commandArguments: boolean;
  readonly surroundings: { readonly cwd: string; readonly home: string | undefined };
  /** Draws the outputs of a cell again. */
  redraw(document: MirrorDocument, cell: MirrorCell): void;
}

/**
 * Starts a command and returns: editors block or give up while they wait for an answer, so what fails, be it the
 * arguments, is told by `window/showMessage`. Throws only for a command that does not exist.
 */
export function startCommand(context: CommandContext, command: string, args: readonly unknown[]): void {
  if (!isCommand(command)) throw new InvalidParams("command", `a command of this server, not ${command}`);
  runCommand(context, command, args).catch((error: unknown) => {
    context.client.showMessage("error", `${command}: ${messageOf(error)}`);
  });
}

async function runCommand(context: CommandContext, command: CommandName, args: readonly unknown[]): Promise<void> {
  if (command === "nbls.openAsText") {
    await showAsText(context.hub, context.client, notebookUri(context, args));
    return;
  }
  if (command === "nbls.showKernels") {
    const { kernels } = await (await context.hub.client()).kernels({});
    const text = sanitize(kernelList(kernels, context.mirror.newestFirst()));
    const uri = await context.terminal.file("kernels.txt", text);
    context.client.ask("window/showDocument", { uri, takeFocus: true });
    return;
  }
  // Helix 25.01 sends a request that a key makes before a command only behind it.
  const seen = args.length > 0 || context.commandArguments ? undefined : context.mirror.cursorSeen.then(() => true);
  const isCursorTold = seen !== undefined && (await within(seen, cursorWaitMs, false));
  await cellsKnown(context);
  const target = commandTarget(context.mirror.newestFirst(), args, context.surroundings);
  const { document } = target;
  const textDocument = { uri: document.uri };
  const hub = await context.hub.client();
  if (!isCursorTold) tellGuess(context, command, target);
  const edit = async (how: CellEditRequest) => {
    if (document.cells.length > 0) cellOf(target);
    moveCursor(context, document, await editCellText(hub, context.client, target, how));
  };
  const run = (what: ExecuteTarget) => hub.execute({ textDocument, target: what });
  switch (command) {
    case "nbls.runCell":
      await run({ cellIds: [cellOf(target).id] });
      return;
    case "nbls.runCellAdvance":
      // The cursor moves at once; a cell that is not code is only passed.
      go(context, document, document.cells[indexOf(document, cellOf(target)) + 1] ?? cellOf(target));
      if (cellOf(target).cell.kind === "code") await run({ cellIds: [cellOf(target).id] });
      return;
    case "nbls.runAbove":
      await run({ scope: "above", cellId: cellOf(target).id });
      return;
    case "nbls.runBelow":
      await run({ scope: "below", cellId: cellOf(target).id });
      return;
    case "nbls.runAll":
      await run({ scope: "all" });
      return;
    case "nbls.runStale":
      await run({ scope: "stale" });
      return;
    case "nbls.runLines":
      await run({ lines: linePair(target.extra) });
      return;
    case "nbls.cancel":
      await hub.cancel({ textDocument });
      return;
    case "nbls.interrupt":
      await hub.interruptKernel({ textDocument });
      return;
    case "nbls.startKernel":
      await hub.startKernel({ textDocument });
      return;
    case "nbls.shutdownKernel":
      await hub.shutdownKernel({ textDocument });
      return;
    case "nbls.restart":
      await hub.restartKernel({ textDocument });
      return;
    case "nbls.restartAndRunAll":
      await hub.restartKernel({ textDocument });
      await run({ scope: "all" });
      return;
    case "nbls.selectKernel":
      await selectKernel(context, hub, document, string(target.extra, "arguments[1]"));
      return;
    case "nbls.replyInput":
      await hub.replyInput({ textDocument, value: string(target.extra, "arguments[1]") });
      return;
    case "nbls.clearOutputs":
      await hub.clearOutputs({
        textDocument,
        ...(target.cell === undefined || target.isGuess === true ? {} : { cellIds: [target.cell.id] }),
      });
      return;
    case "nbls.toggleOutput":
      toggleOutput(context, document, cellOf(target));
      return;
    case "nbls.copyOutput":
      await copyOutput(context, hub, document, cellOf(target));
      return;
    case "nbls.openOutput":
      await openOutput(context, hub, document, cellOf(target));
      return;
    case "nbls.insertCellAbove":
      await edit({ type: "insertAbove" });
      return;
    case "nbls.insertCellBelow":
      await edit({ type: "insertBelow" });
      return;
    case "nbls.deleteCell":
      await edit({ type: "delete" });
      return;
    case "nbls.moveCellUp":
      await edit({ type: "moveUp" });
      return;
    case "nbls.moveCellDown":
      await edit({ type: "moveDown" });
      return;
    case "nbls.mergeCellBelow":
      await edit({ type: "mergeBelow" });
      return;
    case "nbls.splitCell":
      await edit({ type: "split", line: lineOf(target) });
      return;
    case "nbls.changeCellKind":
      await edit({ type: "changeKind", kind: target.kind });
      return;
    case "nbls.nextCell":
      go(context, document, document.cells[indexOf(document, cellOf(target)) + 1]);
      return;
    case "nbls.previousCell":
      go(context, document, document.cells[indexOf(document, cellOf(target)) - 1]);
      return;
  }
}

function cellOf(target: CommandTarget): MirrorCell {
  if (target.cell === undefined) throw new NblsError("no_cell", "which cell? Give a line after the path, counted from 1");
  return target.cell;
}

/** Commands for which it does not matter where the cursor is. */
const wholeNotebook: ReadonlySet<CommandName> = new Set<CommandName>([
  "nbls.runAll",
  "nbls.runStale",
  "nbls.cancel",
  "nbls.interrupt",
  "nbls.startKernel",
  "nbls.shutdownKernel",
  "nbls.restart",
  "nbls.restartAndRunAll",
  "nbls.clearOutputs",
]);

/** A menu that gives no arguments acts on a cell that the user did not name: it is said which. */
function tellGuess({ client }: CommandContext, command: CommandName, { document, cell, isGuess }: CommandTarget): void {
  if (isGuess !== true || cell === undefined || wholeNotebook.has(command)) return;
  const name = basename(pathOf(document.uri) ?? document.uri);
  client.showMessage("info", `${commands[command]}: the cell in line ${cell.startLine + 1} of ${name}`);
}

/** A notebook need not be open to be opened as text. */
function notebookUri({ mirror, surroundings }: CommandContext, args: readonly unknown[]): string {
  const [first] = args;
  const known = mirror.newestFirst();
  if (typeof first !== "string" || findDocument(known, first, surroundings) !== undefined)
    return commandTarget(known, args, surroundings).document.uri;
  return pathOf(first) === undefined ? pathToFileURL(resolve(surroundings.cwd, first)).href : first;
}

function lineOf({ line }: CommandTarget): number {
  if (line === undefined) throw new InvalidParams("arguments[1]", "the line that begins the second part, counted from 1");
  return line;
}

function indexOf(document: MirrorDocument, cell: MirrorCell): number {
  return document.indexAt(cell.startLine);
}

/** A command may follow `didOpen` at once: the hub must have told the cells before they can be named. */
async function cellsKnown(context: CommandContext): Promise<void> {
  const waiting = context.mirror.newestFirst().filter((document) => document.cells.length === 0);
  if (waiting.length === 0) return;
  const hub = await context.hub.client();
  // What the hub refuses has no cells to wait for.
  const asked = waiting.map(({ uri }) => hub.cells({ textDocument: { uri } }).catch(() => undefined));
  await within(Promise.all(asked), cellsWaitMs, undefined);
}

/** Moves the cursor to the first line of the cell's body. Nothing happens where there is no such cell. */
function go(context: CommandContext, document: MirrorDocument, cell: MirrorCell | undefined): void {
  if (cell === undefined) return;
  const { start } = document.bodyRange(cell);
  // An empty body lies behind its marker line, which may be the last line of the file.
  moveCursor(context, document, document.text.clamp(start));
}

function moveCursor(context: CommandContext, document: MirrorDocument, position: Position): void {
  context.mirror.sawCursor(document.uri, position.line);
  // Without `takeFocus` an editor may open a second window instead.
  context.client.ask("window/showDocument", {
    uri: document.uri,
    takeFocus: true,
    selection: { start: position, end: position },
  });
}

function toggleOutput(context: CommandContext, document: MirrorDocument, cell: MirrorCell): void {
  if (!document.hiddenOutputs.delete(cell.id)) document.hiddenOutputs.add(cell.id);
  context.redraw(document, cell);
}

/** By a kernelspec's name, or the path of an interpreter. */
async function selectKernel(context: CommandContext, hub: HubClient, document: MirrorDocument, name: string): Promise<void> {
  const textDocument = { uri: document.uri };
  const choice = /[/\\]/.test(name) ? { interpreter: name } : { kernelspec: name };
  const kernel = await hub.selectKernel({ textDocument, ...choice });
  context.client.showMessage("info", `${kernel.displayName} is the kernel of this notebook`);
}

async function copyOutput(context: CommandContext, hub: HubClient, document: MirrorDocument, cell: MirrorCell): Promise<void> {
  let text = "";
  for await (const part of outputText(hub, document, cell)) {
    text += part;
    if (Buffer.byteLength(text) > clipboardBytesMax)
      throw new NblsError("limit_exceeded", `the output is longer than ${clipboardBytesMax} bytes, which terminals do not take`);
  }
  if (!(await context.terminal.copy(text.replace(/\n$/, ""))))
    throw new NblsError("limit_exceeded", "this editor gives its servers no terminal to copy through; open the output instead");
  context.client.showMessage("info", "the output is in the clipboard");
}

/**
 * As a file: every editor can show that, search it and scroll in it, however long it is. What only a browser can show is
 * opened in one.
 */
async function openOutput(context: CommandContext, hub: HubClient, document: MirrorDocument, cell: MirrorCell): Promise<void> {
  const name = `${basename(pathOf(document.uri) ?? document.uri)}-${cell.id.replace(/[^\w-]/g, "_")}`;
  const place = placeOf(document, cell);
  const { needsBrowser, outputPage } = await import("../render/page.ts");
  for await (const { outputs } of outputPages(hub, place)) {
    if (!needsBrowser(outputs)) continue;
    const page = outputPage(name, (await hub.outputWindow(place)).outputs);
    context.client.ask("window/showDocument", { uri: await context.terminal.file(`${name}.html`, page), external: true });
    return;
  }
  const uri = await context.terminal.file(`${name}.txt`, outputText(hub, document, cell));
  context.client.ask("window/showDocument", { uri, takeFocus: true });
}

/** What the cell shows as plain lines, in pieces, each line with its end. Throws where there is nothing. */
async function* outputText(hub: HubClient, document: MirrorDocument, cell: MirrorCell): AsyncGenerator<string> {
  const { renderOutputs } = await import("../render/output.ts");
  let isEmpty = true;
  for await (const { outputs } of outputPages(hub, placeOf(document, cell))) {
    const { lines } = renderOutputs(outputs, { columnsMax: Infinity, linesMax: Infinity, color: false });
    if (lines.length === 0) continue;
    isEmpty = false;
    yield `${plainText(lines)}\n`;
  }
  if (isEmpty) throw new NblsError("no_cell", "the cell has no output");
}

function placeOf({ uri }: MirrorDocument, { id }: MirrorCell) {
  return { textDocument: { uri }, cellId: id };
}
