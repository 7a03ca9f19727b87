import type { Validator } from "./validate.ts";

/** A request that a client sends, with the validator of its params. `R` is the type of the result. */
export interface RequestMethod<P, R> {
  readonly method: string;
  readonly direction: "clientToServer" | "serverToClient";
  readonly params: Validator<P>;
  /** Never there: it carries the type of the result. */
  readonly result?: R;
}

export interface NotificationMethod<P> {
  readonly method: string;
  readonly direction: "clientToServer" | "serverToClient";
  /** What we send needs no check. */
  readonly params?: Validator<P>;
}
