"use strict";
// `node code-cache.cjs DIST`: serves one client that says hello and leaves, then keeps the code that this took.
const { writeFileSync } = require("node:fs");
const { join } = require("node:path");

const dist = process.argv[2];
process.argv.splice(1, 2, join(dist, "nbls.cjs"), "lsp");
const script = require(join(dist, "nbls.cjs"));
process.on("exit", () => writeFileSync(join(dist, "program.cache"), script.createCachedData()));
