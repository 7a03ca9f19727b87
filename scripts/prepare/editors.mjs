import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { run } from "./run.mjs";

const mirror = "http://deb.debian.org/debian";

/** Debian releases that have the oldest and the newest of each editor that the tests want. */
const suites = ["trixie", "sid"];

/** `patchelf` is what lets the programs run outside of their release; `elpa-package-lint` checks our Emacs package. */
const packages = ["hx", "neovim", "emacs-nox", "elpa-package-lint", "patchelf"];

/** The only folder below `directory` whose name matches, as a path. */
function only(directory, pattern) {
  const name = existsSync(directory) ? readdirSync(directory).find((entry) => pattern.test(entry)) : undefined;
  if (name === undefined) throw new Error(`no ${pattern} in ${directory}`);
  return join(directory, name);
}

/** For each editor: the program in a root, and where it finds the rest of itself there. */
const editors = {
  helix: (root) => ({
    program: join(root, "usr/lib/hx/hx"),
    environment: { HELIX_RUNTIME: join(root, "usr/lib/hx/runtime") },
    args: [],
  }),
  neovim: (root) => ({
    program: join(root, "usr/bin/nvim"),
    environment: { VIMRUNTIME: join(root, "usr/share/nvim/runtime") },
    args: [],
  }),
  emacs: (root) => {
    const share = only(join(root, "usr/share/emacs"), /^\d/u);
    const libexec = only(join(root, "usr/libexec/emacs", basename(share)), /./u);
    return {
      program: join(root, "usr/bin/emacs-nox"),
      environment: {
        EMACSLOADPATH: `${join(share, "lisp")}:${join(root, "usr/share/emacs/site-lisp")}`,
        EMACSDATA: join(share, "etc"),
        EMACSDOC: join(share, "etc"),
        EMACSPATH: libexec,
      },
      args: ["--dump-file", only(libexec, /\.pdmp$/u)],
    };
  },
};

/** What each editor is called where a distribution or a user installed it. */
const installedNames = { helix: ["hx", "helix"], neovim: ["nvim"], emacs: ["emacs"] };

function must(title, result) {
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
 * A private root with the editors of a Debian release, made once: packages are unpacked, nothing is installed or started.
 * Its path is part of the programs, so a root that was moved is made anew.
 */
function prepareRoot(directory, suite) {
  const root = join(directory, suite);
  const stamp = join(root, "prepared.json");
  const wanted = JSON.stringify({ root, packages });
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return root;
  if (process.getuid?.() !== 0) throw new Error("only root can run debootstrap");
  const found = run("debootstrap", ["--version"]);
  if (!found.ok) throw new Error(`${found.why} (Debian: apt-get install debootstrap)`);

  const partial = join(directory, `${suite}.${process.pid}`);
  const downloads = join(partial, "downloads");
  try {
    mkdirSync(downloads, { recursive: true });
    const what = ["--download-only", "--variant=minbase", `--include=${packages.join(",")}`, suite, downloads, mirror];
    must(`debootstrap ${suite}`, run("debootstrap", what, { timeoutMs: 600_000 }));
    const archives = join(downloads, "var/cache/apt/archives");
    // First the links /lib and /bin, which belong to base-files.
    const names = readdirSync(archives).filter((name) => name.endsWith(".deb"));
    names.sort((a, b) => Number(b.startsWith("base-files_")) - Number(a.startsWith("base-files_")));
    for (const name of names) must(name, run("dpkg-deb", ["-x", join(archives, name), partial], { timeoutMs: 60_000 }));
    rmSync(downloads, { recursive: true });
    const libraries = `usr/lib/${basename(only(join(partial, "usr/lib"), /-linux-gnu/u))}`;
    for (const place of Object.values(editors)) adopt(partial, root, libraries, place(partial).program);
    writeFileSync(join(partial, "prepared.json"), wanted);
    rmSync(root, { recursive: true, force: true });
    renameSync(partial, root);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return root;
}

/** A version such as `25.01.1` out of what `--version` prints. */
function versionOf({ program, environment, args }) {
  const env = { ...process.env, ...environment };
  const printed = must(program, run(program, [...args, "--version"], { env }));
  return /\d+\.\d+(?:\.\d+)?/u.exec(printed)?.[0] ?? printed;
}

function attempt(launch) {
  try {
    return { launch: launch() };
  } catch (error) {
    return { missing: error.message };
  }
}

function installed(editor) {
  const program = installedNames[editor].find((name) => run(name, ["--version"]).ok);
  if (program === undefined) throw new Error(`${installedNames[editor].join(" or ")} is not installed`);
  const launch = { editor, program, environment: {}, args: [] };
  return { ...launch, version: versionOf(launch) };
}

/**
 * Every editor that the tests drive, each as `{ launch }` or `{ missing: reason }`: those of the private roots under
 * `cache/editors`, and where a root cannot be made, the installed ones.
 */
export function prepareEditors(cache) {
  const directory = join(cache, "editors");
  mkdirSync(directory, { recursive: true });
  const found = {};
  for (const suite of suites) {
    const root = attempt(() => prepareRoot(realpathSync(directory), suite));
    for (const editor of Object.keys(editors)) {
      found[`${editor} ${suite}`] =
        root.missing === undefined
          ? attempt(() => {
              const launch = { editor, ...editors[editor](root.launch) };
              return { ...launch, version: versionOf(launch) };
            })
          : root;
    }
  }
  for (const editor of Object.keys(editors)) {
    if (suites.some((suite) => found[`${editor} ${suite}`].launch)) continue;
    found[`${editor} installed`] = attempt(() => installed(editor));
  }
  const tmux = run("tmux", ["-V"]);
  found["tmux"] = tmux.ok
    ? { launch: { editor: "tmux", program: "tmux", environment: {}, args: [], version: tmux.stdout.replace("tmux ", "") } }
    : { missing: `${tmux.why} (Debian: apt-get install tmux)` };
  return found;
}
