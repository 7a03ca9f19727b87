import type { CodeAction, Command } from "vscode-languageserver";
import type { Range } from "../base/text.ts";
import { commands, type CommandName } from "../protocol/commands.ts";
import type { MirrorCell, MirrorDocument } from "./mirror.ts";
import { isActive } from "./status.ts";

/** Actions on a cell, and on the whole notebook; the kind is `source.` and the command's name. */
const cellActions: readonly CommandName[] = ["nbls.runCell", "nbls.runCellAdvance", "nbls.runAbove", "nbls.runBelow"];
const editActions: readonly CommandName[] = [
  "nbls.insertCellAbove",
  "nbls.insertCellBelow",
  "nbls.splitCell",
  "nbls.mergeCellBelow",
  "nbls.moveCellUp",
  "nbls.moveCellDown",
  "nbls.changeCellKind",
  "nbls.deleteCell",
];
const notebookActions: readonly CommandName[] = [
  "nbls.runAll",
  "nbls.clearOutputs",
  "nbls.restart",
  "nbls.restartAndRunAll",
  "nbls.interrupt",
];

export const codeActionKinds: readonly string[] = [
  ...cellActions,
  "nbls.runLines",
  "nbls.replyInput",
  "nbls.cancel",
  ...notebookActions,
  ...editActions,
].map(kindOf);

function kindOf(command: string): string {
  return `source.${command}`;
}

/** Complete actions, never to be resolved: some editors freeze while they ask for the rest. */
export function codeActions(
  document: MirrorDocument,
  range: Range,
  only: readonly string[] | undefined,
  supportsLiterals: boolean,
  isAsked = false,
): (CodeAction | Command)[] {
  const cell = document.cellAt(range.start.line);
  if (cell === undefined || !document.isNotebook) return [];
  const wanted = (command: CommandName) =>
    only === undefined || only.some((kind) => kind === "" || kindOf(command) === kind || kindOf(command).startsWith(`${kind}.`));
  return [...(isAsked ? answers(document, range) : []), ...offered(document, cell, range)]
    .filter(({ command }) => wanted(command))
    .map(({ command, argument, title = commands[command] }) => {
      const call: Command = { title, command, arguments: argument };
      return supportsLiterals ? { title, kind: kindOf(command), command: call } : call;
    });
}

interface Offer {
  readonly command: CommandName;
  readonly argument: unknown[];
  readonly title?: string;
}

/** Editors that cannot ask for a line of text can select one. */
function answers(document: MirrorDocument, { start, end }: Range): readonly Offer[] {
  const line = document.text.line(start.line);
  const value = line.slice(start.character, end.line === start.line ? end.character : undefined);
  if (value === "") return [];
  return [{ command: "nbls.replyInput", argument: [document.uri, value], title: `Answer the kernel: ${value}` }];
}

function offered(document: MirrorDocument, cell: MirrorCell, range: Range): readonly Offer[] {
  const offers: Offer[] = [];
  const { uri } = document;
  if (cell.cell.kind === "code") {
    for (const command of cellActions) offers.push({ command, argument: [{ uri, cellId: cell.id }] });
    // Arguments of commands count lines from 1 and include the last one.
    const last = range.end.character === 0 && range.end.line > range.start.line ? range.end.line : range.end.line + 1;
    const isSelection = range.start.line !== range.end.line || range.start.character !== range.end.character;
    if (isSelection) offers.push({ command: "nbls.runLines", argument: [uri, [range.start.line + 1, last]] });
  }
  if (document.cells.some(isActive)) offers.push({ command: "nbls.cancel", argument: [{ uri }] });
  for (const command of notebookActions) offers.push({ command, argument: [{ uri }] });
  for (const command of editActions) {
    // A line means what it meant in this version of the text, a cell's id means the cell.
    const place = command === "nbls.splitCell" ? { line: range.end.line + 1, version: document.version } : {};
    offers.push({ command, argument: [{ uri, cellId: cell.id, ...place }] });
  }
  return offers;
}
