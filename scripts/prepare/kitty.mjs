import { copyFileSync, mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must, prepareRoot } from "./debian-root.mjs";
import { run } from "./run.mjs";

/** The first Debian release whose kitty knows Unicode placeholders (kitty 0.28). Mesa draws without a graphics card. */
const suite = "trixie";
const packages = ["kitty", "libgl1", "libegl1", "libgl1-mesa-dri", "fonts-dejavu-mono", "patchelf"];

/**
 * kitty puts the folder of its program before all others on the PATH, where programs of another release must not be found:
 * it gets a folder with nothing else in it. The rest of itself it looks for in `../lib`.
 */
function furnish(root) {
  const home = join(root, "kitty");
  rmSync(home, { recursive: true, force: true });
  mkdirSync(join(home, "bin"), { recursive: true });
  for (const name of ["kitty", "kitten"]) copyFileSync(join(root, "usr/bin", name), join(home, "bin", name));
  symlinkSync("../usr/lib", join(home, "lib"));
  const fonts = join(home, "fonts.conf");
  const folders = `<dir>${join(root, "usr/share/fonts")}</dir><cachedir>${join(home, "font-cache")}</cachedir>`;
  writeFileSync(fonts, `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>${folders}</fontconfig>\n`);
  return { program: join(home, "bin/kitty"), environment: { PYTHONHOME: join(root, "usr"), FONTCONFIG_FILE: fonts } };
}

function launch(cache) {
  const server = run("sh", ["-c", "command -v Xvfb"]);
  if (!server.ok) throw new Error("no Xvfb to run it in (Debian: apt-get install xvfb)");
  const directory = join(cache, "editors");
  mkdirSync(directory, { recursive: true });
  const root = prepareRoot(realpathSync(directory), "kitty", suite, packages, (place) => [join(place, "usr/bin/kitty")]);
  const { program, environment } = furnish(root);
  const printed = must(program, run(program, ["--version"], { env: { ...process.env, ...environment } }));
  return { program, environment, version: /\d+\.\d+\.\d+/u.exec(printed)?.[0] ?? printed };
}

/** A terminal that draws pictures, as `{ launch }` or `{ missing: reason }`. */
export function prepareKitty(cache) {
  try {
    return { kitty: { launch: launch(cache) } };
  } catch (error) {
    return { kitty: { missing: error.message } };
  }
}
