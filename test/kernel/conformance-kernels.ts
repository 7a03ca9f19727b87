import { spawnSync } from "node:child_process";
import { embeddedLaunch } from "../../server/kernel/embedded.ts";
import type { KernelLaunch } from "../../server/kernel/provider.ts";
import { realKernel, type RealKernelName, whyMissing } from "../real-kernels.ts";

export interface KernelUnderTest {
  readonly name: string;
  readonly launch: KernelLaunch | undefined;
  readonly missing: string;
}

const real: readonly RealKernelName[] = ["ipykernel7", "ipykernel6", "deno", "irkernel"];

/** Every kernel that the suite knows, there or not. */
export function kernelsUnderTest(): readonly KernelUnderTest[] {
  const kernels = real.map((name) => ({ name, launch: realKernel(name), missing: whyMissing(name) }));
  return [...kernels, { name: "embedded", launch: embeddedKernel(), missing: "no python3 on the PATH" }];
}

/** Our own kernel on whichever Python there is. */
export function embeddedKernel(): KernelLaunch | undefined {
  const { status } = spawnSync("python3", ["-c", "import sys; sys.exit(sys.version_info < (3, 8))"]);
  return status === 0 ? embeddedLaunch("python3", "for the tests") : undefined;
}
