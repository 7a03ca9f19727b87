import type { Verb } from "./verb.ts";

/** Every verb by its name, in the order that `nbls --help` lists them. Only the one that is called is loaded: the rest would be half of a start. */
const loaders: { readonly [name: string]: () => Promise<Verb> } = {
  run: async () => (await import("./run.ts")).runVerb,
  cells: async () => (await import("./cells.ts")).cellsVerb,
  output: async () => (await import("./output.ts")).outputVerb,
  open: async () => (await import("./open.ts")).openVerb,
  kernels: async () => (await import("./kernels.ts")).kernelsVerb,
  convert: async () => (await import("./convert.ts")).convertVerb,
  new: async () => (await import("./new.ts")).newVerb,
  copy: async () => (await import("./copy.ts")).copyVerb,
  doctor: async () => (await import("./doctor.ts")).doctorVerb,
  lsp: async () => (await import("./lsp.ts")).lspVerb,
};

/** `undefined` if there is no verb of that name. */
export async function loadVerb(name: string | undefined): Promise<Verb | undefined> {
  return name !== undefined && Object.hasOwn(loaders, name) ? await loaders[name]?.() : undefined;
}

export async function loadVerbs(): Promise<readonly Verb[]> {
  return await Promise.all(Object.values(loaders).map((load) => load()));
}
