import { readJson } from "./lenient-json.ts";
import type { Message, OutgoingMessage } from "./message.ts";
import { headerOf, objectOf, parentOf } from "./wire.ts";

/** A longer line is read in steps, as one frame of ZeroMQ would be. */
const stepwiseBytesMin = 1024 * 1024;

/** What the embedded kernel sends, a JSON object a line: Jupyter messages, and the echo of a heartbeat. */
export type Line = { readonly type: "message"; readonly message: Message } | { readonly type: "beat" };

/** The line that asks for an echo. */
export const beatLine = '{"channel":"hb"}\n';

/** `message` as a line for the embedded kernel. */
export function encodeLine(session: string, message: OutgoingMessage): string {
  const header = {
    msg_id: message.msgId,
    msg_type: message.msgType,
    session,
    username: "nbls",
    date: new Date().toISOString(),
    version: "5.4",
  };
  const line = {
    channel: message.channel,
    header,
    parent_header: message.parentHeader ?? {},
    metadata: message.metadata ?? {},
    content: message.content,
  };
  return `${JSON.stringify(line)}\n`;
}

/** Reads a line, yielding often where it is long; `undefined` where it is none of ours. */
export function* decodeLine(bytes: Buffer): Generator<undefined, Line | undefined> {
  let line;
  try {
    const value: unknown = bytes.length > stepwiseBytesMin ? yield* readJson(bytes) : JSON.parse(bytes.toString());
    line = objectOf(value);
  } catch {
    return undefined;
  }
  const { channel } = line;
  if (channel === "hb") return { type: "beat" };
  if (channel !== "shell" && channel !== "control" && channel !== "stdin" && channel !== "iopub") return undefined;
  const header = headerOf(line["header"]);
  if (header === undefined) return undefined;
  const message: Message = {
    channel,
    header,
    parentHeader: parentOf(line["parent_header"]),
    metadata: objectOf(line["metadata"]),
    content: objectOf(line["content"]),
    buffers: [],
  };
  return { type: "message", message };
}
