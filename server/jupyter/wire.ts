import { timingSafeEqual } from "node:crypto";
import { readJson } from "./lenient-json.ts";
import type { Channel, Header, JsonObject, Message, OutgoingMessage } from "./message.ts";
import type { Signer } from "./signature.ts";

/** Between the identities (or the topic) and the signature of every message. */
const delimiter = Buffer.from("<IDS|MSG>");
const protocolVersion = "5.5";

/** Messages with more signed bytes than this are decoded in steps: 1 MB costs 3–6 ms, 50 MB would cost 250–850 ms at once. */
const stepwiseBytesMin = 1024 * 1024;
/** How long a step may take before other work gets its turn. */
const stepMs = 4;
const signedChunkBytes = 512 * 1024;

export type DecodeFailure = "no_delimiter" | "truncated" | "bad_signature" | "malformed";
export type Decoded = { readonly ok: true; readonly message: Message } | { readonly ok: false; readonly reason: DecodeFailure };

/** The frames of `message`, signed. `session` is what its header names as its session. */
export function encode(signer: Signer, session: string, message: OutgoingMessage): Buffer[] {
  const header: Header = {
    msg_id: message.msgId,
    msg_type: message.msgType,
    session,
    username: "nbls",
    date: new Date().toISOString(),
    version: protocolVersion,
  };
  const parts = [header, message.parentHeader ?? {}, message.metadata ?? {}, message.content].map((part) =>
    Buffer.from(JSON.stringify(part)),
  );
  const hmac = signer();
  for (const part of parts) hmac?.update(part);
  return [delimiter, Buffer.from(hmac?.digest("hex") ?? ""), ...parts];
}

/** Whether `decode` would hold up the event loop noticeably, so that `decodeInSteps` should be used. */
export function isLarge(frames: readonly Buffer[]): boolean {
  // Binary buffers at the end are neither signed nor parsed; counting them too only errs on the safe side.
  return frames.reduce((sum, frame) => sum + frame.length, 0) > stepwiseBytesMin;
}

/** The message in `frames`, or why there is none: what a kernel sends is never a reason to throw. */
export function decode(signer: Signer, channel: Channel, frames: readonly Buffer[]): Decoded {
  const steps = decoding(signer, channel, frames);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** As `decode`, giving way to other work every few milliseconds. */
export async function decodeInSteps(signer: Signer, channel: Channel, frames: readonly Buffer[]): Promise<Decoded> {
  const steps = decoding(signer, channel, frames);
  let pauseAt = performance.now() + stepMs;
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (performance.now() < pauseAt) continue;
    await new Promise((resolve) => setImmediate(resolve));
    pauseAt = performance.now() + stepMs;
  }
}

function* decoding(signer: Signer, channel: Channel, frames: readonly Buffer[]): Generator<undefined, Decoded> {
  const start = frames.findIndex((frame) => frame.equals(delimiter));
  if (start === -1) return { ok: false, reason: "no_delimiter" };
  const [signature, header, parent, metadata, content] = frames.slice(start + 1, start + 6);
  if (!signature || !header || !parent || !metadata || !content) return { ok: false, reason: "truncated" };
  if (!(yield* isSigned(signer, signature, [header, parent, metadata, content]))) return { ok: false, reason: "bad_signature" };
  try {
    const head = headerOf(yield* parse(header));
    if (head === undefined) return { ok: false, reason: "malformed" };
    const message: Message = {
      channel,
      header: head,
      parentHeader: parentOf(yield* parse(parent)),
      metadata: objectOf(yield* parse(metadata)),
      content: objectOf(yield* parse(content)),
      buffers: frames.slice(start + 6),
    };
    return { ok: true, message };
  } catch {
    return { ok: false, reason: "malformed" };
  }
}

function* isSigned(signer: Signer, signature: Buffer, parts: readonly Buffer[]): Generator<undefined, boolean> {
  const hmac = signer();
  if (hmac === undefined) return true;
  for (const part of parts) {
    for (let from = 0; from < part.length; from += signedChunkBytes) {
      hmac.update(part.subarray(from, from + signedChunkBytes));
      if (part.length > signedChunkBytes) yield;
    }
  }
  const expected = Buffer.from(hmac.digest("hex"));
  return expected.length === signature.length && timingSafeEqual(expected, signature);
}

function* parse(frame: Buffer): Generator<undefined, unknown> {
  if (frame.length > stepwiseBytesMin) return yield* readJson(frame);
  try {
    const value: unknown = JSON.parse(frame.toString());
    return value;
  } catch {
    // Python's json writes NaN and Infinity, which JSON.parse refuses.
    return yield* readJson(frame);
  }
}

/** Kernels leave out `date`, `version`, even `session`; without a type a message means nothing. */
export function headerOf(value: unknown): Header | undefined {
  const { msg_id = "", msg_type, session = "", username = "", date = "", version = "", subshell_id } = objectOf(value);
  if (typeof msg_type !== "string" || typeof msg_id !== "string") return undefined;
  return {
    msg_id,
    msg_type,
    session: textOf(session),
    username: textOf(username),
    date: textOf(date),
    version: textOf(version),
    ...(typeof subshell_id === "string" || subshell_id === null ? { subshell_id } : {}),
  };
}

export function parentOf(value: unknown): Message["parentHeader"] {
  const { msg_id, msg_type, session } = objectOf(value);
  return {
    msg_id: textOf(msg_id),
    ...(typeof msg_type === "string" ? { msg_type } : {}),
    ...(typeof session === "string" ? { session } : {}),
  };
}

export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
