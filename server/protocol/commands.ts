/**
 * The commands of `workspace/executeCommand`, with the titles that menus show. Arguments: `[path]`, `[path, line]`
 * (1-based) or one object `{uri, cellId?}`; what follows the path or line in some of them is said beside it.
 */
export const commands = {
  "nbls.runCell": "Run cell",
  "nbls.runCellAdvance": "Run cell and go to the next",
  "nbls.runAbove": "Run cells above",
  "nbls.runBelow": "Run this cell and those below",
  "nbls.runAll": "Run all cells",
  "nbls.runStale": "Run stale cells",
  /** `[path, [first, last]]`: lines, 1-based and inclusive. */
  "nbls.runLines": "Run lines",
  "nbls.cancel": "Cancel running and queued cells",
  "nbls.interrupt": "Interrupt the kernel",
  "nbls.startKernel": "Start the kernel",
  "nbls.shutdownKernel": "Shut down the kernel",
  "nbls.restart": "Restart the kernel",
  "nbls.restartAndRunAll": "Restart the kernel and run all cells",
  /** `[path, name]`: a kernelspec's name or the path of an interpreter. */
  "nbls.selectKernel": "Select the kernel",
  /** `[path, value]`. */
  "nbls.replyInput": "Answer the kernel's question",
  "nbls.clearOutputs": "Clear outputs",
  "nbls.toggleOutput": "Hide or show the cell's output",
  "nbls.copyOutput": "Copy the cell's output",
  "nbls.openOutput": "Open the cell's whole output",
  /** No arguments. */
  "nbls.showKernels": "Show kernels and what waits",
  /** The path of an `.ipynb`, which need not be open. */
  "nbls.openAsText": "Open the notebook as text",
  "nbls.insertCellAbove": "Insert a cell above",
  "nbls.insertCellBelow": "Insert a cell below",
  "nbls.deleteCell": "Delete the cell",
  "nbls.moveCellUp": "Move the cell up",
  "nbls.moveCellDown": "Move the cell down",
  /** The line, or `line` of the object (1-based), begins the second part. */
  "nbls.splitCell": "Split the cell here",
  "nbls.mergeCellBelow": "Merge with the cell below",
  /** `[path, line, kind]` or `kind` of the object: code, markdown or raw; absent: code becomes Markdown, others code. */
  "nbls.changeCellKind": "Change the cell's kind",
  "nbls.nextCell": "Go to the next cell",
  "nbls.previousCell": "Go to the previous cell",
} as const;

export type CommandName = keyof typeof commands;

export const commandNames: readonly CommandName[] = Object.keys(commands).filter(isCommand);

export function isCommand(name: string): name is CommandName {
  return Object.hasOwn(commands, name);
}
