/** Beats missed in a row before a kernel counts as silent. */
const missedMax = 3;

export interface Heartbeat {
  /** To be called when an echo came. */
  answered(): void;
  /** No beat goes out any more. */
  stop(): void;
}

/**
 * Sends a beat every `intervalMs` and tells when the kernel falls silent and when it is back. One beat is under way at a
 * time, and a stall of our own counts as one miss at most. The timer keeps no process alive.
 */
export function startHeartbeat(send: () => void, intervalMs: number, tell: (alive: boolean) => void): Heartbeat {
  let missed = 0;
  let awaited = false;
  const beat = () => {
    if (awaited) {
      missed += 1;
      if (missed === missedMax) tell(false);
      return;
    }
    awaited = true;
    send();
  };
  const timer = setInterval(beat, intervalMs).unref();
  return {
    answered() {
      if (missed >= missedMax) tell(true);
      missed = 0;
      awaited = false;
    },
    stop: () => clearInterval(timer),
  };
}
