import type { HubClient } from "../hub/hub.ts";
import { cellsRequest } from "../protocol/cells.ts";
import { cancelRequest, executeRequest } from "../protocol/execution.ts";
import {
  interruptKernelRequest,
  kernelsRequest,
  kernelspecsRequest,
  restartKernelRequest,
  selectKernelRequest,
  shutdownKernelRequest,
  startKernelRequest,
} from "../protocol/kernels.ts";
import type { RequestMethod } from "../protocol/method.ts";
import { readNotebookRequest, writeNotebookRequest } from "../protocol/notebooks.ts";
import { clearOutputsRequest, outputsRequest } from "../protocol/outputs.ts";
import { route, type Route } from "./guard.ts";
import type { HubLink } from "./hub-link.ts";

/** The `nbls/*` requests of clients: each goes to the hub as it is, once its params are checked. */
export function executionMethods(link: HubLink): readonly Route[] {
  const forward = <P, R>(request: RequestMethod<P, R>, call: (hub: HubClient, params: P) => Promise<R>): Route =>
    route(request.method, request.params, async (params) => await call(await link.client(), params));
  return [
    forward(cellsRequest, (hub, params) => hub.cells(params)),
    forward(executeRequest, (hub, params) => hub.execute(params)),
    forward(cancelRequest, (hub, params) => hub.cancel(params)),
    forward(outputsRequest, (hub, params) => hub.outputs(params)),
    forward(clearOutputsRequest, (hub, params) => hub.clearOutputs(params)),
    forward(kernelspecsRequest, (hub, params) => hub.kernelspecs(params)),
    forward(kernelsRequest, (hub, params) => hub.kernels(params ?? {})),
    forward(startKernelRequest, (hub, params) => hub.startKernel(params)),
    forward(interruptKernelRequest, (hub, params) => hub.interruptKernel(params)),
    forward(restartKernelRequest, (hub, params) => hub.restartKernel(params)),
    forward(shutdownKernelRequest, (hub, params) => hub.shutdownKernel(params)),
    forward(selectKernelRequest, (hub, params) => hub.selectKernel(params)),
    forward(readNotebookRequest, (hub, params) => hub.readNotebook(params)),
    forward(writeNotebookRequest, (hub, params) => hub.writeNotebook(params)),
  ];
}
