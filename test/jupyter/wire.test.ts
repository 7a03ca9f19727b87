import fc from "fast-check";
import { expect, test } from "vitest";
import type { OutgoingMessage } from "../../server/jupyter/message.ts";
import { createSigner, type Signer } from "../../server/jupyter/signature.ts";
import { decode, decodeInSteps, encode, isLarge } from "../../server/jupyter/wire.ts";

const signer = createSigner("hmac-sha256", "a key") ?? failed();

function failed(): never {
  throw new Error("no signer");
}

const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);
const jsonObject = fc.dictionary(fc.string(), json).map((value) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>);
const outgoing: fc.Arbitrary<OutgoingMessage> = fc.record(
  {
    channel: fc.constantFrom("shell", "control", "stdin"),
    msgId: fc.uuid(),
    msgType: fc.string(),
    content: jsonObject,
    metadata: jsonObject,
    parentHeader: fc.record({ msg_id: fc.uuid(), msg_type: fc.string(), session: fc.string() }),
  },
  { requiredKeys: ["channel", "msgId", "msgType", "content"] },
);

/** Signed frames of a message whose JSON parts are given as text. */
function framesOf(header: string, parent: string, metadata: string, content: string, sign: Signer = signer): Buffer[] {
  const hmac = sign();
  for (const part of [header, parent, metadata, content]) hmac?.update(part);
  const signature = hmac?.digest("hex") ?? "";
  return ["<IDS|MSG>", signature, header, parent, metadata, content].map((text) => Buffer.from(text));
}

test("a message comes back as it was encoded, behind any topic and before any buffers", () => {
  fc.assert(
    fc.property(outgoing, fc.array(fc.uint8Array()), fc.array(fc.uint8Array()), (message, topics, buffers) => {
      const frames = [...topics, ...encode(signer, "my session", message), ...buffers].map((part) => Buffer.from(part));
      expect(decode(signer, message.channel, frames)).toMatchObject({
        ok: true,
        message: {
          channel: message.channel,
          header: { msg_id: message.msgId, msg_type: message.msgType, session: "my session" },
          parentHeader: message.parentHeader ?? { msg_id: "" },
          metadata: message.metadata ?? {},
          content: message.content,
          buffers: buffers.map((buffer) => Buffer.from(buffer)),
        },
      });
    }),
  );
});

test("a message with any byte of it flipped is refused", () => {
  fc.assert(
    fc.property(outgoing, fc.nat(), fc.integer({ min: 1, max: 255 }), (message, at, mask) => {
      const frames = encode(signer, "my session", message).map((frame) => Buffer.from(frame));
      const signed = frames.slice(1);
      let place = at % signed.reduce((sum, frame) => sum + frame.length, 0);
      const frame = signed.find(({ length }) => place < length || ((place -= length), false)) ?? failed();
      frame.writeUInt8(frame.readUInt8(place) ^ mask, place);
      expect(decode(signer, message.channel, frames)).toEqual({ ok: false, reason: "bad_signature" });
    }),
    { numRuns: 300 },
  );
});

test("a message signed with another key, or not at all, is refused", () => {
  const other = createSigner("hmac-sha256", "another key") ?? failed();
  const unsigned = createSigner("hmac-sha256", "") ?? failed();
  for (const stranger of [other, unsigned])
    expect(decode(signer, "iopub", framesOf('{"msg_type":"status"}', "{}", "{}", "{}", stranger))).toEqual({
      ok: false,
      reason: "bad_signature",
    });
});

test("without a key nothing is signed and nothing is checked", () => {
  const unsigned = createSigner("", "") ?? failed();
  const frames = encode(unsigned, "s", { channel: "shell", msgId: "1", msgType: "x", content: {} });
  expect(frames[1]).toHaveLength(0);
  expect(decode(unsigned, "shell", frames)).toMatchObject({ ok: true });
});

test("every scheme of the connection file schema signs, and an unknown one is told", () => {
  const lengths = ["hmac-md5", "hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512", "hmac-sha3_256"].map(
    (scheme) => createSigner(scheme, "key")?.()?.digest("hex").length,
  );
  expect(lengths).toEqual([32, 40, 56, 64, 96, 128, 64]);
  expect(createSigner("hmac-rot13", "key")).toBeUndefined();
  expect(createSigner("rsa", "key")).toBeUndefined();
});

// https://datatracker.ietf.org/doc/html/rfc4231#section-4.3
test("a signature is the HMAC of RFC 4231 over the four parts", () => {
  const hmac = createSigner("hmac-sha256", "Jefe")?.();
  for (const part of ["what do ya", " want ", "for nothing", "?"]) hmac?.update(part);
  expect(hmac?.digest("hex")).toBe("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
});

test("what kernels leave out is empty: date, session, version, parent, metadata", () => {
  const frames = framesOf('{"msg_id":"1","msg_type":"status"}', "{}", "null", "null");
  expect(decode(signer, "iopub", frames)).toEqual({
    ok: true,
    message: {
      channel: "iopub",
      header: { msg_id: "1", msg_type: "status", session: "", username: "", date: "", version: "" },
      parentHeader: { msg_id: "" },
      metadata: {},
      content: {},
      buffers: [],
    },
  });
});

test("a parent header that is null matches no execution", () => {
  const decoded = decode(signer, "iopub", framesOf('{"msg_type":"stream"}', "null", "{}", "{}"));
  expect(decoded).toMatchObject({ ok: true, message: { parentHeader: { msg_id: "" } } });
});

test("an output with NaN, as Python's json writes it, is not lost", () => {
  const decoded = decode(signer, "iopub", framesOf('{"msg_type":"display_data"}', "{}", "{}", '{"data":{"x":[NaN,-Infinity]}}'));
  expect(decoded).toMatchObject({ ok: true, message: { content: { data: { x: [Number.NaN, Number.NEGATIVE_INFINITY] } } } });
});

test.for([
  ["no delimiter", [], "no_delimiter"],
  ["no delimiter among frames", ["a", "b"], "no_delimiter"],
  ["a delimiter and nothing behind it", ["<IDS|MSG>"], "truncated"],
  ["no content", ["<IDS|MSG>", "", "{}", "{}", "{}"], "truncated"],
] as const)("frames with %s are refused with a reason", ([, frames, reason]) => {
  const buffers = frames.map((frame) => Buffer.from(frame));
  expect(decode(signer, "iopub", buffers)).toEqual({ ok: false, reason });
});

test.for(["{", "[]", "7", '{"msg_type":7}', '{"msg_type":"x","msg_id":{}}', "\u0000"])(
  "a signed header %j is malformed",
  (header) => {
    expect(decode(signer, "iopub", framesOf(header, "{}", "{}", "{}"))).toEqual({ ok: false, reason: "malformed" });
  },
);

test("a message of 7 MB is decoded while timers go on", async () => {
  const numbers = Array.from({ length: 1_000_000 }, (_, index) => index);
  const frames = framesOf('{"msg_type":"display_data"}', "{}", "{}", JSON.stringify({ data: { "application/json": numbers } }));
  expect(isLarge(frames)).toBe(true);
  let ticks = 0;
  const timer = setInterval(() => (ticks += 1), 1);
  const decoded = await decodeInSteps(signer, "iopub", frames);
  clearInterval(timer);
  // At once it would take 100 ms and more, without one tick.
  expect(ticks).toBeGreaterThan(10);
  expect(JSON.stringify(decoded)).toBe(JSON.stringify(decode(signer, "iopub", frames)));
});
