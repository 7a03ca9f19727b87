import { mkdirSync } from "node:fs";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { DiscoveryContext } from "../../server/kernel/discovery-context.ts";
import { tempDirectory } from "../real-kernels.ts";

/** A made-up machine in a directory that lasts for one test: its files are all that discovery sees. */
export class Machine {
  readonly root: string;
  readonly home: string;
  /** Where the notebook is. */
  readonly project: string;

  constructor() {
    this.root = tempDirectory();
    this.home = join(this.root, "home");
    this.project = join(this.home, "project");
    mkdirSync(this.project, { recursive: true });
  }

  context(env: { readonly [name: string]: string } = {}): DiscoveryContext {
    const XDG_DATA_HOME = join(this.home, ".local", "share");
    // The machine's own system directories must not be seen.
    const own = {
      PATH: join(this.root, "bin"),
      JUPYTER_PLATFORM_DIRS: "1",
      XDG_DATA_DIRS: join(this.root, "system"),
      XDG_DATA_HOME,
    };
    return { cwd: this.project, env: { ...own, ...env }, platform: "linux", homeDirectory: this.home };
  }

  async file(path: string, text = ""): Promise<string> {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { mode: 0o755 });
    return path;
  }

  async link(path: string, target: string): Promise<string> {
    await mkdir(dirname(path), { recursive: true });
    await symlink(target, path);
    return path;
  }

  /** A Python as `make install` leaves it; running it leaves a trace in `wasExecuted`. */
  async python(prefix: string, version = "3.11", ...packages: string[]): Promise<string> {
    const minor = `python${version.split(".").slice(0, 2).join(".")}`;
    const program = await this.file(join(prefix, "bin", minor), `#!/bin/sh\n: > '${this.trace}'\n`);
    await this.link(join(prefix, "bin", "python3"), minor);
    await this.file(join(prefix, "lib", minor, "os.py"));
    await this.install(join(prefix, "lib", minor, "site-packages"), packages);
    return program;
  }

  /** An environment as `python -m venv` leaves it. */
  async venv(prefix: string, basePrefix: string, version = "3.11.7", ...packages: string[]): Promise<string> {
    const minor = version.split(".").slice(0, 2).join(".");
    await this.file(
      join(prefix, "pyvenv.cfg"),
      `home = ${join(basePrefix, "bin")}\ninclude-system-site-packages = false\nversion = ${version}\n`,
    );
    await this.install(join(prefix, "lib", `python${minor}`, "site-packages"), packages);
    return await this.link(join(prefix, "bin", "python3"), join(basePrefix, "bin", "python3"));
  }

  async install(directory: string, packages: readonly string[]): Promise<void> {
    await mkdir(directory, { recursive: true });
    for (const name of packages) await this.file(join(directory, `${name}.dist-info`, "METADATA"));
  }

  async kernelspec(directory: string, name: string, content: unknown): Promise<string> {
    const folder = join(directory, "kernels", name);
    await this.file(join(folder, "kernel.json"), typeof content === "string" ? content : JSON.stringify(content));
    return folder;
  }

  /** The file that a program writes when it is executed. */
  get trace(): string {
    return join(this.root, "executed");
  }
}
