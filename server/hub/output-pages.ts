import type { HubClient, OutputWindow, OutputWindowParams } from "./hub.ts";

/** UTF-16 units of one page. */
const pageLength = 262_144;

/** What a cell shows, part by part: for who wants all of it and not all of it in memory. */
export async function* outputPages(
  client: Pick<HubClient, "outputWindow">,
  params: Pick<OutputWindowParams, "textDocument" | "cellId">,
): AsyncGenerator<OutputWindow> {
  let from: OutputWindow["next"] = { output: 0, line: 0 };
  while (from !== undefined) {
    const window: OutputWindow = await client.outputWindow({ ...params, from, lengthMax: pageLength });
    yield window;
    from = window.next;
  }
}
