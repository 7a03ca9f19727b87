import { didChangeParams, didOpenParams, documentParams } from "./params.ts";
import { route, type Route } from "./guard.ts";
import type { HubLink } from "./hub-link.ts";
import type { Mirror } from "./mirror.ts";

/**
 * The texts of the client: into the mirror, and unchanged, in order and without waiting to the hub. A text with positions
 * past an end of line or file is understood as LSP says: the nearest position.
 */
export function textMethods(
  mirror: Mirror,
  hub: HubLink,
  listener: { changed(uri: string): void; closed(uri: string): void },
): readonly Route[] {
  return [
    route("textDocument/didOpen", didOpenParams, ({ textDocument: { uri, languageId, version, text } }) => {
      mirror.open(uri, languageId, version, text);
      hub.tell((client) => client.didOpen({ uri, languageId, version, text }));
    }),
    route("textDocument/didChange", didChangeParams, ({ textDocument: { uri, version }, contentChanges }) => {
      // A change to what is not open has nothing to change.
      if (!mirror.change(uri, version, contentChanges)) return;
      hub.tell((client) => {
        client.didChange({ uri, version, changes: contentChanges });
        // A hub in this process has told by now what the edit did to the cells.
        mirror.get(uri)?.settle();
      });
      listener.changed(uri);
    }),
    route("textDocument/didClose", documentParams, ({ textDocument: { uri } }) => {
      if (!mirror.close(uri)) return;
      hub.tell((client) => client.didClose({ uri }));
      listener.closed(uri);
    }),
    // Nothing is read from disk here, so a save is no news; the route keeps it out of the log of unknown methods.
    route("textDocument/didSave", documentParams, () => undefined),
  ];
}
