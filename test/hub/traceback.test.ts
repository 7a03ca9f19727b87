import { expect, test } from "vitest";
import { definitionLine } from "../../server/hub/definitions.ts";
import { ipykernelFileNumber } from "../../server/hub/ipykernel-names.ts";
import { subjectOf, textualFrames, undefinedName } from "../../server/hub/textual-frames.ts";
import { numberedFrames, type Frame } from "../../server/hub/traceback.ts";
import type { ErrorOutput } from "../../server/jupyter/nbformat.ts";

function error(traceback: readonly string[], ename = "Error", evalue = ""): ErrorOutput {
  return { output_type: "error", ename, evalue, traceback };
}

/** `3:2:4-7 name`: the source, the 1-based line, the columns, the function. */
function told(frames: readonly Frame[]): readonly string[] {
  return frames.map(({ source, line, columns, name }) => {
    const where = "isOwn" in source ? "own" : Object.values(source).join("");
    return `${where}:${line + 1}${columns ? `:${columns.start}-${columns.end}` : ""}${name ? ` ${name}` : ""}`;
  });
}

test.each([
  [
    "IPython 9: a function of another cell",
    [
      "\u001b[36mCell\u001b[39m\u001b[36m \u001b[39m\u001b[32mIn[2]\u001b[39m\u001b[32m, line 2\u001b[39m\n\u001b[32m      1\u001b[39m a = \u001b[32m1\u001b[39m\n\u001b[32m----> \u001b[39m\u001b[32m2\u001b[39m f(\u001b[32m0\u001b[39m)\n",
      "\u001b[36mCell\u001b[39m\u001b[36m \u001b[39m\u001b[32mIn[1]\u001b[39m\u001b[32m, line 3\u001b[39m, in \u001b[36mf\u001b[39m\u001b[34m(x)\u001b[39m\n\u001b[32m      1\u001b[39m \u001b[38;5;28;01mdef\u001b[39;00m f(x):\n\u001b[32m      2\u001b[39m     y = \u001b[32m1\u001b[39m\n\u001b[32m----> \u001b[39m\u001b[32m3\u001b[39m     \u001b[38;5;28;01mreturn\u001b[39;00m \u001b[32m1\u001b[39m / x\n",
      "\u001b[31mZeroDivisionError\u001b[39m: division by zero",
    ],
    ["2:2", "1:3 f"],
  ],
  [
    "IPython 8.5: the failing expression has a background",
    [
      "Cell \u001b[0;32mIn [13], line 1\u001b[0m\n\u001b[0;32m----> 1\u001b[0m \u001b[38;5;124m'\u001b[39m\u001b[38;5;124mééé\u001b[39m\u001b[38;5;124m'\u001b[39m \u001b[38;5;241m+\u001b[39m \u001b[38;5;241;43m1\u001b[39;49m\u001b[43m \u001b[49m\u001b[38;5;241;43m/\u001b[39;49m\u001b[43m \u001b[49m\u001b[38;5;241;43m0\u001b[39;49m, undefined2\n",
    ],
    ["13:1:8-13"],
  ],
  [
    "a syntax error points by its caret",
    [
      "  \u001b[36mCell\u001b[39m\u001b[36m \u001b[39m\u001b[32mIn[3]\u001b[39m\u001b[32m, line 2\u001b[39m\n\u001b[31m    \u001b[39m\u001b[31my = (2 +\u001b[39m\n        ^\n\u001b[31mSyntaxError\u001b[39m\u001b[31m:\u001b[39m '(' was never closed\n",
    ],
    ["3:2:4-5"],
  ],
  [
    "carets count characters, not UTF-16 units",
    ['  Cell In[3], line 1\n    "😀" 1x\n        ^^\nSyntaxError: invalid syntax'],
    ["3:1:5-7"],
  ],
  [
    "IPython 8.0",
    ["Input \u001b[0;32mIn [7]\u001b[0m, in \u001b[0;36m<cell line: 5>\u001b[0;34m()\u001b[0m\n----> 5 g()"],
    ["7:5"],
  ],
  ["IPython 8.0: a function", ["Input In [7], in f(x)\n      1 def f(x):\n----> 2     return 1/x"], ["7:2 f"]],
  [
    "IPython 7",
    [
      "<ipython-input-3-9e1622b385b6> in <module>\n      1 x = 1\n----> 2 f()",
      "<ipython-input-2-1a> in f()\n----> 1 def f(): 1/0",
    ],
    ["3:2", "2:1 f"],
  ],
  ["IPython 7: a syntax error", ['  File "<ipython-input-4-2c>", line 1\n    x = = 2\n        ^\nSyntaxError'], ["4:1:4-5"]],
  [
    "ipykernel 6 with IPython 7: file names of cells",
    [
      "/tmp/ipykernel_4711/1834910366.py in <module>\n----> 2 f(0)",
      "/tmp/ipykernel_4711/99.py in f(x)\n----> 3     return 1 / x",
    ],
    ["1834910366:2", "99:3 f"],
  ],
  [
    "a file name of a cell as IPython 8 writes it",
    ["File /tmp/ipykernel_1/42.py:3, in f(x)\n----> 3     return 1 / x"],
    ["42:3 f"],
  ],
  ["a file name of a cell as Python writes it", ['  File "/tmp/ipykernel_1/42.py", line 3, in f\n    return 1 / x'], ["42:3 f"]],
  [
    "a library's frames are none of a cell",
    [
      "Cell In[5], line 3\n----> 3 json.loads('{')",
      "File /usr/lib/python3.11/json/__init__.py:346, in loads(s)\n--> 346     return 1",
    ],
    ["5:3"],
  ],
  [
    "an error while another one was handled: the last counts",
    [
      "Cell In[10], line 2\n----> 2 1/0",
      "\nDuring handling of the above exception, another exception occurred:\n",
      "Cell In[10], line 4\n----> 4 f(0)",
    ],
    ["10:4"],
  ],
  [
    "the rest of a cell under %%time",
    ["Cell In[8], line 1\n----> 1 get_ipython().run_cell_magic('time', '', '1/0\\n')", "File <timed exec>:2"],
    ["8:1", "own:3"],
  ],
  [
    "%%time in the embedded kernel",
    ["Cell In[8], line 1\n----> 1 %%time\n      2 1/0", "Cell %time, line 1\n----> 1 1/0"],
    ["8:1", "own:2"],
  ],
  [
    "Julia from 1.6 on",
    [
      "DomainError with -1.0:\nsqrt was called with a negative real argument\n\nStacktrace:\n [1] throw_complex_domainerror(f::Symbol, x::Float64)\n   @ Base.Math ./math.jl:33\n [2] sqrt\n   @ ./math.jl:567 [inlined]\n [3] f(x::Float64)\n   @ Main ./In[1]:2\n [4] top-level scope\n   @ In[2]:1",
    ],
    ["2:1", "1:2 f(x::Float64)"],
  ],
  ["Julia before 1.6", ["UndefVarError: x not defined", "", "Stacktrace:", " [1] top-level scope at In[3]:4"], ["3:4"]],
  [
    "Julia from 1.10 on: a syntax error, in a link",
    [
      "ParseError:\n\u001b[90m# Error @ \u001b[0;0m\u001b]8;;file:///srv/In[4]#1:7\u001b\\\u001b[90mIn[4]:1:7\u001b[39m\u001b]8;;\u001b\\\nx = = 2\n#   ╙ ── unexpected `=`",
      "\nStacktrace:\n [1] top-level scope\n   @ In[4]:1",
    ],
    ["4:1", "4:1:6-7"],
  ],
  [
    "Julia: what an error was caused by is not what was raised",
    [
      "Stacktrace:\n [1] top-level scope\n   @ In[5]:4\n\ncaused by: DivideError\nStacktrace:\n [1] top-level scope\n   @ In[5]:2",
    ],
    ["5:4"],
  ],
  ["no frame at all", ["An exception has occurred, use %tb to see the full traceback.\n", "SystemExit: 3"], []],
])("frames: %s", (_, traceback, expected) => {
  expect(told(numberedFrames(error(traceback)))).toEqual(expected);
});

test.each([
  [
    "a call at the top",
    "a <- 1\nf(0)",
    ["Error in f(0): bad", "1. f(0)", 'stop("bad")', '2. stop("bad")   # at line 3 of file <text>'],
    "Error in f(0): bad\n",
    ["own:2:0-4", "stop(:3"],
  ],
  ["a call in a loop", "g <- function() log('a')\nfor (i in 1:2) {\n  g()\n}", ["1. g()"], "Error", ["own:3:2-5"]],
  [
    "a function of the same cell",
    "f <- function() {\n  stop('bad')\n}\nf()",
    ["1. f()", '2. stop("bad")   # at line 2 of file <text>'],
    "Error",
    ["own:4:0-3", "own:2"],
  ],
  [
    "a syntax error",
    "x <- 1\ny = = 2",
    [],
    "Error in parse(text = x, srcfile = src): <text>:2:5: unexpected '='\n",
    ["own:2:4-5"],
  ],
  [
    "an open bracket",
    "x <- (1 +\n",
    [],
    "Error in parse(text = x, srcfile = src): <text>:3:0: unexpected end of input\n",
    ["own:1:8-9"],
  ],
  [
    "an object that is not there",
    "y <- 1\nz <- nope + y",
    [],
    "Error in eval(expr, envir, enclos): object 'nope' not found\n",
    ["own:2:5-9"],
  ],
])("frames of R: %s", (_, source, traceback, evalue, expected) => {
  expect(told(textualFrames(error(traceback, "ERROR", evalue), source, "r"))).toEqual(expected);
});

test.each([
  [
    "the cell's own frame",
    "const a = 1;\nf(0);",
    ["Error: bad", "    at f (<anonymous>:3:9)", "    at <anonymous>:2:1"],
    "Error",
    "bad",
    ["own:2:0-1"],
  ],
  [
    "the first line, which Deno puts something before",
    "null.x",
    ["TypeError", "    at <anonymous>:1:27"],
    "TypeError",
    "Cannot read properties of null (reading 'x')",
    ["own:1:5-6"],
  ],
  [
    "blank lines and comments, which Deno prints otherwise",
    "const a = 1;\n\n// comment\n/* x\ny */\nnope(0);",
    ["    at <anonymous>:5:6"],
    "ReferenceError",
    "nope is not defined",
    ["own:6:0-4"],
  ],
  [
    "the only place that makes such an error",
    "interface A { x: number }\nconst z: A = {x: 1};\n\nthrow new RangeError('typed')",
    ["    at <anonymous>:4:7"],
    "RangeError",
    "typed",
    ["own:4:6-20"],
  ],
  [
    "nothing that could fail stands there",
    "const z = [\n1];\nconst y = 2;\nf(z); f(y);",
    ["Error: bad", "    at <anonymous>:3:1"],
    "Error",
    "bad",
    [],
  ],
  ["a syntax error, of which Deno says nothing", "let x = (1 +\n2", [], "Error", "Execution failed", []],
])("frames of Deno: %s", (_, source, traceback, ename, evalue, expected) => {
  expect(told(textualFrames(error(traceback, ename, evalue), source, "typescript"))).toEqual(expected);
});

test.each([
  ["NameError", "name 'x_1' is not defined. Did you mean: 'x_2'?", "x_1"],
  ["ERROR", "Error in eval(expr, envir, enclos): object 'x' not found\n", "x"],
  ["ERROR", 'Error in h(1): could not find function "h"\n', "h"],
  ["ReferenceError", "x is not defined", "x"],
  ["UndefVarError", "UndefVarError: `x` not defined in `Main`", "x"],
  ["UndefVarError", "UndefVarError: x not defined", "x"],
  ["ValueError", "x is not defined", undefined],
  ["NameError", `name '${"x".repeat(1_000)}' is not defined`, undefined],
])("the name that is not defined: %s: %s", (ename, evalue, name) => expect(undefinedName({ ename, evalue })).toBe(name));

test("the member that is not there is what an error is about", () => {
  expect(subjectOf({ ename: "AttributeError", evalue: "module 'math' has no attribute 'sqt'" })).toBe("sqt");
});

test.each([
  ["python", "y = 1\nx = 2", 1],
  ["python", "x: int = 2", 0],
  ["python", "a, x = 1, 2", 0],
  ["python", "(x, a) = 1, 2", 0],
  ["python", "def x(): pass", 0],
  ["python", "@decorator\nasync def x(): pass", 1],
  ["python", "class x: pass", 0],
  ["python", "import numpy as x", 0],
  ["python", "from m import a, x", 0],
  ["python", "for x in y: pass", 0],
  ["python", "with open() as x:\n  pass", 0],
  ["python", "x == 1", undefined],
  ["python", "print(a, x=1)", undefined],
  ["python", "for a in x: pass", undefined],
  ["python", "def f():\n    x = 1", undefined],
  ["python", "xx = 1", undefined],
  ["python", "y = x", undefined],
  ["r", "x <- 1", 0],
  ["r", "1 -> x", 0],
  ["r", "y <- x", undefined],
  ["julia", "x = 1", 0],
  ["julia", "x(a) = a + 1", 0],
  ["julia", "function x(a)\nend", 0],
  ["typescript", "const { a, x } = b;", 0],
  ["javascript", "let x = 1", 0],
  ["javascript", "function x() {}", 0],
  ["javascript", "const y = x;", undefined],
  ["sql", "x = 1", undefined],
])("%s: `%s` defines x in line %s", (language, source, line) => expect(definitionLine(source, "x", language)).toBe(line));

test("a name with signs of regular expressions is looked for as it is", () => {
  expect(definitionLine("a.b <- 1", "a.b", "r")).toBe(0);
  expect(definitionLine("a+b <- 1", "a.b", "r")).toBeUndefined();
  expect(definitionLine("$& = 1", "$&", "python")).toBe(0);
});

// As ipykernel 7.4 computes them.
test.each([
  ["x = 1\ny = (2 +\nz = 3", "1834910366"],
  ["", "3990065800"],
  ["a", "2167009006"],
  ["ab", "2805137849"],
  ["abc", "3350977461"],
  ["é😀 = 1", "2486360051"],
  ["x".repeat(1_000), "2976633443"],
])("the file that ipykernel names after %j", (source, number) => expect(ipykernelFileNumber(source)).toBe(number));
