#!/usr/bin/env node
/**
 * Bundles the program into `dist/program.cjs`, with the Python files and `nbls.cjs`, which starts it, beside it.
 * `npm ci` runs this through `prepare`.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { bundle } from "./bundle.mjs";

const root = join(import.meta.dirname, "..");
const program = join(root, "dist/nbls.cjs");
await bundle({ entryPoints: ["server/main.ts"] }, join(root, "dist/program.cjs"));
await bundle({ entryPoints: ["server/image-worker.ts"] }, join(root, "dist/image-worker.cjs"));
writeFileSync(program, `#!/usr/bin/env node\n${readFileSync(join(root, "scripts/start.cjs"), "utf8")}`);
chmodSync(program, 0o755);

// What every start needs, and what the first notebook needs; in a language that nothing has to be asked about.
const cell = { cell_type: "code", execution_count: null, id: "a", metadata: {}, outputs: [], source: ["x"] };
const metadata = { language_info: { name: "julia" } };
const text = JSON.stringify({ cells: [cell], metadata, nbformat: 4, nbformat_minor: 5 }, undefined, 1);
const directory = mkdtempSync(join(tmpdir(), "nbls-build-"));
const notebook = join(directory, "a.ipynb");
writeFileSync(notebook, text);
const textDocument = { uri: pathToFileURL(notebook).href };
const messages = [
  { id: 1, method: "initialize", params: { processId: null, rootUri: null, capabilities: {} } },
  { method: "initialized", params: {} },
  { method: "textDocument/didOpen", params: { textDocument: { ...textDocument, languageId: "json", version: 1, text } } },
  { id: 2, method: "nbls/cells", params: { textDocument } },
  { id: 3, method: "nbls/kernelspecs", params: { textDocument } },
  { id: 4, method: "textDocument/codeLens", params: { textDocument } },
  { id: 5, method: "shutdown" },
  { method: "exit" },
].map((message) => JSON.stringify({ jsonrpc: "2.0", ...message }));
const input = messages.map((message) => `Content-Length: ${message.length}\r\n\r\n${message}`).join("");
// Without the caches it only starts more slowly.
for (const [cache, ...call] of [
  ["server.cache", "lsp"],
  ["command.cache", "run", notebook],
]) {
  rmSync(join(root, "dist", cache), { force: true });
  spawnSync(process.execPath, [join(root, "scripts/code-cache.cjs"), join(root, "dist"), cache, ...call], {
    input,
    timeout: 20_000,
    env: { ...process.env, NBLS_STATE_DIR: directory, NBLS_RUNTIME_DIR: directory },
  });
}
rmSync(directory, { recursive: true, force: true });

// npm links the programs of dependencies, not a project's own. Without the link `npx nbls` makes one in npm's cache, which
// is slow, and stays broken for good when it was tried before the first build.
const bin = join(root, "node_modules/.bin");
if (process.platform !== "win32" && existsSync(bin)) {
  for (const name of ["nbls", "notebook-language-server"]) {
    rmSync(join(bin, name), { force: true });
    symlinkSync("../../dist/nbls.cjs", join(bin, name));
  }
}
