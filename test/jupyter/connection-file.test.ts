import { expect, test } from "vitest";
import { type Connection, endpoint, parseConnectionFile, printConnectionFile } from "../../server/jupyter/connection-file.ts";

const connection: Connection = {
  transport: "tcp",
  ip: "127.0.0.1",
  ports: { shell: 1001, iopub: 1002, stdin: 1003, control: 1004, hb: 1005 },
  key: "a key",
  signatureScheme: "hmac-sha256",
  kernelName: "python3",
};

test("a connection file reads as it was printed, in the names of JEP 106", () => {
  const text = printConnectionFile(connection);
  expect(parseConnectionFile(text)).toEqual({ ok: true, connection });
  expect(JSON.parse(text)).toEqual({
    shell_port: 1001,
    iopub_port: 1002,
    stdin_port: 1003,
    control_port: 1004,
    hb_port: 1005,
    ip: "127.0.0.1",
    transport: "tcp",
    key: "a key",
    signature_scheme: "hmac-sha256",
    kernel_name: "python3",
  });
});

test("what a connection file leaves out has jupyter_client's defaults", () => {
  const text = '{"shell_port":1,"iopub_port":2,"stdin_port":3,"control_port":4,"hb_port":5}';
  expect(parseConnectionFile(text)).toMatchObject({
    ok: true,
    connection: { transport: "tcp", ip: "127.0.0.1", key: "", signatureScheme: "hmac-sha256" },
  });
});

test("endpoints of tcp, of IPv6 and of sockets in a directory", () => {
  expect(endpoint(connection, "shell")).toBe("tcp://127.0.0.1:1001");
  expect(endpoint({ ...connection, ip: "::1" }, "hb")).toBe("tcp://[::1]:1005");
  expect(endpoint({ ...connection, transport: "ipc", ip: "/run/k/s" }, "iopub")).toBe("ipc:///run/k/s-1002");
});

test.for([
  ["no JSON", "{", /not JSON/],
  ["no object", "7", /not a JSON object/],
  ["a missing port", '{"shell_port":1,"iopub_port":2,"stdin_port":3,"control_port":4}', /lacks a port/],
  ["a port that is none", '{"shell_port":70000,"iopub_port":2,"stdin_port":3,"control_port":4,"hb_port":5}', /lacks a port/],
  ["an unknown transport", '{"transport":"carrier pigeon"}', /unknown transport/],
  ["a key that is no string", '{"key":7}', /not all strings/],
  ["encryption", '{"curve_publickey":"x"}', /CURVE/],
] as const)("a connection file with %s is refused with a sentence", ([, text, detail]) => {
  expect(parseConnectionFile(text)).toEqual({ ok: false, detail: expect.stringMatching(detail) });
});
