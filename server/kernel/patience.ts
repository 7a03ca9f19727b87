/** How a waiter tells that it is still worth waiting, or that it no longer waits. */
export interface Patience {
  readonly renew: () => void;
  readonly end: () => void;
}

const slicesPerTimeout = 8;
/** A message that is always about to come must not be waited for without end. */
const timeoutsMax = 10;

/**
 * Calls `expired` once `timeoutMs` passed without `renew()`. The time is counted in slices: when our own event loop stands
 * still for seconds, its timers fire before its sockets are read, and what came meanwhile must not count as missing.
 */
export function patience(timeoutMs: number, expired: () => void): Patience {
  let quietSlices = 0;
  let slices = 0;
  const timer = setInterval(() => {
    quietSlices += 1;
    slices += 1;
    if (quietSlices < slicesPerTimeout && slices < slicesPerTimeout * timeoutsMax) return;
    clearInterval(timer);
    expired();
  }, timeoutMs / slicesPerTimeout);
  return {
    renew: () => {
      quietSlices = 0;
    },
    end: () => clearInterval(timer),
  };
}
