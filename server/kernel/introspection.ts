import type { JsonObject } from "../jupyter/message.ts";
import type { CompleteReply } from "./session.ts";

/** The wire counts Unicode code points, we count UTF-16 units: they differ from the first emoji on. */
export function codePointOffset(code: string, offset: number): number {
  return [...code.slice(0, offset)].length;
}

/** The other way: a kernel's position as an offset into our string, held within it. */
export function utf16Offset(code: string, codePoints: number): number {
  let offset = 0;
  for (let seen = 0; seen < codePoints && offset < code.length; seen += 1) {
    offset += (code.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
  }
  return offset;
}

/** A `complete_reply` in our terms. Without usable positions the matches stand at the cursor, replacing nothing. */
export function readCompleteReply(code: string, offset: number, content: JsonObject): CompleteReply | undefined {
  if (content["status"] !== "ok" || !Array.isArray(content["matches"])) return undefined;
  const details = matchDetails(content["metadata"]);
  const matches = content["matches"]
    .filter((match) => typeof match === "string")
    .map((text, index) => {
      const detail = details[index];
      // The experimental list runs parallel to the matches; where it does not, types would land on the wrong names.
      return detail !== undefined && detail.text === text ? { ...detail, text } : { text };
    });
  const start = content["cursor_start"];
  const end = content["cursor_end"];
  return {
    matches,
    start: typeof start === "number" ? utf16Offset(code, start) : offset,
    end: typeof end === "number" ? utf16Offset(code, end) : offset,
  };
}

/** ipykernel's types and signatures, a list parallel to `matches`. */
function matchDetails(metadata: unknown): { text?: unknown; type?: string; signature?: string }[] {
  if (!isObject(metadata)) return [];
  const entries = metadata["_jupyter_types_experimental"];
  if (!Array.isArray(entries)) return [];
  return entries.map((entry: unknown) => {
    if (!isObject(entry)) return {};
    const { text, type, signature } = entry;
    return {
      text,
      // "<unknown>" is what ipykernel says when jedi is off.
      ...(typeof type === "string" && type !== "" && type !== "<unknown>" ? { type } : {}),
      ...(typeof signature === "string" && signature !== "" ? { signature } : {}),
    };
  });
}

/** The mime bundle of an `inspect_reply`; `undefined` when nothing was found. */
export function readInspectReply(content: JsonObject): JsonObject | undefined {
  if (content["status"] !== "ok" || content["found"] !== true || !isObject(content["data"])) return undefined;
  return Object.keys(content["data"]).length === 0 ? undefined : content["data"];
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
