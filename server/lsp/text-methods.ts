import type { ChangeOrder } from "./change-order.ts";
import { didChangeParams, didOpenParams, documentParams } from "./params.ts";
import { route, type Route } from "./guard.ts";
import type { HubLink } from "./hub-link.ts";
import type { Mirror } from "./mirror.ts";
import type { PairedTexts } from "./paired-texts.ts";

/**
 * The texts of the client: into the mirror, and unchanged, in order and without waiting to the hub. A text with positions
 * past an end of line or file is understood as LSP says: the nearest position.
 */
export function textMethods(
  mirror: Mirror,
  hub: HubLink,
  pairing: PairedTexts,
  order: ChangeOrder | undefined,
  listener: { changed(uri: string): void; closed(uri: string): void },
): readonly Route[] {
  return [
    route("textDocument/didOpen", didOpenParams, ({ textDocument: { uri, languageId, version, text } }) => {
      order?.opened(uri, version);
      const open = (last: { readonly version: number; readonly text: string }) => {
        mirror.open(uri, languageId, last.version, last.text);
        hub.tell((client) => client.didOpen({ uri, languageId, ...last }));
      };
      if (!pairing.takes(uri, version, text, open)) open({ version, text });
    }),
    route("textDocument/didChange", didChangeParams, ({ textDocument: { uri, version }, contentChanges }) => {
      const change = () => {
        if (pairing.change(uri, version, contentChanges)) return;
        // A change to what is not open has nothing to change.
        if (!mirror.change(uri, version, contentChanges)) return;
        hub.tell((client) => {
          client.didChange({ uri, version, changes: contentChanges });
          // A hub in this process has told by now what the edit did to the cells.
          mirror.get(uri)?.settle();
        });
        listener.changed(uri);
      };
      if (order === undefined) change();
      else order.changed(uri, version, change);
    }),
    route("textDocument/didClose", documentParams, ({ textDocument: { uri } }) => {
      order?.closed(uri);
      pairing.close(uri);
      if (!mirror.close(uri)) return;
      hub.tell((client) => client.didClose({ uri }));
      listener.closed(uri);
    }),
    route("textDocument/didSave", documentParams, ({ textDocument: { uri } }) => {
      const save = () => {
        if (mirror.get(uri) !== undefined) hub.tell((client) => client.didSave({ uri }));
      };
      if (order === undefined) save();
      else order.later(uri, save);
    }),
  ];
}
