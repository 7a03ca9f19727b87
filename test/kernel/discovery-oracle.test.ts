// @module-tag process
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { kernelCandidates } from "../../server/kernel/candidates.ts";
import type { DiscoveryContext } from "../../server/kernel/discovery-context.ts";
import { readInterpreter } from "../../server/kernel/interpreters.ts";
import { kernelspecDirectories } from "../../server/kernel/jupyter-paths.ts";
import { findKernelspecs } from "../../server/kernel/kernelspecs.ts";
import { pythonWith, tempDirectory, whyMissing } from "../real-kernels.ts";

const python = pythonWith("ipykernel7");
const missing = python === undefined ? ` (missing: ${whyMissing("ipykernel7")})` : "";

const question = `
import json
from jupyter_client.kernelspec import KernelSpecManager
manager = KernelSpecManager()
print(json.dumps({"directories": manager.kernel_dirs, "kernelspecs": manager.find_kernel_specs()}))
`;

function surroundings(home: string): DiscoveryContext & { readonly env: { readonly [name: string]: string } } {
  return { cwd: home, env: { HOME: home, PATH: "/usr/bin:/bin" }, platform: process.platform, homeDirectory: home };
}

test.skipIf(python === undefined)(
  `finds the directories and kernelspecs that jupyter_client finds${missing}`,
  { tags: ["kernel"] },
  async () => {
    const context = surroundings(tempDirectory());
    const answer = execFileSync(python ?? "", ["-c", question], { env: context.env, encoding: "utf8" });
    const interpreter = await readInterpreter(context, context.cwd, python ?? "");
    const directories = kernelspecDirectories(context, interpreter);
    const { kernelspecs } = await findKernelspecs(directories);
    expect({
      directories,
      kernelspecs: Object.fromEntries(kernelspecs.map(({ name, resourceDirectory }) => [name, resourceDirectory])),
    }).toEqual(JSON.parse(answer));
  },
);

test.skipIf(python === undefined)(
  `a real environment is read as it describes itself, and chosen when activated${missing}`,
  { tags: ["kernel"] },
  async () => {
    const script =
      "import json, sys, ipykernel; print(json.dumps([sys.prefix, '%d.%d.%d' % sys.version_info[:3], ipykernel.__version__]))";
    const [prefix, version, ipykernel]: unknown[] = JSON.parse(execFileSync(python ?? "", ["-c", script], { encoding: "utf8" }));
    const context = surroundings(tempDirectory());
    expect(await readInterpreter(context, context.cwd, python ?? "")).toMatchObject({ prefix, version, ipykernel });
    const activated = { ...context, env: { ...context.env, VIRTUAL_ENV: String(prefix) } };
    const { chosen } = await kernelCandidates(activated, {
      notebookDirectory: context.cwd,
      language: "python",
      embedded: "auto",
    });
    expect(chosen).toMatchObject({ source: "environment", interpreter: expect.stringContaining(join(String(prefix), "/")) });
  },
);
