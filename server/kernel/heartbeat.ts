import type { Dealer } from "zeromq";

/** Beats missed in a row before a kernel counts as silent. */
const missedMax = 3;

/**
 * Sends a beat every `intervalMs` and tells when the kernel falls silent and when it is back. One beat is under way at a
 * time, and a stall of our own counts as one miss at most. Returns what stops it; the timer keeps no process alive.
 */
export function startHeartbeat(socket: Dealer, intervalMs: number, tell: (alive: boolean) => void): () => void {
  let missed = 0;
  let awaited = false;
  const beat = () => {
    if (awaited) {
      missed += 1;
      if (missed === missedMax) tell(false);
      return;
    }
    awaited = true;
    // The empty frame lets it pass through kernels that answer with a REP socket.
    socket.send(["", "beat"]).catch(() => {});
  };
  const listen = async () => {
    for await (const _ of socket) {
      if (missed >= missedMax) tell(true);
      missed = 0;
      awaited = false;
    }
  };
  // Receiving fails only when the socket is closed.
  listen().catch(() => {});
  const timer = setInterval(beat, intervalMs).unref();
  return () => clearInterval(timer);
}
