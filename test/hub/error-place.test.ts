import fc from "fast-check";
import { expect, test } from "vitest";
import type { Execution, ExecutionState } from "../../server/engine/execution.ts";
import { percent } from "../../server/formats/percent.ts";
import { errorPlace } from "../../server/hub/error-place.ts";
import { Replica } from "../../server/hub/replica.ts";
import { textualFrames } from "../../server/hub/textual-frames.ts";
import { numberedFrames } from "../../server/hub/traceback.ts";
import type { ErrorOutput } from "../../server/jupyter/nbformat.ts";
import { OutputFold } from "../../server/outputs/fold.ts";

interface Ran {
  /** Index of its cell. */
  readonly cell: number;
  readonly source: string;
  readonly count?: number;
  readonly kernelPid?: number;
  readonly state?: ExecutionState;
  readonly startedAt?: number | undefined;
  readonly traceback?: readonly string[];
  readonly ename?: string;
  readonly evalue?: string;
}

/** The last of `runs` raised; what the document says of it, as `line:start-end`. */
function placed(text: string, ...runs: readonly Ran[]) {
  const replica = new Replica("file:///a.py", 1, text, percent, { path: "a.py" }, 10);
  const executions = runs.map((run, index): Execution => {
    const {
      cell,
      source,
      count = index + 1,
      kernelPid = 7,
      state = "succeeded",
      startedAt = index,
      ename = "E",
      evalue = "",
    } = run;
    const fold = new OutputFold(1_000_000);
    if (run.traceback !== undefined) fold.apply("error", { ename, evalue, traceback: [...run.traceback] });
    return {
      id: `e${index}`,
      notebookKey: "a.py",
      cellId: replica.ids[cell] ?? "gone",
      source,
      mayFail: false,
      origin: "user",
      allowStdin: false,
      timeoutMs: 0,
      fold,
      state,
      executionCount: count,
      kernelPid,
      ...("startedAt" in run && run.startedAt === undefined ? {} : { startedAt: startedAt ?? index }),
    };
  });
  const place = errorPlace(executions, replica, executions.at(-1)!);
  const said = ({ start, end }: NonNullable<NonNullable<typeof place>["range"]>) =>
    `${start.line}:${start.character}-${end.character}`;
  return (
    place && {
      range: place.range && said(place.range),
      ...(place.hint === undefined ? {} : { hint: place.hint }),
      related: place.related.map(({ range, message }) => `${said(range)} ${message}`),
    }
  );
}

const raised = {
  traceback: ["Cell In[2], line 1\n----> 1 f()", "Cell In[1], line 2, in f()\n----> 2     1/0"],
  state: "failed",
} as const;
const twoCells = "# %%\ndef f():\n    1/0\n# %%\nf()\n";
const defined = { cell: 0, source: "def f():\n    1/0" };
const called = { cell: 1, source: "f()", ...raised };

test("a frame in another cell is related", () => {
  expect(placed(twoCells, defined, called)).toEqual({ range: "4:0-3", related: ["2:4-7 in f, cell 1"] });
});

test("a line that was edited since has no place", () => {
  expect(placed("# %%\ndef f():\n    2/0\n# %%\n\nf()\n", defined, called)).toEqual({ range: "5:0-3", related: [] });
  expect(placed("# %%\ndef f():\n    1/0\n# %%\ng()\n", defined, called)).toEqual({
    range: undefined,
    related: ["2:4-7 in f, cell 1"],
  });
});

test("a line that was indented since, or run alone without its indent, is found with its columns", () => {
  const syntax = { cell: 0, source: "a = 1\nx = = 2", traceback: ["  Cell In[1], line 2\n    x = = 2\n        ^"] };
  expect(placed("# %%\nif True:\n    a = 1\n    x = = 2\n", syntax)?.range).toBe("3:8-9");
  const alone = { cell: 0, source: "1/0", traceback: ["Cell In[1], line 1\n----> 1 1/0"] };
  expect(placed("# %%\nfor i in x:\n    pass\n    1/0\n", alone)?.range).toBe("3:4-7");
});

test("a cell that was removed has no place", () => {
  expect(placed("# %%\nf()\n", { ...defined, cell: 9 }, { ...called, cell: 0 })).toEqual({ range: "1:0-3", related: [] });
});

test("execution counts of another process are not those of this one", () => {
  expect(placed(twoCells, { ...defined, kernelPid: 6 }, called)?.related).toEqual([]);
});

test("a frame whose text is another than its line's is of another source", () => {
  expect(placed(twoCells, { ...defined, source: "def f():\n    2/0" }, called)?.related).toEqual([]);
});

test("cells that the kernel names by files are found by their sources", () => {
  const traceback = [
    "/tmp/ipykernel_9/3782956317.py in <module>\n----> 1 f()",
    "/tmp/ipykernel_9/3063179583.py in f()\n----> 2     1/0",
  ];
  expect(placed(twoCells, defined, { ...called, traceback })).toEqual({ range: "4:0-3", related: ["2:4-7 in f, cell 1"] });
});

test("a recursion is told once, and of a long way the inner end", () => {
  const frame = "Cell In[1], line 2, in f()\n----> 2     1/0";
  expect(placed(twoCells, defined, { ...called, traceback: Array(5_000).fill(frame) as string[] })?.related).toHaveLength(1);
});

test("an error without a traceback is at the only line there is", () => {
  expect(placed("# %%\n\n  raise it\n", { cell: 0, source: "\n  raise it", traceback: [] })?.range).toBe("2:2-10");
  expect(placed("# %%\na\nb\n", { cell: 0, source: "a\nb", traceback: [] })?.range).toBeUndefined();
});

test("what printed no error has no place", () => {
  expect(placed(twoCells, defined)).toBeUndefined();
});

const missing = {
  cell: 1,
  source: "x",
  ename: "NameError",
  evalue: "name 'x' is not defined",
  traceback: [],
  state: "failed",
} as const;
const later = "# %%\ny = 1\n# %%\nx\n# %% \nx = 2\n";

test.each([
  ["has not run", [], "which has not run"],
  ["was cancelled", [{ cell: 2, source: "x = 2", state: "cancelled", startedAt: undefined }], "which has not run"],
  ["is queued", [{ cell: 2, source: "x = 2", state: "queued", startedAt: undefined }], "which has not run yet"],
  ["ran on the kernel before", [{ cell: 2, source: "x = 2", kernelPid: 6 }], "which has not run since the kernel started"],
  ["failed", [{ cell: 2, source: "x = 2", state: "failed" }], "which failed"],
  ["was interrupted", [{ cell: 2, source: "x = 2", state: "interrupted" }], "which did not run to its end"],
  ["was edited", [{ cell: 2, source: "z = 2" }], "which was edited since it ran"],
] as const)("a missed name: the cell that defines it %s", (_, runs, why) => {
  const hint = `\`x\` is defined in cell 3, ${why}`;
  expect(placed(later, ...runs, missing)).toEqual({ range: "3:0-1", hint, related: [`5:0-5 ${hint}`] });
});

test("a cell that ran as it stands there is not why a name is missed", () => {
  expect(placed(later, { cell: 2, source: "x = 2" }, missing)).toEqual({ range: "3:0-1", related: [] });
});

test("tracebacks of any text have frames of some place, or none", () => {
  const words = [
    "Cell In[",
    "In [",
    "1",
    "]",
    ", line ",
    "2",
    ", in ",
    "f",
    "()",
    "----> ",
    "\n",
    " ",
    "^",
    "\u001b[43m",
    "\u001b[0m",
    "/tmp/ipykernel_1/",
    ".py",
    "File ",
    '"',
    ":",
    "Stacktrace:",
    "  @ ",
    "[1] ",
    "<text>:",
    "# at line 1 of file <text>",
    "1. ",
    "at <anonymous>:",
    "😀",
    "Input ",
    "<cell line: ",
    "<ipython-input-1-a>",
    "caused by:",
    "999999999999999999999",
  ];
  const text = fc.array(fc.constantFrom(...words), { maxLength: 60 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(
      fc.array(text, { maxLength: 4 }),
      text,
      text,
      fc.constantFrom("python", "r", "typescript"),
      (traceback, evalue, source, language) => {
        const error: ErrorOutput = { output_type: "error", ename: "ReferenceError", evalue, traceback };
        for (const { line, columns } of [...numberedFrames(error), ...textualFrames(error, source, language)]) {
          expect(Number.isInteger(line)).toBe(true);
          if (columns !== undefined) expect(columns.end).toBeGreaterThanOrEqual(columns.start);
        }
        const place = placed(`# %%\n${source.replaceAll("%", "")}\n`, { cell: 0, source, traceback, evalue });
        expect(place?.related.length ?? 0).toBeLessThanOrEqual(10);
      },
    ),
  );
});
