import {
  anything,
  array,
  documentParams,
  integer,
  object,
  optional,
  position,
  range,
  string,
  textDocument,
} from "../protocol/validate.ts";

/** Validators of LSP's own params, as far as we read them (LSP 3.17). */
export const positionParams = object({ textDocument, position });
export const positionsParams = object({ textDocument, positions: array(position) });
export const rangeParams = object({ textDocument, range });
export const codeActionParams = object({ textDocument, range, context: object({ only: optional(array(string)) }) });
export const executeCommandParams = object({ command: string, arguments: optional(array(anything)) });
export const didOpenParams = object({
  textDocument: object({ uri: string, languageId: string, version: integer, text: string }),
});
export const didChangeParams = object({
  textDocument: object({ uri: string, version: integer }),
  contentChanges: array(object({ range: optional(range), text: string })),
});
export const didChangeConfigurationParams = object({ settings: optional(anything) });
export const progressCancelParams = object({ token: anything });
export { documentParams };
