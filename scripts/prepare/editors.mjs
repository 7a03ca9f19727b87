import { mkdirSync, realpathSync } from "node:fs";
import { basename, join } from "node:path";
import { must, only, prepareRoot } from "./debian-root.mjs";
import { run } from "./run.mjs";

/** Debian releases that have the oldest and the newest of each editor that the tests want. */
const suites = ["trixie", "sid"];

/** `patchelf` is what lets the programs run outside of their release; `elpa-package-lint` checks our Emacs package. */
const packages = ["hx", "neovim", "emacs-nox", "elpa-package-lint", "patchelf"];

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

function programsIn(root) {
  return Object.values(editors).map((place) => place(root).program);
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
    const root = attempt(() => prepareRoot(realpathSync(directory), suite, suite, packages, programsIn));
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
