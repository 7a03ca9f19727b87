import type { NotificationMethod, RequestMethod } from "./method.ts";
import { anything, documentParams, object, optional, string, textDocument, InvalidParams, type Validator } from "./validate.ts";

export type KernelStatus = "starting" | "idle" | "busy" | "restarting" | "dead";

export interface Kernel {
  readonly id: string;
  readonly name: string;
  readonly displayName: string;
  readonly language: string;
  readonly status: KernelStatus;
  /** Why it has this status, or why this kernel was chosen: a sentence for people. */
  readonly reason?: string;
  readonly executionCount: number;
  /** Paths of the notebooks that use it. */
  readonly files: readonly string[];
  readonly pid?: number;
  readonly cpuPercent?: number;
  readonly memoryBytes?: number;
}

/** A kernel that could be started. `source` says where it was found, `reason` why it stands where it does in the list. */
export interface KernelCandidate {
  readonly name: string;
  readonly displayName: string;
  readonly language: string;
  readonly interpreter?: string;
  readonly source: "notebook" | "setting" | "kernelspec" | "environment" | "path" | "embedded";
  readonly reason: string;
}

export interface KernelspecsResult {
  readonly candidates: readonly KernelCandidate[];
  /** The `name` of the candidate that would be started. */
  readonly chosen?: string;
}

type DocumentParams = { readonly textDocument: { readonly uri: string } };

export const kernelspecsRequest = {
  method: "nbls/kernelspecs",
  direction: "clientToServer",
  params: documentParams,
} as const satisfies RequestMethod<DocumentParams, KernelspecsResult>;

export const kernelsRequest = {
  method: "nbls/kernels",
  direction: "clientToServer",
  params: anything,
} as const satisfies RequestMethod<unknown, { readonly kernels: readonly Kernel[] }>;

export const startKernelRequest = {
  method: "nbls/startKernel",
  direction: "clientToServer",
  params: documentParams,
} as const satisfies RequestMethod<DocumentParams, Kernel>;

export const interruptKernelRequest = {
  method: "nbls/interruptKernel",
  direction: "clientToServer",
  params: documentParams,
} as const satisfies RequestMethod<DocumentParams, Kernel>;

export const restartKernelRequest = {
  method: "nbls/restartKernel",
  direction: "clientToServer",
  params: documentParams,
} as const satisfies RequestMethod<DocumentParams, Kernel>;

export const shutdownKernelRequest = {
  method: "nbls/shutdownKernel",
  direction: "clientToServer",
  params: documentParams,
} as const satisfies RequestMethod<DocumentParams, Kernel>;

const selectKernelFields = object({
  textDocument,
  kernelspec: optional(string),
  interpreter: optional(string),
  kernelId: optional(string),
  connectionFile: optional(string),
});
export type SelectKernelParams = ReturnType<typeof selectKernelFields>;
const selectKernelParams: Validator<SelectKernelParams> = (value, path) => {
  const params = selectKernelFields(value, path);
  const named = [params.kernelspec, params.interpreter, params.kernelId, params.connectionFile].filter(
    (name) => name !== undefined,
  );
  if (named.length !== 1) throw new InvalidParams(path, "one of kernelspec, interpreter, kernelId and connectionFile");
  return params;
};

export const selectKernelRequest = {
  method: "nbls/selectKernel",
  direction: "clientToServer",
  params: selectKernelParams,
} as const satisfies RequestMethod<SelectKernelParams, Kernel>;

export interface DidChangeKernelParams {
  readonly textDocument?: { readonly uri: string };
  readonly kernel: Kernel;
}

export const didChangeKernel = {
  method: "nbls/didChangeKernel",
  direction: "serverToClient",
} as const satisfies NotificationMethod<DidChangeKernelParams>;
