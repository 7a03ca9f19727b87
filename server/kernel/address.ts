import { randomBytes, randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import type { Connection } from "../jupyter/connection-file.ts";

/** `sun_path` has 104 bytes on macOS and 108 on Linux, its final zero included. */
const socketPathBytesMax = 103;

/**
 * Where a new kernel shall listen. Unix domain sockets in its private `directory` where that can be: no port can be taken
 * by somebody else, and no other user can read along. Else ports that are free now, on an address that nobody else uses.
 */
export async function chooseConnection(directory: string, ipc: boolean, kernelName: string): Promise<Connection> {
  const common = { key: randomBytes(32).toString("hex"), signatureScheme: "hmac-sha256", kernelName };
  const socketPath = join(directory, "s");
  const fits = Buffer.byteLength(`${socketPath}-5`) <= socketPathBytesMax;
  if (ipc && fits && process.platform !== "win32")
    return { ...common, transport: "ipc", ip: socketPath, ports: { shell: 1, iopub: 2, stdin: 3, control: 4, hb: 5 } };
  return { ...common, transport: "tcp", ...(await freePorts()) };
}

async function freePorts(): Promise<Pick<Connection, "ip" | "ports">> {
  // Linux has all of 127.0.0.0/8: on an address of our own nobody else takes the ports between our look and the kernel's.
  if (process.platform === "linux") {
    const ip = `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}`;
    const ports = await pickPorts(ip).catch(() => undefined);
    if (ports !== undefined) return { ip, ports };
  }
  return { ip: "127.0.0.1", ports: await pickPorts("127.0.0.1") };
}

async function pickPorts(ip: string): Promise<Connection["ports"]> {
  const servers: Server[] = [];
  try {
    for (let count = 0; count < 5; count += 1) {
      const server = createServer();
      servers.push(server);
      server.listen({ host: ip, port: 0 });
      await once(server, "listening");
    }
    const [shell = 0, iopub = 0, stdin = 0, control = 0, hb = 0] = servers.map(portOf);
    return { shell, iopub, stdin, control, hb };
  } finally {
    await Promise.all(
      servers.filter((server) => server.listening).map((server) => new Promise((resolve) => server.close(resolve))),
    );
  }
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
