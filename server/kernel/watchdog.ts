import type { Log } from "../base/log.ts";
import { Survivor } from "./survivor.ts";

/** Ends kernels whose server is gone, however it went. */
export interface Watchdog {
  /** From now on, our end is also the end of `group` and of `directory`. */
  add(group: number, directory: string): void;
  /** The group has ended, or shall live on. */
  remove(group: number): void;
}

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

export function createWatchdog(log: Log, searchPath: string): Watchdog {
  const survivor = new Survivor(script, [], searchPath, (error) =>
    log.warn(`Kernels may outlive this process if it is killed: ${error.message}`),
  );
  return {
    // A line break would be read as a line of its own.
    add: (group, directory) => survivor.add(`${group}`, directory.includes("\n") ? "" : directory),
    remove: (group) => survivor.remove(`${group}`),
  };
}
