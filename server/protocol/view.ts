import type { NotificationMethod } from "./method.ts";
import { boolean, object, oneOf, optional, uinteger } from "./validate.ts";

const graphics = oneOf("kitty", "sixel", "none");
const view = {
  width: optional(uinteger),
  height: optional(uinteger),
  graphics: optional(graphics),
  placeholders: optional(boolean),
};
const viewParams = object(view);
export type DidChangeViewParams = ReturnType<typeof viewParams>;

/** The client's window as it is now, in columns and rows. */
export const didChangeView = {
  method: "nbls/didChangeView",
  direction: "clientToServer",
  params: viewParams,
} as const satisfies NotificationMethod<DidChangeViewParams>;

/** What a client says of itself in `capabilities.experimental.nbls` or `initializationOptions.nbls`. */
export const clientCapability = object({
  outputs: optional(boolean),
  requestInput: optional(boolean),
  ...view,
});
export type ClientCapability = ReturnType<typeof clientCapability>;
