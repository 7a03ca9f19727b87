import { spawn } from "node:child_process";
import { Socket } from "node:net";
import type { Log } from "../base/log.ts";

/**
 * Ends kernels whose server is gone, however it went: kill -9 and crashes included. One small shell in a session of its
 * own reads the process groups to end from a pipe; the pipe's end is our end.
 */
export interface Watchdog {
  /** From now on, our end is also the end of `group` and of `directory`. */
  add(group: number, directory: string): void;
  /** The group has ended, or shall live on. */
  remove(group: number): void;
}

/** More deaths of the shell than this are no accident. */
const startsMax = 5;

// Prints nothing, and needs no more than POSIX; `kill` and `read` are built in.
const script = `
while IFS=' ' read -r sign group directory; do
  case $sign in
    +) groups="$groups $group"; eval "directory_$group=\\$directory" ;;
    -) left=; for other in $groups; do [ "$other" = "$group" ] || left="$left $other"; done; groups=$left ;;
  esac
done
[ -n "$groups" ] || exit 0
for group in $groups; do kill -s TERM -- "-$group"; done
for wait in 1 2 3 4 5 6 7 8 9 10; do
  alive=; for group in $groups; do kill -s 0 -- "-$group" && alive=yes; done
  [ -n "$alive" ] || break
  sleep 0.1 || sleep 1
done
for group in $groups; do kill -s KILL -- "-$group"; eval "rm -rf -- \\"\\$directory_$group\\""; done
`;

/** A watchdog that is no process until there is a group to watch, and none again after the last one. */
export function createWatchdog(log: Log, searchPath: string): Watchdog {
  const groups = new Map<number, string>();
  let pipe: Socket | undefined;
  let starts = 0;

  const start = () => {
    starts += 1;
    const child = spawn("/bin/sh", ["-c", script, "nbls-watchdog"], {
      cwd: "/",
      env: { PATH: searchPath },
      // A session of its own: neither ^C nor a closed terminal ends it before us.
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
    });
    child.unref();
    const stdin = child.stdin;
    if (!(stdin instanceof Socket)) return;
    stdin.unref();
    stdin.on("error", () => {});
    child.on("error", (error) => log.warn(`Kernels may outlive this process if it is killed: ${error.message}`));
    child.on("exit", () => {
      if (pipe !== stdin) return;
      pipe = undefined;
      if (groups.size > 0 && starts < startsMax) start();
    });
    pipe = stdin;
    for (const [group, directory] of groups) stdin.write(`+ ${group} ${directory}\n`);
  };

  return {
    add(group, directory) {
      // A line break would be read as a line of its own.
      const line = directory.includes("\n") ? "" : directory;
      groups.set(group, line);
      if (pipe === undefined) start();
      else pipe.write(`+ ${group} ${line}\n`);
    },
    remove(group) {
      if (!groups.delete(group) || pipe === undefined) return;
      pipe.write(`- ${group}\n`);
      if (groups.size > 0) return;
      pipe.end();
      pipe = undefined;
      starts = 0;
    },
  };
}
