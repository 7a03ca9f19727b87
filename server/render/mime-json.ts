import { joinMultiline, type MimeBundle } from "../jupyter/nbformat.ts";
import { jsonLines } from "./json.ts";
import type { Renderer } from "./renderer.ts";

/** `application/json`, and types built on it (`application/geo+json`, `application/vnd.….v1+json`), plain ones first. */
export const json: Renderer = {
  name: "application/*json",
  render(data, _metadata, { width, height }) {
    const mediaType = jsonType(data);
    if (mediaType === undefined) return undefined;
    const lines = jsonLines(parsed(data[mediaType]), { width, height });
    return { form: "lines", lines };
  },
};

function jsonType(data: MimeBundle): string | undefined {
  const types = Object.keys(data).filter((name) => /^application\/(?:[\w.-]+\+)?json$/.test(name));
  return types.find((name) => name === "application/json") ?? types.find((name) => !name.includes("/vnd.")) ?? types[0];
}

/** Files may hold JSON as text, in lines. */
function parsed(value: unknown): unknown {
  const text = joinMultiline(value);
  if (text === undefined || (Array.isArray(value) && value.length === 0)) return value;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return value;
  }
}
