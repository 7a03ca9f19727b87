import { cellsVerb } from "./cells.ts";
import { convertVerb } from "./convert.ts";
import { copyVerb } from "./copy.ts";
import { doctorVerb } from "./doctor.ts";
import { kernelsVerb } from "./kernels.ts";
import { lspVerb } from "./lsp.ts";
import { newVerb } from "./new.ts";
import { outputVerb } from "./output.ts";
import { runVerb } from "./run.ts";
import type { Verb } from "./verb.ts";

/** Every verb, in the order that `nbls --help` lists them. */
export const verbs: readonly Verb[] = [
  runVerb,
  cellsVerb,
  outputVerb,
  kernelsVerb,
  convertVerb,
  newVerb,
  copyVerb,
  doctorVerb,
  lspVerb,
];
