// @module-tag process
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { KernelLaunch, LaunchOptions } from "../../server/kernel/provider.ts";
import { fakeKernel } from "../fakes/fake-kernel.ts";
import { realKernel, tempDirectory, whyMissing } from "../real-kernels.ts";
import type { OwnerOrders } from "./kernel-owner.ts";
import { childrenOf, isAlive, membersOf } from "./process-state.ts";

const root = join(import.meta.dirname, "../..");
let bundle: string;

beforeAll(async () => {
  // Inside of the repository, so that it finds zeromq.
  mkdirSync(join(root, ".cache"), { recursive: true });
  bundle = mkdtempSync(join(root, ".cache/owner-"));
  await build({
    entryPoints: [join(import.meta.dirname, "kernel-owner.ts")],
    outfile: join(bundle, "kernel-owner.mjs"),
    bundle: true,
    platform: "node",
    format: "esm",
    external: ["zeromq"],
    define: { "import.meta.dirname": JSON.stringify(join(root, "server/kernel")) },
  });
});
afterAll(() => rmSync(bundle, { recursive: true, force: true }));

interface Owner {
  readonly process: ChildProcess;
  readonly kernelPid: number;
  /** Its kernel and its watchdog. */
  readonly children: readonly number[];
  readonly runtimeDirectory: string;
}

/** Starts a process that owns a kernel, and waits until the kernel is ready. */
async function startOwner(launch: KernelLaunch, next: OwnerOrders["next"] = "wait"): Promise<Owner> {
  const options: LaunchOptions = {
    cwd: tempDirectory(),
    env: { ...process.env },
    runtimeDirectory: tempDirectory(),
    lifetime: "door",
    useLauncher: true,
    sessionId: randomUUID(),
    stderrTailBytes: 4_096,
  };
  const orders: OwnerOrders = { launch, options, next };
  const owner = spawn(process.execPath, [join(bundle, "kernel-owner.mjs"), JSON.stringify(orders)], {
    // A group of its own, as a terminal gives it.
    detached: true,
    stdio: ["pipe", "pipe", "ignore"],
  });
  onTestFinished(() => void owner.kill("SIGKILL"));
  const [line] = (await once(owner.stdout, "data")) as [Buffer];
  const kernelPid = Number(line.toString());
  const children = childrenOf(owner.pid ?? 0);
  expect(children).toContain(kernelPid);
  expect(children).toHaveLength(2);
  return { process: owner, kernelPid, children, runtimeDirectory: options.runtimeDirectory };
}

async function expectNothingLeft({ kernelPid, children, runtimeDirectory }: Owner): Promise<void> {
  const left = () => [...children.filter(isAlive), ...membersOf(kernelPid), ...readdirSync(runtimeDirectory)];
  await expect.poll(left, { timeout: 5_000 }).toEqual([]);
}

// Windows has neither process groups nor these signals.
const unix = process.platform !== "win32";

// vscode-jupyter#5225, marimo-lsp#334.
test.runIf(unix)("no kernel is left after kill -9 of its owner", async () => {
  const owner = await startOwner(fakeKernel());
  owner.process.kill("SIGKILL");
  await expectNothingLeft(owner);
});

test.runIf(unix)("no kernel is left after ^C, which hits the whole group of its owner", async () => {
  const owner = await startOwner(fakeKernel());
  process.kill(-(owner.process.pid ?? 0), "SIGINT");
  await expectNothingLeft(owner);
});

test.runIf(unix)("a kernel that ignores SIGTERM does not outlive its owner either", async () => {
  const owner = await startOwner(fakeKernel("ignores-sigterm", "ignores-shutdown"));
  owner.process.kill("SIGKILL");
  await expectNothingLeft(owner);
});

test.runIf(unix)("no kernel is left when its owner ends without disposing of it", async () => {
  const owner = await startOwner(fakeKernel(), "exit");
  owner.process.stdin?.write("\n");
  await expectNothingLeft(owner);
});

test.runIf(unix)("an owner that disposed of its kernel ends by itself: nothing of ours keeps it alive", async () => {
  const owner = await startOwner(fakeKernel(), "dispose");
  owner.process.stdin?.write("\n");
  expect(await once(owner.process, "exit")).toEqual([0, null]);
  await expectNothingLeft(owner);
});

test.runIf(unix)("a watchdog that is killed is replaced", async () => {
  const owner = await startOwner(fakeKernel());
  const watchdog = owner.children.find((pid) => pid !== owner.kernelPid) ?? 0;
  process.kill(watchdog, "SIGKILL");
  const pid = owner.process.pid ?? 0;
  await expect.poll(() => childrenOf(pid).filter((child) => !owner.children.includes(child))).toHaveLength(1);
  owner.process.kill("SIGKILL");
  await expectNothingLeft(owner);
});

for (const name of ["ipykernel7", "ipykernel6", "deno", "irkernel"] as const) {
  const launch = realKernel(name);
  test.skipIf(launch === undefined)(`kill -9 leaves nothing of ${name} (${whyMissing(name)})`, { tags: ["kernel"] }, async () => {
    if (launch === undefined) return;
    const owner = await startOwner(launch);
    owner.process.kill("SIGKILL");
    await expectNothingLeft(owner);
  });
}
