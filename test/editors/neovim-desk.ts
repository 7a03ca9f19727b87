import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { deskWith, openEditor, type Desk } from "./desk.ts";
import type { EditorLaunch } from "./real-editors.ts";
import type { Terminal } from "./terminal.ts";

const plugin = join(import.meta.dirname, "../../clients/neovim");

/** The configuration that the plugin's README gives. */
function documentedConfiguration(): string {
  const readme = readFileSync(join(plugin, "README.md"), "utf8");
  const [, lua] = /```lua\n(.*?)```/su.exec(readme) ?? [];
  if (lua === undefined) throw new Error("the README gives no configuration");
  return lua;
}

/** A user who followed the README, with `files` in the project. */
export function neovimDesk(
  place: { readonly program: string; readonly python?: string | undefined },
  files: { readonly [name: string]: string },
  configuration = "",
): Desk {
  const inProject = Object.entries(files).map(([name, text]) => [join("project", name), text] as const);
  // What Neovim writes as it ends comes when the desk is already being cleared away.
  const init = `${documentedConfiguration()}\nvim.o.shada = ""\n${configuration}`;
  const desk = deskWith(place, { ".config/nvim/init.lua": init, ...Object.fromEntries(inProject) });
  const link = join(desk.home, ".local/share/nvim/site/pack/nbls/start/nbls");
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(plugin, link);
  // As in kitty: what it paints is seen in what was written.
  return { ...desk, env: { ...desk.env, KITTY_WINDOW_ID: "1" } };
}

/** Neovim with a file of the project, and what a user does there. */
export class Neovim {
  readonly terminal: Terminal;
  readonly #launch: EditorLaunch;

  constructor(launch: EditorLaunch, desk: Desk, file: string, size = { columns: 100, rows: 50 }) {
    this.#launch = launch;
    this.terminal = openEditor(launch, desk, [file], size);
  }

  /** Keys as Neovim's documentation writes them where they are more than a character: `<Esc>`, `<CR>`, `<C-c>`. */
  async press(keys: string): Promise<void> {
    for (const [, special, plain] of keys.matchAll(/<([^<>]+)>|([^<]+|<)/gu)) {
      if (special === undefined) await this.terminal.type(plain ?? "");
      else await this.terminal.keys({ CR: "Enter", Esc: "Escape", Tab: "Tab" }[special] ?? special);
    }
  }

  async until(wanted: Parameters<Terminal["until"]>[0]): Promise<readonly string[]> {
    return await this.terminal.until(wanted);
  }

  /** Waits until below the first line with `code` what it printed is shown, and returns the screen. */
  async untilBelow(code: string | RegExp, output: RegExp): Promise<readonly string[]> {
    return await this.until((screen) => output.test(below(screen.split("\n"), code)));
  }

  async capture(name: string): Promise<void> {
    await this.terminal.capture(`neovim-${this.#launch.version}/${name}`);
  }
}

/** What is shown as output right under the first line of code that has it. */
export function below(lines: readonly string[], code: string | RegExp): string {
  const has = (line: string) => (typeof code === "string" ? line.includes(code) : code.test(line));
  const at = lines.findIndex((line) => has(line) && !line.includes("│"));
  if (at < 0) return "";
  const rest = lines.slice(at + 1);
  const end = rest.findIndex((line) => !/^ *│/u.test(line));
  return rest
    .slice(0, end < 0 ? undefined : end)
    .map((line) => line.replace(/^ *│ ?/u, ""))
    .join("\n");
}
