import { chmodSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import { BenchTerminal } from "./editor-terminal.mjs";
import { program, root } from "./surroundings.mjs";

const clientFile = (...path) => readFileSync(join(root, "clients", ...path), "utf8");

/** The first block of configuration in an adapter's README. */
function documented(editor, language) {
  return new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, "ms").exec(clientFile(editor, "README.md"))[1];
}

/** Without a search for Python's Neovim module, which takes a second and hides what is measured. */
const quietNeovim = 'vim.o.shada = ""\nvim.o.swapfile = false\nvim.g.loaded_python3_provider = 0\n';
const quietEmacs = "(setq inhibit-startup-screen t native-comp-jit-compilation nil auto-save-default nil create-lockfiles nil)\n";

/**
 * For each editor: the configuration of a user who followed the README (`own`) and of one without us (`bare`), as files below
 * the home; what opens a file at a line; the keys that run the cell at the cursor, and those that go on at the end of its line.
 */
const kinds = {
  helix: {
    title: "Helix",
    own: ({ version }) => ({
      ".config/helix/config.toml": clientFile("helix", version.startsWith("25.01") ? "config-25.01.toml" : "config.toml"),
      ".config/helix/languages.toml": clientFile("helix", "languages.toml"),
    }),
    bare: { ".config/helix/languages.toml": '[[language]]\nname = "python"\nlanguage-servers = []\n' },
    open: (file, line) => [`${file}:${line}`],
    run: " nr",
    append: "A",
  },
  neovim: {
    title: "Neovim",
    own: () => ({ ".config/nvim/init.lua": `${quietNeovim}${documented("neovim", "lua")}` }),
    link: { path: ".local/share/nvim/site/pack/nbls/start/nbls", to: join(root, "clients/neovim") },
    bare: { ".config/nvim/init.lua": quietNeovim },
    open: (file, line) => [`+${line}`, file],
    run: "\\r",
    append: "A",
  },
  emacs: {
    title: "Emacs",
    own: () => ({
      ".emacs.d/init.el": `${quietEmacs}${documented("emacs", "elisp").replace('"~/.emacs.d/nbls"', `"${join(root, "clients/emacs")}"`)}`,
    }),
    bare: { ".emacs.d/init.el": quietEmacs },
    open: (file, line) => ["-nw", `+${line}`, file],
    run: "\u0003%c",
    append: "\u0005",
  },
};

/** The editors that `scripts/prepare-tests.mjs` found, each with its title and version as `name`. */
export function preparedEditors() {
  const found = Object.values(JSON.parse(readFileSync(join(root, ".cache/editors.json"), "utf8")));
  const editors = found
    .filter(({ launch }) => launch?.editor in kinds)
    .map(({ launch }) => ({ ...launch, kind: kinds[launch.editor], name: `${kinds[launch.editor].title} ${launch.version}` }));
  if (editors.length === 0) throw new Error("no editor: node scripts/prepare-tests.mjs says why");
  return editors.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
}

export const nblsCommand = [process.execPath, program];
const helper = (name, log, ...command) => [process.execPath, join(root, "scripts/bench", name), log, ...command];

/** `nbls` for an editor whose messages are noted in `log`. */
export const tapped = (log) => helper("nbls-tap.mjs", log, ...nblsCommand);
/** A server that answers nothing but `initialize`, and notes in `log` when it was told of a document. */
export const silent = (log) => helper("silent-server.mjs", log);

/**
 * A home for one editor. `command` is what `nbls` is there; without it the editor is as if there were no nbls.
 * Returns what opens a file, with the cursor in a line (from 1), in a terminal of its own.
 */
export function editorDesk(editor, place, { command, state = place.env.NBLS_STATE_DIR }) {
  const { kind, environment } = editor;
  const home = mkdtempSync(join(place.directory, "home-"));
  const write = (path, content) => {
    const file = join(home, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  };
  for (const [path, content] of Object.entries(command === undefined ? kind.bare : kind.own(editor))) write(path, content);
  if (command !== undefined) {
    const nbls = write("bin/nbls", `#!/bin/sh\nexec ${command.map((word) => `"${word}"`).join(" ")} "$@"\n`);
    chmodSync(nbls, 0o755);
    if (kind.link !== undefined) {
      const link = join(home, kind.link.path);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(kind.link.to, link);
    }
  }
  const env = {
    ...place.env,
    ...environment,
    PATH: `${join(home, "bin")}:${place.env.PATH}`,
    HOME: home,
    // Emacs looks for the home of another name elsewhere.
    USER: userInfo().username,
    SHELL: "/bin/sh",
    NBLS_STATE_DIR: state,
    NBLS_RUNTIME_DIR: mkdtempSync(join(place.directory, "run-")),
  };
  return (file, line = 1) => new BenchTerminal([editor.program, ...editor.args, ...kind.open(file, line)], { ...place, env });
}
