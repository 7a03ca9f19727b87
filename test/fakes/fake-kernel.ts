import { join } from "node:path";
import type { KernelLaunch } from "../../server/kernel/provider.ts";

/** A launch of the fake kernel beside this file (its commands and manners are listed at its top). */
export function fakeKernel(...manners: readonly string[]): KernelLaunch {
  return {
    name: "fake",
    displayName: "Fake kernel",
    language: "python",
    provider: "zeromq",
    source: "kernelspec",
    reason: "a test asked for it",
    argv: [process.execPath, join(import.meta.dirname, "fake-kernel.mjs"), "{connection_file}", ...manners],
    env: {},
    interruptMode: "signal",
    isIpykernel: false,
  };
}
