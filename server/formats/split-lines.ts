/**
 * Text as nbformat stores it: cut behind every line end as Python's `str.splitlines(True)` knows them, which are more than
 * `\n`. Joined without a separator the parts are the text again.
 */
export function splitLines(text: string): string[] {
  return (
    text.match(
      /[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]*(?:\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029])|[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+$/g,
    ) ?? []
  );
}
