#!/usr/bin/env node
/**
 * Adds to `package-lock.json` the packages for other platforms that npm left out. A registry mirror that lacks some of them
 * makes `npm install` drop their entries without a word, and `npm ci` then refuses the lock file, everywhere.
 * To be run after each change of dependencies; a test notices when it was forgotten.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const file = join(import.meta.dirname, "../package-lock.json");
const lock = JSON.parse(readFileSync(file, "utf8"));

/** What npm reads from the manifest to skip a package of another platform; names spell it out. */
function platformOf(name) {
  const words = name.split("/").at(-1).split("-");
  const os = words.find((word) => /^(android|darwin|freebsd|linux|openharmony|win32)$/.test(word));
  const cpu = words.find((word) => /^(arm|arm64|ia32|loong64|mips64el|ppc64|riscv64|s390x|x64)$/.test(word));
  if (os === undefined || cpu === undefined) return undefined;
  const libc = words.some((word) => word.startsWith("musl"))
    ? "musl"
    : words.some((word) => /^(glibc|gnu)/.test(word))
      ? "glibc"
      : undefined;
  return { cpu: [cpu], os: [os], ...(libc === undefined ? {} : { libc: [libc] }) };
}

let addedCount = 0;
for (const { optionalDependencies = {}, dev } of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const key = `node_modules/${name}`;
    if (key in lock.packages) continue;
    const platform = platformOf(name);
    if (platform === undefined || !/^\d/.test(version)) {
      process.stdout.write(`not added: ${name} ${version}\n`);
      continue;
    }
    lock.packages[key] = { version, ...platform, ...(dev === true ? { dev } : {}), optional: true };
    addedCount += 1;
  }
}
const sorted = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1));
writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`);
process.stdout.write(`${addedCount} packages of other platforms added\n`);
