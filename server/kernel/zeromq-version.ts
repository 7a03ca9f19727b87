/** Whether the native part that most kernels are reached by loads on this machine, and its version or why not. */
export async function zeromqVersion(): Promise<{ readonly ok: boolean; readonly detail: string }> {
  try {
    const { version } = await import("zeromq");
    return { ok: true, detail: `libzmq ${version}` };
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}
