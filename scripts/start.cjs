"use strict";
// The program with the machine code that an earlier run left: parsing all of it would be most of a start.
// `node:module`'s own compile cache needs Node 22.
const { existsSync, readFileSync } = require("node:fs");
const { join } = require("node:path");
const { Script } = require("node:vm");

const filename = join(__dirname, "program.cjs");
// The server and the command line need different parts of it.
const cacheFile = join(__dirname, process.argv[2] === "lsp" ? "server.cache" : "command.cache");
const source = `(function (exports, require, module, __filename, __dirname) { ${readFileSync(filename, "utf8")}\n})`;
const script = new Script(source, {
  filename,
  // Another Node refuses it, and compiles.
  ...(existsSync(cacheFile) && { cachedData: readFileSync(cacheFile) }),
});
script.runInThisContext()(exports, require, module, filename, __dirname);
module.exports = script;
