/** What the checks run, in the kernel's language. A missing entry: the language has no such thing. */
export interface Snippets {
  readonly nothing: string;
  /** Its value is 2, shown as a result. */
  readonly value: string;
  readonly print: (text: string) => string;
  readonly printError: (text: string) => string;
  /** out1, err1, out2 to stdout, stderr, stdout. */
  readonly interleaved: string;
  readonly printMegabyte: string;
  readonly printManyLines: (count: number) => string;
  readonly define: string;
  readonly printDefined: string;
  /** What `complete` finds after `completePrefix`, once `define` ran. */
  readonly completePrefix: string;
  readonly inspected: string;
  readonly incomplete: string;
  readonly fail: string;
  readonly failName: string;
  /** A result or display with HTML and plain text. */
  readonly richResult: string;
  readonly displayHtml: string;
  readonly displayAndUpdate: string;
  readonly clearOutput: string;
  readonly spin: string;
  /** Sleeps for a minute, after the word "asleep" where output comes while the code runs. */
  readonly sleep: string;
  readonly sleepBriefly: string;
  /** Asks "name? " and prints "hello NAME". */
  readonly input: string;
  readonly password?: string;
  /** Ends at once and prints "late" afterwards. */
  readonly late?: string;
  readonly topLevelAwait?: string;
  readonly childOutput: string;
  readonly cwd: string;
  readonly environment: string;
  /** Starts a process that would outlive the cell, and prints its pid. */
  readonly spawnChild: string;
  /** Ends the process with status 7, or by SIGKILL. */
  readonly exit: string;
}

const python: Snippets = {
  nothing: "pass",
  value: "1 + 1",
  print: (text) => `print(${JSON.stringify(text)})`,
  printError: (text) => `import sys\nprint(${JSON.stringify(text)}, file=sys.stderr)`,
  interleaved:
    "import sys\nfor stream, text in ((sys.stdout, 'out1'), (sys.stderr, 'err1'), (sys.stdout, 'out2')):\n    print(text, file=stream, flush=True)",
  printMegabyte: "print('x' * 1_000_000)",
  printManyLines: (count) => `for i in range(${count}):\n    print(i)`,
  define: "conformance_value = 41",
  printDefined: "print(conformance_value + 1)",
  completePrefix: "conformance_va",
  inspected: "len",
  incomplete: "def f():",
  fail: "def outer():\n    raise ValueError('boom')\nouter()",
  failName: "ValueError",
  richResult: "class Rich:\n    def _repr_html_(self): return '<b>rich</b>'\n    def __repr__(self): return 'rich'\nRich()",
  displayHtml: "display({'text/html': '<b>shown</b>', 'text/plain': 'shown'}, raw=True)",
  displayAndUpdate:
    "handle = display({'text/plain': 'before'}, raw=True, display_id='conformance')\nhandle.update({'text/plain': 'after'}, raw=True)",
  clearOutput: "from IPython.display import clear_output\nprint('gone')\nclear_output()\nprint('stays')",
  spin: "while True:\n    pass",
  sleep: "import time\nprint('asleep', flush=True)\ntime.sleep(60)",
  sleepBriefly: "import time\ntime.sleep(0.5)",
  input: "print('hello', input('name? '))",
  password: "import getpass\nprint('hello', getpass.getpass('secret? '))",
  late: "import threading\nthreading.Timer(0.2, lambda: print('late', flush=True)).start()",
  topLevelAwait: "import asyncio\nawait asyncio.sleep(0.01)\nprint('awaited')",
  childOutput: "import os\nos.system('echo from a child') and None",
  cwd: "import os\nprint(os.getcwd())",
  environment: "import os\nprint(os.environ['NBLS_CONFORMANCE'])",
  spawnChild: "import subprocess\nprint(subprocess.Popen(['sleep', '600']).pid)",
  exit: "import os\nos._exit(7)",
};

const r: Snippets = {
  nothing: "invisible(NULL)",
  value: "1 + 1",
  print: (text) => `cat(${JSON.stringify(text)}, "\\n", sep = "")`,
  printError: (text) => `message(${JSON.stringify(text)}, appendLF = FALSE)`,
  interleaved: 'cat("out1\\n"); message("err1", appendLF = FALSE); cat("out2\\n")',
  printMegabyte: 'cat(strrep("x", 1000000), "\\n", sep = "")',
  printManyLines: (count) => `for (i in 0:${count - 1}) cat(i, "\\n", sep = "")`,
  define: "conformance_value <- 41",
  printDefined: 'cat(conformance_value + 1, "\\n", sep = "")',
  completePrefix: "conformance_va",
  inspected: "mean",
  incomplete: "f <- function(",
  fail: 'outer_call <- function() stop("boom")\nouter_call()',
  failName: "ERROR",
  richResult: "data.frame(a = 1:2)",
  displayHtml: 'IRdisplay::display_html("<b>shown</b>")',
  displayAndUpdate: 'IRdisplay::publish_mimebundle(list(`text/plain` = "before"), list(display_id = "conformance"))',
  clearOutput: 'cat("gone\\n"); IRdisplay::clear_output(wait = FALSE); cat("stays\\n")',
  spin: "while (TRUE) {}",
  sleep: "Sys.sleep(60)",
  sleepBriefly: "Sys.sleep(0.5)",
  input: 'cat("hello ", readline("name? "), "\\n", sep = "")',
  childOutput: 'invisible(system("echo from a child"))',
  cwd: 'cat(getwd(), "\\n", sep = "")',
  environment: 'cat(Sys.getenv("NBLS_CONFORMANCE"), "\\n", sep = "")',
  spawnChild: 'cat(system("sleep 600 >/dev/null 2>&1 & echo $!", intern = TRUE), "\\n", sep = "")',
  // IRkernel's quit() only asks us to end it.
  exit: "tools::pskill(Sys.getpid(), 9)",
};

const typescript: Snippets = {
  nothing: "undefined",
  value: "1 + 1",
  print: (text) => `console.log(${JSON.stringify(text)})`,
  printError: (text) => `console.error(${JSON.stringify(text)})`,
  interleaved: "console.log('out1'); console.error('err1'); console.log('out2')",
  printMegabyte: "console.log('x'.repeat(1_000_000))",
  printManyLines: (count) => `for (let i = 0; i < ${count}; i++) console.log(i)`,
  define: "let conformance_value: number = 41",
  printDefined: "console.log(conformance_value + 1)",
  completePrefix: "conformance_va",
  inspected: "console",
  incomplete: "function f() {",
  fail: "function outer() { throw new TypeError('boom') }\nouter()",
  failName: "TypeError",
  richResult: "({ [Symbol.for('Jupyter.display')]() { return { 'text/plain': 'rich', 'text/html': '<b>rich</b>' } } })",
  displayHtml: "await Deno.jupyter.display({ 'text/html': '<b>shown</b>', 'text/plain': 'shown' }, { raw: true })",
  displayAndUpdate: `await Deno.jupyter.broadcast("display_data", { data: { "text/plain": "before" }, metadata: {}, transient: { display_id: "conformance" } });
await Deno.jupyter.broadcast("update_display_data", { data: { "text/plain": "after" }, metadata: {}, transient: { display_id: "conformance" } })`,
  clearOutput: `console.log("gone"); await Deno.jupyter.broadcast("clear_output", { wait: false }); console.log("stays")`,
  spin: "while (true) {}",
  sleep: "console.log('asleep'); await new Promise((resolve) => setTimeout(resolve, 60_000))",
  sleepBriefly: "await new Promise((resolve) => setTimeout(resolve, 500))",
  input: "console.log(`hello ${prompt('name? ')}`)",
  late: "setTimeout(() => console.log('late'), 200); undefined",
  topLevelAwait: "await Promise.resolve(); console.log('awaited')",
  childOutput: "await new Deno.Command('echo', { args: ['from a child'], stdout: 'inherit' }).output(); undefined",
  cwd: "console.log(Deno.cwd())",
  environment: "console.log(Deno.env.get('NBLS_CONFORMANCE'))",
  spawnChild: "console.log(new Deno.Command('sleep', { args: ['600'] }).spawn().pid)",
  exit: "Deno.exit(7)",
};

export const snippets: { readonly [language: string]: Snippets } = { python, r, typescript };
