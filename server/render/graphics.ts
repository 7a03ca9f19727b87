/** How a terminal can show pictures: `blocks` are characters, half a cell each, in 24-bit or 256 colours. */
export type Graphics = "kitty" | "sixel" | "blocks" | "none";

type Environment = { readonly [name: string]: string | undefined };

/**
 * Whether the terminal of this environment is known to paint over Unicode placeholders: kitty and Ghostty do, WezTerm
 * speaks the protocol but not this part. Inside of tmux the variables tell of the terminal that tmux was started in.
 */
export function hasPlaceholders(env: Environment): boolean {
  const program = (env["TERM_PROGRAM"] ?? "").toLowerCase();
  if (program === "wezterm") return false;
  if (env["TERM"] === "xterm-kitty" || env["TERM"] === "xterm-ghostty" || program === "ghostty") return true;
  return (env["KITTY_WINDOW_ID"] ?? "") !== "" || (env["GHOSTTY_RESOURCES_DIR"] ?? "") !== "";
}

/** Whether the terminal runs on another machine, which cannot read our files. */
export function isRemote(env: Environment): boolean {
  return ["SSH_TTY", "SSH_CONNECTION", "SSH_CLIENT"].some((name) => (env[name] ?? "") !== "");
}

/** Whether sequences have to pass tmux. */
export function isInTmux(env: Environment): boolean {
  return (env["TMUX"] ?? "") !== "";
}

/** Whether 24-bit colours are understood; 256 are everywhere. */
export function hasTrueColor(env: Environment): boolean {
  return /^(?:truecolor|24bit)$/i.test(env["COLORTERM"] ?? "") || hasPlaceholders(env) || (env["TERM"] ?? "").endsWith("-direct");
}
