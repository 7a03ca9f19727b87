import { open } from "node:fs/promises";

/** Terminals refuse longer texts (xterm's and tmux's limits are near 100 kB of base64). */
export const clipboardBytesMax = 74_994;

/**
 * Puts a text into the clipboard of the terminal that the editor runs in (OSC 52). `false` where this process has no
 * terminal: editors that start their servers in a session of their own give none.
 */
export async function copyByTerminal(text: string): Promise<boolean> {
  try {
    const terminal = await open("/dev/tty", "w");
    try {
      await terminal.write(`\u001b]52;c;${Buffer.from(text).toString("base64")}\u0007`);
      return true;
    } finally {
      await terminal.close();
    }
  } catch {
    return false;
  }
}
