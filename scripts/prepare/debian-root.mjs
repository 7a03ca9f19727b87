import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { run } from "./run.mjs";

/** The only folder below `directory` whose name matches, as a path. */
export function only(directory, pattern) {
  const name = existsSync(directory) ? readdirSync(directory).find((entry) => pattern.test(entry)) : undefined;
  if (name === undefined) throw new Error(`no ${pattern} in ${directory}`);
  return join(directory, name);
}

/** What a program printed; an error where it failed. */
export function must(title, result) {
  if (!result.ok) throw new Error(`${title}: ${result.why}`);
  return result.stdout;
}

/** Makes a program of a root run on this machine: with the root's own loader and libraries, whatever the machine has. */
function adopt(root, finalRoot, libraries, program) {
  const loader = only(join(root, libraries), /^ld-linux-.*\.so/u);
  const patchelf = (...args) => run(loader, ["--library-path", join(root, libraries), join(root, "usr/bin/patchelf"), ...args]);
  must(
    `patchelf ${program}`,
    patchelf(
      "--set-interpreter",
      join(finalRoot, libraries, basename(loader)),
      "--force-rpath",
      "--set-rpath",
      join(finalRoot, libraries),
      program,
    ),
  );
}

/**
 * A private root with packages of a Debian release, made once below `directory`: they are unpacked, nothing is installed or
 * started. `packages` must have patchelf, which lets `programsIn(root)` run outside of their release. Its path is part of
 * the programs, so a root that was moved is made anew.
 */
export function prepareRoot(directory, name, suite, packages, programsIn) {
  const root = join(directory, name);
  const stamp = join(root, "prepared.json");
  const wanted = JSON.stringify({ root, packages });
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return root;
  if (process.getuid?.() !== 0) throw new Error("only root can run debootstrap");
  const found = run("debootstrap", ["--version"]);
  if (!found.ok) throw new Error(`${found.why} (Debian: apt-get install debootstrap)`);

  const partial = join(directory, `${name}.${process.pid}`);
  const downloads = join(partial, "downloads");
  try {
    mkdirSync(downloads, { recursive: true });
    const what = ["--download-only", "--variant=minbase", `--include=${packages.join(",")}`, suite, downloads];
    must(`debootstrap ${suite}`, run("debootstrap", what, { timeoutMs: 600_000 }));
    const archives = join(downloads, "var/cache/apt/archives");
    // First the links /lib and /bin, which belong to base-files.
    const names = readdirSync(archives).filter((name) => name.endsWith(".deb"));
    names.sort((a, b) => Number(b.startsWith("base-files_")) - Number(a.startsWith("base-files_")));
    for (const name of names) must(name, run("dpkg-deb", ["-x", join(archives, name), partial], { timeoutMs: 60_000 }));
    rmSync(downloads, { recursive: true });
    const libraries = `usr/lib/${basename(only(join(partial, "usr/lib"), /-linux-gnu/u))}`;
    for (const program of programsIn(partial)) adopt(partial, root, libraries, program);
    writeFileSync(join(partial, "prepared.json"), wanted);
    rmSync(root, { recursive: true, force: true });
    renameSync(partial, root);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return root;
}
