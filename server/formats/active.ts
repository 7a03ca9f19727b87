import type { JsonObject } from "../jupyter/message.ts";

/**
 * Whether a cell takes part in files with this ending ("py", "ipynb"), as jupytext's `active` metadata, its `active-…`
 * tags or a frozen `run_control` say.
 */
export function isActive(extension: string, metadata: JsonObject, otherwise = true): boolean {
  const control = metadata["run_control"];
  if (typeof control === "object" && control !== null && Reflect.get(control, "frozen") === true) return extension === "ipynb";
  const tags = metadata["tags"];
  const tag = Array.isArray(tags) ? tags.find((entry) => typeof entry === "string" && entry.startsWith("active-")) : undefined;
  if (typeof tag === "string") return tag.split("-").includes(extension);
  const active = metadata["active"];
  return typeof active === "string" ? active.split(/[.,]/).includes(extension) : otherwise;
}
