// @module-tag process
import { describe, expect, test } from "vitest";
import { launchWith, python } from "../kernel/embedded-session.ts";
import { realKernel, whyMissing } from "../real-kernels.ts";
import { openProject, type ProjectOptions } from "./open-project.ts";

const capabilities = { textDocument: { publishDiagnostics: { relatedInformation: true } } };

interface Told {
  readonly range: { readonly start: { line: number; character: number }; readonly end: { line: number; character: number } };
}
interface ToldError extends Told {
  readonly severity: number;
  readonly message: string;
  readonly relatedInformation?: readonly { readonly message: string; readonly location: Told }[];
}

async function openErrors(name: string, text: string, options: ProjectOptions = {}) {
  const project = await openProject({ capabilities, ...options });
  const notebook = await project.open(name, text);
  return { ...project, notebook };
}

/** `2:4-9 message`, and behind it the related places. */
function said(error: ToldError): readonly string[] {
  const place = ({ range: { start, end } }: Told) =>
    `${start.line}:${start.character}-${end.line === start.line ? "" : `${end.line}:`}${end.character}`;
  return [
    `${place(error)} ${error.message}`,
    ...(error.relatedInformation ?? []).map(({ message, location }) => `${place(location)} ${message}`),
  ];
}

type Client = Awaited<ReturnType<typeof openProject>>["client"];

/** The errors of the first diagnostics that `matches` takes while nothing runs, past or to come. */
async function errors(
  client: Client,
  matches: (found: readonly ToldError[]) => boolean,
): Promise<readonly (readonly string[])[]> {
  const method = "textDocument/publishDiagnostics";
  const errorsOf = ({ diagnostics }: { diagnostics: readonly ToldError[] }) =>
    diagnostics.filter(({ severity }) => severity === 1);
  const isWanted = (params: { diagnostics: readonly ToldError[] }) =>
    !params.diagnostics.some(({ message }) => /running|queued/.test(message)) && matches(errorsOf(params));
  const last = client.all(method).at(-1);
  const params = last !== undefined && isWanted(last) ? last : await client.expect(method, isWanted, 30_000);
  return errorsOf(params).map(said);
}

const isPlaced = (count: number) => (found: readonly ToldError[]) => found.length === count;

const pythonCells = `# %% define
def f(x):
    y = 1
    return 1 / x
# %% call
a = 1

f(0)
# %% syntax
b = 2
    c = = 3
# %% name
print(later + 1)
# %% later
later = 1
`;

/** What kernels do with lines before they count them: blank ones taken away, magics put aside, exceptions put in a row. */
const countedOtherwise = `# %% tags=["raises-exception"]


# a comment
1/0
# %% tags=["raises-exception"]
%%time
x = 1
y = 1/0
# %% tags=["raises-exception"]
def h():
    try:
        1/0
    except ZeroDivisionError as e:
        raise RuntimeError("wrapped") from e
h()
# %%
def g(n):
    if n == 0:
        raise ValueError("deep")
    g(n - 1)
g(50)
`;

const kernels = [
  ["ipykernel7", realKernel("ipykernel7")],
  ["ipykernel6", realKernel("ipykernel6")],
  ["embedded", python === undefined ? undefined : launchWith()],
] as const;

describe.each(kernels)("%s", { tags: ["kernel"] }, (name, launch) => {
  const options = name === "embedded" ? { settings: { "kernel.default": null, "kernel.embedded": "always" } } : { launch };
  const title = (text: string) => (launch === undefined ? `${text} (skipped: ${name} is missing)` : text);

  test.skipIf(launch === undefined)(title("an error stands at what failed, with the way there"), async () => {
    const { client, notebook } = await openErrors("a.py", pythonCells, options as ProjectOptions);
    const run = async (line: number) => await notebook.command("nbls.runCell", line);
    await run(2);
    await run(6);
    const [failed] = await errors(client, (found) => found.some(({ relatedInformation }) => relatedInformation !== undefined));
    const columns = name === "ipykernel6" ? "11-16" : "4-16";
    expect(failed).toEqual(["7:0-4 ZeroDivisionError: division by zero", `3:${columns} in f, cell 1`]);
    await run(10);
    const [, indented] = await errors(client, isPlaced(2));
    expect(indented).toEqual([`10:4-${name === "embedded" ? 11 : 5} IndentationError: unexpected indent`]);
    await run(13);
    const [, , missing] = await errors(client, isPlaced(3));
    expect(missing).toEqual([
      "12:6-11 NameError: name 'later' is not defined\n`later` is defined in cell 5, which has not run",
      "14:0-9 `later` is defined in cell 5, which has not run",
    ]);
    // The lines are found again after edits, and those that are gone are left out.
    notebook.edit([0, 0], [0, 0], "# %% new\n\n");
    notebook.edit([5, 0], [6, 0], "");
    const [moved] = await errors(client, (found) => found[0]?.relatedInformation === undefined);
    expect(moved).toEqual(["8:0-4 ZeroDivisionError: division by zero"]);
  });

  test.skipIf(launch === undefined)(title("a line is found although the kernel counted otherwise"), async () => {
    const { client, notebook } = await openErrors("a.py", countedOtherwise, options as ProjectOptions);
    await notebook.command("nbls.runAll");
    const found = await errors(client, isPlaced(4));
    const lines = found.map(([first = "", ...related]) => [first, ...related].map((each) => each.replace(/:\d+-\d+/, "")));
    expect(lines[0]).toEqual(["4 ZeroDivisionError: division by zero"]);
    expect(lines[1]?.[0]).toBe("8 ZeroDivisionError: division by zero");
    expect(lines[2]).toEqual(["14 RuntimeError: wrapped", "15 cell 3"]);
    expect(lines[3]).toEqual(["19 ValueError: deep", "20 in g, cell 4", "21 cell 4"]);
  });
});

const rCells = `# %%
f <- function(x) {
  if (x == 0) stop("bad")
}
# %%
a <- 1
f(0)
# %%
b <- missing_one + 1
# %%
missing_one <- 2
# %%
c = = 3
`;

const irkernel = realKernel("irkernel");
const rTitle = irkernel === undefined ? ` (skipped: ${whyMissing("irkernel")})` : "";

test.skipIf(irkernel === undefined)(`R: errors stand at what failed${rTitle}`, { tags: ["kernel"] }, async () => {
  const { client, notebook } = await openErrors("a.r", rCells, { launch: irkernel! });
  for (const line of [2, 6]) await notebook.command("nbls.runCell", line);
  const [failed] = await errors(client, isPlaced(1));
  expect(failed).toEqual(["6:0-4 ERROR: Error in f(0): bad", "2:2-25 cell 1"]);
  await notebook.command("nbls.runCell", 9);
  const [, missing] = await errors(client, isPlaced(2));
  expect(missing?.[0]).toContain("8:5-16 ERROR: Error");
  expect(missing?.[0]).toContain("\n`missing_one` is defined in cell 4, which has not run");
  expect(missing?.[1]).toBe("10:0-16 `missing_one` is defined in cell 4, which has not run");
  await notebook.command("nbls.runCell", 13);
  const [, , syntax] = await errors(client, isPlaced(3));
  expect(syntax?.[0]).toContain("12:4-5 ERROR: Error in parse");
});

const denoCells = `// %%
function f(x: number) {
  throw new RangeError("bad");
}
// %%
const a = 1;

f(0);
// %%
console.log(missing + 1);
// %%
const missing = 2;
// %%
let x = (1 +
`;

const deno = realKernel("deno");
const denoTitle = deno === undefined ? ` (skipped: ${whyMissing("deno")})` : "";

test.skipIf(deno === undefined)(`Deno: errors stand at what failed${denoTitle}`, { tags: ["kernel"] }, async () => {
  const { client, notebook } = await openErrors("a.ts", denoCells, { launch: deno! });
  for (const line of [2, 6]) await notebook.command("nbls.runCell", line);
  expect(await errors(client, isPlaced(1))).toEqual([["7:0-1 RangeError: bad"]]);
  await notebook.command("nbls.runCell", 10);
  const [, missing] = await errors(client, isPlaced(2));
  expect(missing).toEqual([
    "9:12-19 ReferenceError: missing is not defined\n`missing` is defined in cell 4, which has not run",
    "11:0-18 `missing` is defined in cell 4, which has not run",
  ]);
  await notebook.command("nbls.runCell", 14);
  expect((await errors(client, isPlaced(3)))[2]).toEqual(["13:0-12 Error: Execution failed"]);
});
