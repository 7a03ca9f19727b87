import type { Channel } from "./message.ts";

/** Where a kernel listens and how its messages are signed: the content of a connection file (JEP 106). */
export interface Connection {
  readonly transport: "tcp" | "ipc";
  /** An address, or for `ipc` the start of the sockets' paths. */
  readonly ip: string;
  readonly ports: { readonly [channel in Channel | "hb"]: number };
  readonly key: string;
  readonly signatureScheme: string;
  readonly kernelName?: string;
}

export type ParsedConnection =
  | { readonly ok: true; readonly connection: Connection }
  /** `detail` is a sentence for people. */
  | { readonly ok: false; readonly detail: string };

/** The text of a connection file. */
export function printConnectionFile(connection: Connection): string {
  const { transport, ip, ports, key, signatureScheme, kernelName } = connection;
  const file = {
    shell_port: ports.shell,
    iopub_port: ports.iopub,
    stdin_port: ports.stdin,
    control_port: ports.control,
    hb_port: ports.hb,
    ip,
    transport,
    key,
    signature_scheme: signatureScheme,
    ...(kernelName === undefined ? {} : { kernel_name: kernelName }),
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** Reads a connection file that any Jupyter client may have written. */
export function parseConnectionFile(text: string): ParsedConnection {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    return { ok: false, detail: "The connection file is not JSON." };
  }
  if (typeof file !== "object" || file === null) return { ok: false, detail: "The connection file is not a JSON object." };
  const member = new Map<string, unknown>(Object.entries(file));
  if (member.has("curve_publickey")) return { ok: false, detail: "Encrypted connections (CURVE) are not supported." };
  const transport = member.get("transport") ?? "tcp";
  if (transport !== "tcp" && transport !== "ipc") return { ok: false, detail: "The connection file has an unknown transport." };
  const ip = member.get("ip") ?? "127.0.0.1";
  const key = member.get("key") ?? "";
  const signatureScheme = member.get("signature_scheme") ?? "hmac-sha256";
  if (typeof ip !== "string" || typeof key !== "string" || typeof signatureScheme !== "string")
    return { ok: false, detail: "The connection file's ip, key and signature_scheme are not all strings." };
  const [shell, iopub, stdin, control, hb] = ["shell", "iopub", "stdin", "control", "hb"].map((name) =>
    portOf(member.get(`${name}_port`)),
  );
  if (shell === undefined || iopub === undefined || stdin === undefined || control === undefined || hb === undefined)
    return { ok: false, detail: "The connection file lacks a port." };
  const kernelName = member.get("kernel_name");
  const ports = { shell, iopub, stdin, control, hb };
  const named = typeof kernelName === "string" ? { kernelName } : {};
  return { ok: true, connection: { transport, ip, ports, key, signatureScheme, ...named } };
}

function portOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value > 0 && value < 65_536 ? value : undefined;
}

/** What a socket of `channel` connects to. */
export function endpoint(connection: Connection, channel: Channel | "hb"): string {
  const port = connection.ports[channel];
  if (connection.transport === "ipc") return `ipc://${connection.ip}-${port}`;
  const host = connection.ip.includes(":") ? `[${connection.ip}]` : connection.ip;
  return `tcp://${host}:${port}`;
}
