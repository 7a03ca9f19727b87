import { createRequire } from "node:module";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "../bundle.mjs";
import { root } from "./surroundings.mjs";

const exported = `
export { defaultLimits } from "./server/base/limits.ts";
export { silentLog } from "./server/base/log.ts";
export { formatFor } from "./server/formats/registry.ts";
export { createLocalHub } from "./server/hub/local-hub.ts";
export { createEmbeddedProvider } from "./server/kernel/embedded.ts";
export { createZeromqProvider } from "./server/kernel/zeromq.ts";
export { CellView } from "./server/lsp/cell-view.ts";
export { cellHover } from "./server/lsp/hover.ts";
export { inlayHints } from "./server/lsp/hints.ts";
export { LensCache } from "./server/lsp/lenses.ts";
export { MirrorDocument } from "./server/lsp/mirror.ts";
export { OutputFold } from "./server/outputs/fold.ts";
export { defaultSettings } from "./server/protocol/settings.ts";
export { decodeImage, encodePng } from "./server/render/decode-image.ts";
export { htmlBlocks } from "./server/render/html.ts";
export { cellsFor } from "./server/render/image-cells.ts";
export { renderOutputs } from "./server/render/output.ts";
export { placeholderLines } from "./server/render/placeholders.ts";
`;

/** The server's own parts, for what can only be measured from inside. */
export async function loadInside() {
  const directory = join(root, ".cache/bench");
  mkdirSync(directory, { recursive: true });
  const outfile = join(directory, "inside.cjs");
  await bundle({ stdin: { contents: exported, resolveDir: root, loader: "ts" } }, outfile);
  return createRequire(import.meta.url)(outfile);
}

/** A hub in this process with one client; `listener` hears its events. */
export async function attachInside(inside, place, listener = () => {}) {
  const log = inside.silentLog;
  const hub = inside.createLocalHub({
    log,
    limits: inside.defaultLimits,
    stateDirectory: place.env.NBLS_STATE_DIR,
    runtimeDirectory: place.env.NBLS_RUNTIME_DIR,
    providers: { zeromq: inside.createZeromqProvider({ log }), embedded: inside.createEmbeddedProvider({ log }) },
  });
  const description = {
    name: "bench",
    cwd: place.cwd,
    env: place.env,
    settings: inside.defaultSettings,
    canAnswerInput: false,
  };
  const client = await hub.attach(description, { event: listener, requestInput: async () => null });
  return { hub, client };
}
