import type { JsonObject } from "../jupyter/message.ts";
import { joinMultiline, type Output } from "../jupyter/nbformat.ts";
import { splitLines } from "./split-lines.ts";

/** An output as an `.ipynb` stores it, read; `undefined` for one of a type that this program does not know. */
export function readOutput(stored: unknown): Output | undefined {
  if (!isObject(stored)) return undefined;
  switch (stored["output_type"]) {
    case "stream":
      return {
        output_type: "stream",
        name: stored["name"] === "stderr" ? "stderr" : "stdout",
        text: joinMultiline(stored["text"]) ?? "",
      };
    case "display_data":
      return { output_type: "display_data", data: readBundle(stored["data"]), metadata: objectOf(stored["metadata"]) };
    case "execute_result":
      return {
        output_type: "execute_result",
        execution_count: typeof stored["execution_count"] === "number" ? stored["execution_count"] : null,
        data: readBundle(stored["data"]),
        metadata: objectOf(stored["metadata"]),
      };
    case "error":
      return {
        output_type: "error",
        ename: joinMultiline(stored["ename"]) ?? "",
        evalue: joinMultiline(stored["evalue"]) ?? "",
        traceback: Array.isArray(stored["traceback"]) ? stored["traceback"].map(String) : [],
      };
    default:
      return undefined;
  }
}

/** An output as an `.ipynb` stores it. */
export function storedOutput(output: Output): JsonObject {
  switch (output.output_type) {
    case "stream":
      return { name: output.name, output_type: output.output_type, text: splitLines(output.text) };
    case "display_data":
    case "execute_result":
      return { ...output, data: storedBundle(output.data) };
    case "error":
      return { ...output };
  }
}

/** Types whose text nbformat cuts into lines: text, and two that are text in all but name. */
const isCut = (mediaType: string) => /^text\/|^application\/javascript$|^image\/svg\+xml$/.test(mediaType);
const isJson = (mediaType: string) => /^application\/(?:json|.*\+json)$/.test(mediaType);

function readBundle(stored: unknown): JsonObject {
  return mapValues(objectOf(stored), (mediaType, value) => (isJson(mediaType) ? value : (joinMultiline(value) ?? value)));
}

function storedBundle(data: JsonObject): JsonObject {
  return mapValues(data, (mediaType, value) => (isCut(mediaType) && typeof value === "string" ? splitLines(value) : value));
}

function mapValues(object: JsonObject, change: (key: string, value: unknown) => unknown): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(key, value)]));
}

function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
