const intervalMs = 2_000;

/**
 * Calls `gone` once the process `pid` no longer exists: an editor that was killed closes no pipe that a child of it holds.
 * Returns what stops watching.
 */
export function watchProcess(pid: number, gone: () => void): () => void {
  const timer = setInterval(() => {
    if (exists(pid)) return;
    clearInterval(timer);
    gone();
  }, intervalMs);
  timer.unref();
  return () => clearInterval(timer);
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there and belongs to somebody else.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
