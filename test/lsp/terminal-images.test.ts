// @module-tag process
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createReadStream, createWriteStream } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { buildProgram } from "../cli/built-program.ts";
import { LspClient } from "../fakes/lsp-client.ts";
import { capturedData } from "../render/captured.ts";
import { Shell } from "../cli/run-cli.ts";

/** util-linux's `script` gives a program a terminal of its own. */
const hasScript = spawnSync("script", ["--version"]).status === 0;
const png = capturedData("matplotlib", "image/png").replace(/\s/g, "");
const plot = `# %%\ndisplay ${JSON.stringify({ "image/png": png, "text/plain": "<Figure>" })}\n`;

/** A server in a terminal, as an editor starts it; its client speaks over pipes, as editors do. */
async function serverInTerminal(env: { readonly [name: string]: string }) {
  const program = await buildProgram("test-terminal");
  const shell = new Shell({ env });
  const [input, output] = [join(shell.directory, "in"), join(shell.directory, "out")];
  execFileSync("mkfifo", [input, output]);
  const command = `'${process.execPath}' '${program}' lsp < '${input}' > '${output}'`;
  const terminal = spawn("script", ["-qefc", command, "/dev/null"], { env: shell.env, stdio: ["pipe", "pipe", "ignore"] });
  onTestFinished(() => void terminal.kill());
  let written = "";
  terminal.stdout.setEncoding("latin1").on("data", (text: string) => (written += text));
  const client = new LspClient(createWriteStream(input), createReadStream(output));
  await client.request("initialize", {
    processId: null,
    rootUri: pathToFileURL(shell.directory).href,
    capabilities: {},
    initializationOptions: { nbls: { kernel: { default: "fake" }, images: { color: "#8fbcbb" } } },
  });
  client.notify("initialized", {});
  const uri = pathToFileURL(shell.file("a.py", plot)).href;
  client.notify("textDocument/didOpen", { textDocument: { uri, languageId: "python", version: 1, text: plot } });
  await client.request("nbls/execute", { textDocument: { uri }, target: { scope: "all" } });
  const { diagnostics } = await client.expect(
    "textDocument/publishDiagnostics",
    (params) => JSON.stringify(params).includes("\u{10eeee}"),
    20_000,
  );
  const { message } = diagnostics.find((diagnostic: { severity: number }) => diagnostic.severity === 3);
  return { client, terminal, message, written: () => written };
}

test.skipIf(!hasScript)("in kitty a plain client sees a plot: its terminal has it before its placeholders come", async () => {
  const { client, terminal, message, written } = await serverInTerminal({ TERM: "xterm-kitty" });
  const lines = message.split("\n");
  expect(lines).toHaveLength(12);
  // oxlint-disable-next-line no-control-regex
  const [, id, columns, path = ""] =
    /^\u001b_Ga=T,U=1,f=100,t=f,q=2,i=(\d+),c=(\d+),r=12;([^\u001b]+)\u001b\\/.exec(written()) ?? [];
  expect(Buffer.from(path, "base64").toString()).toMatch(/\.png$/);
  expect(lines[0].match(/\u{10eeee}/gu)).toHaveLength(Number(columns));
  // The theme's colour, and the rest of the id in the third diacritic.
  expect(Number(id) % 2 ** 24).toBe(0x8fbcbb);
  expect([...lines[0]][3]).toBe("\u030e");
  expect(Math.floor(Number(id) / 2 ** 24)).toBe(2);
  await client.request("shutdown");
  client.notify("exit", undefined);
  await new Promise((resolve) => terminal.once("close", resolve));
  expect(written()).toContain(`a=d,d=I,q=2,i=${id}`);
});

test.skipIf(!hasScript)("over ssh the plot's bytes go to the terminal, and through tmux in its wrapping", async () => {
  const { written } = await serverInTerminal({ TERM: "xterm-kitty", SSH_TTY: "/dev/pts/9", TMUX: "/tmp/tmux" });
  // oxlint-disable-next-line no-control-regex
  const sequences = [...written().matchAll(/\u001bPtmux;\u001b\u001b_G([^;]*);([^\u001b]*)\u001b\u001b\\\u001b\\/g)];
  expect(sequences[0]?.[1]).toMatch(/^a=T,U=1,f=100,t=d,q=2,i=\d+,c=\d+,r=12,m=1$/);
  const data = Buffer.from(sequences.map(([, , payload]) => payload).join(""), "base64");
  expect(data.equals(Buffer.from(png, "base64"))).toBe(true);
});
