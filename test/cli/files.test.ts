import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { Shell } from "./run-cli.ts";

// Some of these start a process, on machines that are busy with other tests.
vi.setConfig({ testTimeout: 30_000 });

const png = Buffer.concat([Buffer.from("\u0089PNG\r\n\u001a\n", "latin1"), Buffer.alloc(24)]);

/** A notebook with outputs of an earlier day. */
function withOutputs(shell: Shell): string {
  const outputs = [
    { output_type: "stream", name: "stdout", text: ["\u001b[31mred\u001b[0m\n", "two\n"] },
    {
      output_type: "display_data",
      metadata: {},
      data: { "image/png": png.toString("base64"), "text/html": "<b>\u001b]0;x\u0007hi</b>", "text/plain": "<Figure>" },
    },
  ];
  const cells = [
    { cell_type: "markdown", id: "intro", metadata: {}, source: ["# Title"] },
    { cell_type: "code", id: "plot", metadata: { tags: ["figure"] }, execution_count: 7, outputs, source: ["draw()"] },
  ];
  const notebook = { cells, metadata: { mine: 1 }, nbformat: 4, nbformat_minor: 5 };
  return shell.file("a.ipynb", `${JSON.stringify(notebook, null, 2)}\n`);
}

describe("nbls cells", () => {
  test("lists them in columns", async () => {
    const shell = new Shell();
    const { status, stdout } = await shell.run("cells", withOutputs(shell));
    const rows = stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split(/ {2,}/));
    expect(rows).toEqual([
      ["1", "intro", "markdown", expect.stringMatching(/^\d+-\d+$/)],
      ["2", "plot", "python", "[7]", expect.stringMatching(/^\d+-\d+$/), "#figure"],
    ]);
    expect(status).toBe(0);
  });

  test("--json is the result of nbls/cells", async () => {
    const shell = new Shell();
    const { stdout } = await shell.run("cells", withOutputs(shell), "--json");
    expect(JSON.parse(stdout)).toMatchObject({ language: "python", cells: [{ id: "intro" }, { id: "plot", tags: ["figure"] }] });
  });
});

test.each([["cells"], ["run"]])(
  "nbls %s of a notebook in an old format says so, and does not end as if it were empty",
  async (verb) => {
    const path = join(import.meta.dirname, "../../fixtures/notebooks/version-3.ipynb");
    const { status, stdout, stderr } = await new Shell().run(verb, path);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/version-3\.ipynb.*has format 3 .*convert it/);
    expect(status).toBe(4);
  },
);

describe("nbls output", () => {
  test.each(["plot", "2", "figure"])("shows what the cell %s printed, sanitised", async (cell) => {
    const shell = new Shell();
    const { status, stdout } = await shell.run("output", withOutputs(shell), cell);
    expect(stdout).toBe("red\ntwo\n[image/png]\n");
    expect(status).toBe(0);
  });

  test("--mime gives the bytes of a picture and the source of HTML", async () => {
    const shell = new Shell();
    const path = withOutputs(shell);
    expect((await shell.run("output", path, "plot", "--mime", "text/html")).stdout).toBe("<b>\u001b]0;x\u0007hi</b>");
    const command = shell.start("output", path, "plot", "--mime", "image/png");
    command.stdout.setEncoding("latin1");
    expect((await command.ended).status).toBe(0);
    expect(Buffer.from(command.said.stdout, "latin1").equals(png)).toBe(true);
  });

  test("a terminal gets no bytes of a picture and no escape sequence of HTML", async () => {
    const shell = new Shell({ columns: 80 });
    const path = withOutputs(shell);
    expect(await shell.run("output", path, "plot", "--mime", "image/png")).toMatchObject({ status: 2, stdout: "" });
    expect((await shell.run("output", path, "plot", "--mime", "text/html")).stdout).toBe("<b>hi</b>\n");
  });

  test("a type that is not there is answered with those that are", async () => {
    const shell = new Shell();
    const { status, stderr } = await shell.run("output", withOutputs(shell), "plot", "--mime", "text/x");
    expect(stderr).toContain("there is image/png, text/html, text/plain");
    expect(status).toBe(2);
  });

  test("a long output is cut to its end unless --full", { tags: ["process"] }, async () => {
    const shell = new Shell();
    const path = shell.notebook("b.ipynb", ["flood 500"]);
    await shell.run("run", path, "--save");
    const { stdout, stderr } = await shell.run("output", path, "1");
    expect(stdout.split("\n").slice(0, 1)).toEqual(["400"]);
    expect(stderr).toContain("400 lines above");
    expect((await shell.run("output", path, "1", "--full")).stdout.split("\n").length).toBe(501);
  });
});

describe("nbls convert", () => {
  test("there and back keeps cells and metadata", async () => {
    const shell = new Shell();
    const path = shell.notebook("a.ipynb", ["x = 1\n\ny = 2", { source: "%matplotlib inline\nz", tags: ["slow"] }]);
    expect(await shell.run("convert", path, "a.py")).toMatchObject({ status: 0, stdout: "", stderr: "" });
    expect(shell.read("a.py")).toMatch(
      /^# ---\n[^]*name: fake[^]*# %%\nx = 1\n\ny = 2\n\n# %% tags=\["slow"\]\n# %matplotlib inline\nz\n$/,
    );
    expect(await shell.run("convert", "a.py", "b.ipynb")).toMatchObject({ status: 0 });
    const [before, after] = [JSON.parse(shell.read("a.ipynb")), JSON.parse(shell.read("b.ipynb"))];
    const strip = ({ cells }: { cells: { source: unknown; metadata: unknown }[] }) =>
      cells.map(({ source, metadata }) => ({ source, metadata }));
    expect(strip(after)).toEqual(strip(before));
    expect(after.metadata.kernelspec).toEqual(before.metadata.kernelspec);
  });

  test("- is stdout, and --to alone writes beside", async () => {
    const shell = new Shell();
    const path = shell.notebook("a.ipynb", ["x"]);
    expect((await shell.run("convert", path, "-", "--to", "percent")).stdout).toContain("# %%\nx\n");
    expect(readdirSync(shell.directory)).toEqual(["a.ipynb"]);
    await shell.run("convert", path, "--to", "percent");
    expect(readdirSync(shell.directory).toSorted()).toEqual(["a.ipynb", "a.py"]);
  });

  test("a file that exists is not replaced without --force", async () => {
    const shell = new Shell();
    const path = shell.notebook("a.ipynb", ["x"]);
    shell.file("a.py", "precious\n");
    const { status, stderr } = await shell.run("convert", path, "a.py");
    expect(stderr).toContain("exists already");
    expect(status).toBe(4);
    expect(shell.read("a.py")).toBe("precious\n");
    expect(await shell.run("convert", path, "a.py", "--force")).toMatchObject({ status: 0 });
    expect(shell.read("a.py")).toContain("# %%\nx\n");
  });

  test.each([
    [["a.ipynb"], 2, /TO or --to FORMAT/],
    [["a.ipynb", "-"], 2, /TO or --to FORMAT/],
    [["a.ipynb", "--to", "word"], 4, /there is no format word; there are ipynb and percent/],
    [["a.ipynb", "a.docx"], 4, /no notebook format/],
    [["a.ipynb", "a.ipynb", "--to", "percent"], 4, /has another ending/],
  ])("nbls convert %j is refused", async (argv, status, message) => {
    const shell = new Shell();
    shell.notebook("a.ipynb", ["x"]);
    const result = await shell.run("convert", ...argv);
    expect(result.stderr).toMatch(message);
    expect(result.status).toBe(status);
    expect(readdirSync(shell.directory)).toEqual(["a.ipynb"]);
  });
});

describe("nbls new", () => {
  test.each([
    ["a.ipynb", 0],
    ["a.py", 1],
    ["a.jl", 1],
  ])("%s is a notebook that the other verbs read", async (name, cellCount) => {
    const shell = new Shell();
    expect(await shell.run("new", name)).toMatchObject({ status: 0, stderr: "" });
    const { cells } = JSON.parse((await shell.run("cells", name, "--json")).stdout);
    expect(cells.length).toBe(cellCount);
    expect((await shell.run("new", name)).status).toBe(4);
  });

  test("--from takes the cells of a notebook, not what they printed", async () => {
    const shell = new Shell();
    withOutputs(shell);
    expect(await shell.run("new", "b.ipynb", "--from", "a.ipynb")).toMatchObject({ status: 0 });
    const [before, after] = [JSON.parse(shell.read("a.ipynb")), JSON.parse(shell.read("b.ipynb"))];
    expect(after.cells).toEqual([before.cells[0], { ...before.cells[1], execution_count: null, outputs: [] }]);
  });
});

describe("nbls copy", () => {
  test("keeps every byte, into a folder too", async () => {
    const shell = new Shell();
    withOutputs(shell);
    expect(await shell.run("copy", "a.ipynb", "b.ipynb")).toMatchObject({ status: 0 });
    expect(shell.read("b.ipynb")).toBe(shell.read("a.ipynb"));
    expect((await shell.run("copy", "b.ipynb", ".")).status).toBe(4);
  });

  test("--no-outputs leaves out what cells printed, and keeps the rest", async () => {
    const shell = new Shell();
    withOutputs(shell);
    await shell.run("copy", "a.ipynb", "b.ipynb", "--no-outputs");
    const [before, after] = [JSON.parse(shell.read("a.ipynb")), JSON.parse(shell.read("b.ipynb"))];
    expect(after).toEqual({ ...before, cells: [before.cells[0], { ...before.cells[1], execution_count: null, outputs: [] }] });
  });
});

describe("what could run", { tags: ["process"] }, () => {
  test("nbls kernels available marks what would run a notebook, and why", async () => {
    const shell = new Shell();
    const path = shell.notebook("a.ipynb", ["x"]);
    const { status, stdout } = await shell.run("kernels", "available", path);
    expect(stdout).toMatch(/^\S+a\.ipynb\n {2}\* fake +Fake.*the notebook names it/);
    expect(status).toBe(0);
    const { stdout: json } = await shell.run("kernels", "available", path, "--json");
    expect(JSON.parse(json)[path]).toMatchObject({ chosen: "fake" });
  });

  test("a notebook that nothing can run says what to install, with status 3", async () => {
    const shell = new Shell();
    const metadata = { kernelspec: { name: "x", language: "klingon", display_name: "K" }, language_info: { name: "klingon" } };
    const path = shell.file("k.ipynb", JSON.stringify({ cells: [], metadata, nbformat: 4, nbformat_minor: 5 }));
    const { status, stdout } = await shell.run("kernels", "available", path);
    expect(stdout).toMatch(/[Ii]nstall/);
    expect(status).toBe(3);
  });

  test("nbls kernels says that none runs outside of its process", async () => {
    const { status, stdout, stderr } = await new Shell().run("kernels");
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
    expect(stderr).toContain("no kernel runs outside");
  });

  test("nbls doctor has what a bug report needs", async () => {
    const shell = new Shell();
    const { status, stdout } = await shell.run("doctor", "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      versions: { node: process.version },
      zeromq: { ok: true },
      kernels: { python: expect.arrayContaining([expect.stringMatching(/fake/)]) },
      directories: { state: expect.stringContaining("state"), runtime: expect.stringContaining("run") },
    });
    expect((await shell.run("doctor")).stdout).toMatch(
      /^nbls 0\.0\.0, Node v[^]*zeromq: libzmq[^]*kernels for python[^]*directories/,
    );
    expect(status).toBe(0);
  });
});
