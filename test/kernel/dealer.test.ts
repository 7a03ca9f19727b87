// @module-tag process
import { createServer } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { Router } from "zeromq";
import { Dealer } from "../../server/kernel/dealer.ts";
import { encodeMessage, FrameReader, greeting } from "../../server/kernel/zmtp.ts";
import { tempDirectory } from "../real-kernels.ts";

function dealer(path: string, routingId = "me") {
  const problems: string[] = [];
  const socket = new Dealer({ address: { path }, routingId, onProblem: (problem) => problems.push(problem) });
  onTestFinished(() => socket.close());
  return { socket, problems };
}

async function router(path: string) {
  const socket = new Router({ linger: 0 });
  onTestFinished(() => socket.close());
  await socket.bind(`ipc://${path}`);
  return socket;
}

const socketPath = () => join(tempDirectory(), "s");

test("what was sent before anybody listened arrives, under the routing id, and answers come back", async () => {
  const path = socketPath();
  const { socket } = dealer(path, "someone");
  const large = Buffer.alloc(3_000_000, "x");
  socket.send([Buffer.from("a"), Buffer.alloc(0), large]);
  const peer = await router(path);
  const [id, ...frames] = await peer.receive();
  expect(id?.toString()).toBe("someone");
  expect(frames.map((frame) => frame.length)).toEqual([1, 0, large.length]);
  await peer.send([id ?? "", "one", large]);
  await peer.send([id ?? "", "two"]);
  const received: Buffer[][] = [];
  for await (const message of socket) if (received.push(message) === 2) break;
  expect(received.map(([first]) => first?.toString())).toEqual(["one", "two"]);
  expect(received[0]?.[1]?.equals(large)).toBe(true);
});

test("a peer that went and came back is connected to again", async () => {
  const path = socketPath();
  const { socket } = dealer(path);
  const first = await router(path);
  socket.send([Buffer.from("1")]);
  await first.receive();
  first.close();
  const second = await router(path);
  // What is sent while nobody is there may go down with the connection that is not yet known to be broken.
  const again = setInterval(() => socket.send([Buffer.from("2")]), 20);
  onTestFinished(() => clearInterval(again));
  expect((await second.receive())[1]?.toString()).toBe("2");
});

test.each([
  ["no ZMTP at all", Buffer.from(`HTTP/1.1 400 Bad Request\r\n\r\n${" ".repeat(64)}`), /does not speak ZMTP/],
  ["an old ZMTP", Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 1, ...Buffer.alloc(60)]), /speaks ZMTP 1/],
  ["another mechanism", Buffer.from(greeting().toString("latin1").replace("NULL\0", "CURVE"), "latin1"), /mechanism "CURVE"/],
  [
    "a frame of absurd length",
    Buffer.concat([greeting(), Buffer.from([2, 255, 255, 255, 255, 255, 255, 255, 255])]),
    /bytes was/,
  ],
  [
    "an error",
    Buffer.concat([greeting(), Buffer.from([4, 9]), Buffer.from("\u0005ERROR\u0002no")]),
    /refuses the connection: no/,
  ],
])("a peer with %s is told about once, and left alone", async (_name, bytes, problem) => {
  const path = socketPath();
  const server = createServer((connection) => connection.on("error", () => {}).write(bytes));
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const { socket, problems } = dealer(path);
  for await (const _ of socket) expect.fail("a message");
  expect(problems).toEqual([expect.stringMatching(problem)]);
  expect(socket.closed).toBe(true);
});

test("any messages, cut anywhere, are read as they were written", () => {
  const frame = fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ minLength: 250, maxLength: 300 }));
  const messages = fc.array(fc.array(frame, { minLength: 1, maxLength: 5 }), { maxLength: 6 });
  fc.assert(
    fc.property(messages, fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), (sent, cuts) => {
      const bytes = Buffer.concat(sent.map((frames) => encodeMessage(frames.map((each) => Buffer.from(each)))));
      const reader = new FrameReader();
      const read: number[][][] = [[]];
      for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
        const length = cuts[turn % cuts.length] ?? 1;
        reader.push(bytes.subarray(at, at + length));
        at += length;
        for (let next = reader.next(); next !== undefined; next = reader.next()) {
          read.at(-1)?.push([...next.body]);
          if (!next.hasMore) read.push([]);
        }
      }
      expect(read.slice(0, -1)).toEqual(sent.map((frames) => frames.map((each) => [...each])));
    }),
  );
});
