import type { Message } from "../../server/jupyter/message.ts";
import type { KernelLaunch } from "../../server/kernel/provider.ts";
import type { Snippets } from "./conformance-snippets.ts";
import type { RecordedSession } from "./recorded-session.ts";

export type Tier = "basic" | "interactive" | "rich" | "advanced";

/** A kernel under test and what to run on it. */
export interface Subject {
  readonly launch: KernelLaunch;
  readonly snippets: Snippets;
  /** One kernel that all checks of a subject share: they leave it as they found it, idle. */
  readonly shared: RecordedSession;
  /** A kernel of the check's own, for those that end or restart it. */
  readonly fresh: () => Promise<RecordedSession>;
}

export interface Check {
  readonly tier: Tier;
  readonly name: string;
  readonly run: (subject: Subject) => Promise<void>;
}

/** What the environment of every kernel under test has. */
export const conformanceEnvironment = { NBLS_CONFORMANCE: "héllo from outside" };

/** A snippet that some languages have no word for. */
export function needed(snippet: string | undefined): string {
  if (snippet === undefined) throw new Error("the language has no such thing");
  return snippet;
}

/** The mime bundle of an output; empty if there is none. */
export function bundleOf(message: Message | undefined): { readonly [mediaType: string]: unknown } {
  return (message?.content["data"] ?? {}) as { readonly [mediaType: string]: unknown };
}
