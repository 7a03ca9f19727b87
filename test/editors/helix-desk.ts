import { readFileSync } from "node:fs";
import { join } from "node:path";
import { deskWith, type Desk } from "./desk.ts";
import type { EditorLaunch } from "./real-editors.ts";

const documented = (name: string) => readFileSync(join(import.meta.dirname, "../../clients/helix", name), "utf8");

/** A desk where Helix is set up as its README says, with the colour that its own theme gives to outputs. */
export function helixDesk(
  { version }: EditorLaunch,
  programs: { readonly program: string; readonly python: string },
  files: { readonly [path: string]: string },
  images: { readonly [setting: string]: string } = {},
): Desk {
  const settings = Object.entries({ color: "#6f44f0", ...images }).map(([name, value]) => `${name} = "${value}"`);
  return deskWith(programs, {
    ".config/helix/config.toml": documented(version.startsWith("25.01") ? "config-25.01.toml" : "config.toml"),
    ".config/helix/languages.toml": documented("languages.toml").replace(
      'args = ["lsp"]',
      `args = ["lsp"]\nconfig = { nbls = { images = { ${settings.join(", ")} } } }`,
    ),
    ...files,
  });
}
