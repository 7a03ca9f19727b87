"use strict";
// `node code-cache.cjs DIST CACHE ARGUMENT…`: runs the program once, then keeps the code that this took.
const { writeFileSync } = require("node:fs");
const { join } = require("node:path");

const [dist, cache] = process.argv.splice(2, 2);
process.argv[1] = join(dist, "nbls.cjs");
const script = require(join(dist, "nbls.cjs"));
process.on("exit", () => writeFileSync(join(dist, cache), script.createCachedData()));
