// @module-tag process
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { PNG } from "pngjs";
import { expect, test } from "vitest";
import { capturedData } from "../render/captured.ts";
import { openProject } from "./open-project.ts";

const png = capturedData("matplotlib", "image/png").replace(/\s/g, "");
const plot = `# %%\nstream stdout "before\\n"\ndisplay ${JSON.stringify({ "image/png": png, "text/plain": "<Figure>" })}\n`;
const client = (nbls: { readonly [name: string]: unknown }) => ({ experimental: { nbls: { outputs: true, ...nbls } } });

test("a client that draws pictures gets a file and room for it, and no bytes", async () => {
  const project = await openProject({ capabilities: client({ graphics: "kitty" }) });
  const notebook = await project.open("a.py", plot);
  await notebook.execute();
  const params = await project.client.expect("nbls/didChangeOutputs", ({ images }) => images.length > 0);
  expect(params.images).toEqual([
    {
      id: expect.stringMatching(/^\d+$/),
      path: expect.stringMatching(/\.png$/),
      mediaType: "image/png",
      line: 1,
      columns: 47,
      rows: 18,
    },
  ]);
  expect(params.lines).toEqual([[{ text: "before" }], ...Array.from({ length: 18 }, () => [])]);
  expect(PNG.sync.read(readFileSync(params.images[0].path)).width).toBe(374);
  expect(JSON.stringify(params).length).toBeLessThan(2_048);
});

test("placeholders come to the client that asks for them, in the colour of the picture's id", async () => {
  const project = await openProject({ capabilities: client({ graphics: "kitty", placeholders: true, width: 20 }) });
  const notebook = await project.open("a.py", plot);
  await notebook.execute();
  const { images, lines } = await project.client.expect("nbls/didChangeOutputs", (params) => params.images.length > 0);
  const [{ id, line, columns, rows }] = images;
  expect([columns, rows]).toEqual([20, 8]);
  for (const [row, [span]] of lines.slice(line, line + rows).entries()) {
    expect(Number.parseInt(span.fg.slice(1), 16)).toBe(Number(id) % 2 ** 24);
    expect(span.text.match(/\u{10eeee}/gu)).toHaveLength(columns);
    if (row > 0) expect(span.text).not.toBe(lines[line][0].text);
  }
});

test.each([
  ["from its file", { TERM: "xterm-kitty" }, /^\u001b_Ga=T,U=1,f=100,t=f,q=2,i=\d+,c=47,r=18;/],
  ["over ssh", { TERM: "xterm-kitty", SSH_TTY: "/dev/pts/9" }, /^\u001b_Ga=T,U=1,f=100,t=d,q=2,i=\d+,c=47,r=18,m=1;/],
  ["through tmux", { TERM: "xterm-kitty", TMUX: "/tmp/tmux" }, /^\u001bPtmux;\u001b\u001b_G/],
])("a client with placeholders is told once what gives the picture to its terminal: %s", async (_name, env, sequence) => {
  const project = await openProject({ capabilities: client({ placeholders: true }), env });
  const notebook = await project.open("a.py", plot);
  const transmissions = async () => {
    const [executionId] = await notebook.execute();
    await notebook.untilOver(executionId);
    const images = project.client.all("nbls/didChangeOutputs").flatMap((params) => params.images);
    return images.flatMap(({ transmission }) => (transmission === undefined ? [] : [readFileSync(transmission, "utf8")]));
  };
  const [transmission = ""] = await transmissions();
  for (const line of transmission.trimEnd().split("\n")) expect(line).toMatch(/^\u001b[_P].*\u001b\\$/);
  expect(transmission).toMatch(sequence);
  // Bytes travel in files.
  for (const params of project.client.all("nbls/didChangeOutputs"))
    expect(JSON.stringify(params.images).length).toBeLessThan(2_048);
  expect(await transmissions()).toHaveLength(1);
  project.client.notify("nbls/didChangeView", { width: 100 });
  expect(await transmissions()).toHaveLength(2);
});

test("placeholders come to no terminal that is not known to paint them, unless the user says that it does", async () => {
  for (const [graphics, isDrawn] of [
    ["auto", false],
    ["kitty", true],
  ] as const) {
    const settings = { "images.graphics": graphics };
    const project = await openProject({ capabilities: client({ placeholders: true }), settings, env: { TERM: "xterm" } });
    const notebook = await project.open("a.py", plot);
    await notebook.execute();
    const { lines } = await project.client.expect("nbls/didChangeOutputs", (params) => params.lines.length > 1);
    expect(JSON.stringify(lines).includes("\u{10eeee}")).toBe(isDrawn);
  }
});

test("the same picture keeps its id and file, another one has others", async () => {
  const project = await openProject({ capabilities: client({ graphics: "kitty" }) });
  const notebook = await project.open("a.py", plot);
  const seen: { id: string; path: string }[] = [];
  for (const name of ["matplotlib", "matplotlib", "jpeg"]) {
    if (name === "jpeg") notebook.edit([2, 0], [3, 0], `display ${JSON.stringify({ "image/png": onePixel() })}\n`);
    const [executionId] = await notebook.execute();
    await notebook.untilOver(executionId);
    seen.push(project.client.all("nbls/didChangeOutputs").findLast(({ images }) => images.length > 0)?.images[0]);
  }
  const [first, second, third] = seen;
  expect(second).toEqual(first);
  expect(third?.id).not.toBe(first?.id);
  expect(third?.path).not.toBe(first?.path);
});

test.each([
  ["a client without graphics", client({}), {}],
  ["a plain client whose terminal is not known to draw", {}, { "images.color": "#8fbcbb" }],
  ["a client that draws, with pictures turned off", client({ graphics: "kitty" }), { "images.graphics": "none" }],
])("%s is told a picture's type and size", async (_name, capabilities, settings) => {
  const project = await openProject({ capabilities, settings });
  const notebook = await project.open("a.py", plot);
  await notebook.execute();
  const isPlain = !("experimental" in capabilities);
  const method = isPlain ? "textDocument/publishDiagnostics" : "nbls/didChangeOutputs";
  const params = await project.client.expect(method, (shown) => JSON.stringify(shown).includes("[image/png 374×295]"));
  expect(JSON.stringify(params)).not.toContain("\u{10eeee}");
});

test("a placeholder that a kernel prints paints nothing", async () => {
  const project = await openProject({ capabilities: client({ graphics: "kitty", placeholders: true }) });
  const notebook = await project.open("a.py", `# %%\nstream stdout "x\u{10eeee}\u0305\u0305y\\n"\n`);
  await notebook.execute();
  const { lines } = await project.client.expect("nbls/didChangeOutputs", (params) => params.lines.length > 0);
  expect(JSON.stringify(lines)).not.toContain("\u{10eeee}");
});

test("a picture's file is a blob, for its owner only, that other servers of the user share and the end of one leaves", async () => {
  const project = await openProject({ capabilities: client({ graphics: "kitty" }) });
  const notebook = await project.open("a.py", plot);
  await notebook.execute();
  const { images } = await project.client.expect("nbls/didChangeOutputs", (params) => params.images.length > 0);
  const digest = createHash("sha256").update(Buffer.from(png, "base64")).digest("hex");
  expect(images[0].path).toBe(join(project.directory, "../state/blobs", `${digest}.png`));
  expect(statSync(images[0].path).mode & 0o077).toBe(0);
  await project.client.request("shutdown");
  project.client.notify("exit", undefined);
  await project.exited;
  expect(readFileSync(images[0].path)).toEqual(Buffer.from(png, "base64"));
});

test("no byte of a picture travels in a message, and what tells of it stays below 2 KB", async () => {
  const project = await openProject({ capabilities: client({ graphics: "kitty" }) });
  const large = largePng();
  const notebook = await project.open("a.py", "# %%\n\n");
  notebook.edit([1, 0], [2, 0], `display ${JSON.stringify({ "image/png": large, "text/plain": "<Figure>" })}\n`);
  const sent = project.client.transcript.length;
  const [executionId] = await notebook.execute();
  await notebook.untilOver(executionId);
  await project.client.expect("nbls/didChangeOutputs", (params) => params.images.length > 0);
  expect(large.length).toBeGreaterThan(100_000);
  for (const line of project.client.transcript.slice(sent)) {
    if (line.startsWith("<--")) expect(line.length).toBeLessThan(2_048);
    expect(line).not.toContain(large.slice(1_000, 1_100));
  }
});

function onePixel(): string {
  const image = new PNG({ width: 64, height: 64 });
  return PNG.sync.write(image).toString("base64");
}

/** Noise, which no compression makes small. */
function largePng(): string {
  const image = new PNG({ width: 200, height: 200 });
  for (let index = 0, value = 1; index < image.data.length; index += 1) {
    value = (value * 48_271) % 2_147_483_647;
    image.data[index] = value & 255;
  }
  return PNG.sync.write(image).toString("base64");
}
