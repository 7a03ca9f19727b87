import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { HubClient, HubListener } from "../hub/hub.ts";
import { NblsError } from "../protocol/errors.ts";
import { defaultSettings } from "../protocol/settings.ts";
import type { CliContext } from "./context.ts";

/** For verbs that only ask. */
export const silentListener: HubListener = {
  event() {},
  async requestInput() {
    return null;
  },
};

export interface AttachOptions {
  readonly listener?: HubListener;
  readonly canAnswerInput?: boolean;
}

/** Attaches to the hub for as long as `use` takes. Whatever happens, its kernels have ended when this returns. */
export async function withClient<T>(
  context: CliContext,
  { listener = silentListener, canAnswerInput = false }: AttachOptions,
  use: (client: HubClient) => Promise<T>,
): Promise<T> {
  const hub = await context.openHub();
  try {
    const { cwd, env } = context;
    // What a script runs is nothing that somebody typed: it does not belong into their history.
    const settings = { ...defaultSettings, "kernel.history": false };
    return await use(await hub.attach({ name: "nbls", cwd, env, settings, canAnswerInput }, listener));
  } finally {
    await hub.close();
  }
}

/** The document of a file named on the command line. */
export function documentOf(context: CliContext, file: string): { readonly uri: string } {
  return { uri: pathToFileURL(resolve(context.cwd, file)).href };
}

/** Throws `unreadable`, with the reason and the line, for a path that is no notebook. */
export async function readableNotebook(client: HubClient, textDocument: { readonly uri: string }): Promise<void> {
  const path = fileURLToPath(textDocument.uri);
  // Before its ending is looked at: "of an unknown kind" would be true of a folder, and no help.
  if ((await stat(path).catch(() => undefined))?.isDirectory() === true)
    throw new NblsError("unreadable", `${path} is a directory, not a notebook`);
  const problems = await client.problems({ textDocument });
  const error = problems.find(({ severity }) => severity === "error");
  if (error !== undefined) throw new NblsError("unreadable", `${path}, line ${error.line + 1}: ${error.message}`);
}
