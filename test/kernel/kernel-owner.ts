/**
 * A program of its own that starts a kernel and says so, for tests that end it in every way:
 * `node kernel-owner.mjs {launch, options, next}`. Bundled by the test, as Node 20 runs no TypeScript.
 */
import { silentLog } from "../../server/base/log.ts";
import type { KernelLaunch, LaunchOptions } from "../../server/kernel/provider.ts";
import { createZeromqProvider } from "../../server/kernel/zeromq.ts";

export interface OwnerOrders {
  readonly launch: KernelLaunch;
  readonly options: LaunchOptions;
  /** What it does once the kernel is ready and a line came on stdin. */
  readonly next: "wait" | "exit" | "dispose";
}

const orders = JSON.parse(process.argv[2] ?? "") as OwnerOrders;
const provider = createZeromqProvider({ log: silentLog });
const kernel = await provider.launch(orders.launch, orders.options, { message() {}, heartbeat() {} });
await kernel.ready(AbortSignal.timeout(30_000));
process.stdout.write(`${kernel.pid}\n`);
await new Promise((resolve) => process.stdin.once("data", resolve));
process.stdin.destroy();
if (orders.next === "exit") process.exit(0);
if (orders.next === "dispose") await kernel.dispose();
