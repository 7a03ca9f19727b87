import { TextLines, type TextChange } from "../base/text.ts";
import type { Client } from "./client.ts";
import type { ClientPort } from "./client-port.ts";
import { messageOf } from "./guard.ts";
import type { HubLink } from "./hub-link.ts";

interface Held {
  version: number;
  readonly text: TextLines;
}

/** An editor shows its user the JSON of an `.ipynb` only where there is no better way. */
const json = /^\ufeff?\s*(?:\{|$)/;

/**
 * Notebooks that a client without an adapter opens as the JSON that they are: it is shown a text beside them instead, and
 * their own documents are left alone. Where that cannot be, they are documents like any other.
 */
export class PairedTexts {
  readonly #client: Client;
  readonly #port: ClientPort;
  readonly #hub: HubLink;
  readonly #held = new Map<string, Held>();

  constructor(client: Client, port: ClientPort, hub: HubLink) {
    this.#client = client;
    this.#port = port;
    this.#hub = hub;
  }

  /** `true`: it will be shown as text. `open` is called, with the text as it is by then, if that fails. */
  takes(
    uri: string,
    version: number,
    text: string,
    open: (last: { readonly version: number; readonly text: string }) => void,
  ): boolean {
    if (this.#client.nbls?.outputs === true || !uri.toLowerCase().endsWith(".ipynb") || !json.test(text)) return false;
    const held = { version, text: new TextLines(text) };
    this.#held.set(uri, held);
    showAsText(this.#hub, this.#port, uri).catch((error: unknown) => {
      this.#port.showMessage("error", messageOf(error));
      if (this.#held.get(uri) !== held) return;
      this.#held.delete(uri);
      open({ version: held.version, text: held.text.toString() });
    });
    return true;
  }

  /** `true`: the document is one that is shown as text. */
  change(uri: string, version: number, changes: readonly TextChange[]): boolean {
    const held = this.#held.get(uri);
    if (held === undefined) return false;
    held.version = version;
    for (const change of changes) held.text.apply(change);
    return true;
  }

  close(uri: string): void {
    this.#held.delete(uri);
  }
}

/** Has the client show a notebook as text in a file beside it. Rejects where there is none to show. */
export async function showAsText(link: HubLink, port: ClientPort, notebookUri: string): Promise<void> {
  const hub = await link.client();
  const { uri, warning } = await hub.openAsText({ uri: notebookUri });
  if (warning !== undefined) port.showMessage("warning", warning);
  // Without `takeFocus` an editor may open a second window instead.
  port.ask("window/showDocument", { uri, takeFocus: true });
}
